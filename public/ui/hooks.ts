import { type Context, createContext, use, useSyncExternalStore } from 'react';
import type { StateStore } from './store.ts';

interface PageHooks<Page, State> {
  readonly PageContext: Context<Page | undefined>;
  /** The context's page; only below its provider. */
  usePage(): Page;
  /** A part of its state; `pick` must return the same value while nothing changed. */
  usePageState<T>(pick: (state: State) => T): T;
}

/** Hooks for views to access their page, such as the chat, and its state. */
export function pageHooks<Page extends { readonly store: StateStore<State> }, State>(): PageHooks<Page, State> {
  const PageContext = createContext<Page | undefined>(undefined);
  const usePage = (): Page => {
    const page = use(PageContext);
    if (!page) throw new Error('a view is used outside of the context of its page');
    return page;
  };
  const usePageState = <T>(pick: (state: State) => T): T => {
    const { store } = usePage();
    return useSyncExternalStore(store.subscribe, () => pick(store.get()));
  };
  return { PageContext, usePage, usePageState };
}
