import { Component, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { TraceLink } from '../ui/channel.ts';
import { Logo } from '../ui/Icon.tsx';
import { addressOf, type EntryAddress, entryAddressOf, hrefOf, type RoomAddress } from './model/address.ts';
import { AccountApi, signInByParent } from './net/account.ts';
import { framed } from './net/api.ts';
import { Chat } from './net/chat.ts';
import { BrowserStorage } from './net/storage.ts';
import { ChatApp } from './view/ChatApp.tsx';
import { DeviceEntry } from './view/Device.tsx';
import { EntryForm } from './view/EntryForm.tsx';
import { ChatContext } from './view/hooks.ts';
import { TraceProvider } from './view/MessageChunk.tsx';

/** Keeps the page above the on-screen keyboard in browsers that lay the keyboard over the page. */
function followViewport(): void {
  const viewport = window.visualViewport;
  viewport?.addEventListener('resize', () => {
    const covered = viewport.scale === 1 && innerHeight - viewport.height > 1;
    const { style } = document.documentElement;
    if (!covered) return style.removeProperty('--height');
    style.setProperty('--height', `${viewport.height}px`);
    scrollTo(0, 0);
  });
}

/** Error boundary of the whole page: says that drafts are kept, and offers a reload. */
class Broken extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="broken" role="alert">
        <h1>Something went wrong in this page</h1>
        <p>What you wrote is kept in this browser. Unsent messages are sent after the page is reloaded.</p>
        <button type="button" className="primary" onClick={() => location.reload()}>
          Reload the page
        </button>
      </main>
    );
  }
}

const base = new URL('.', document.baseURI);
/** Whether the embedding page identifies the user. */
const isFramed = window.parent !== window && new URLSearchParams(location.search).has('framed');

/** Rewrites the address to its usual form. An address without a valid room stays, so that it can be read. */
function normaliseAddress({ room, unknown }: RoomAddress): void {
  const rest = /^#\/?[^/]*(\/.*)?$/.exec(location.hash)?.[1] ?? '';
  const search = isFramed ? '?framed' : '';
  if (unknown === undefined) history.replaceState(null, '', base.pathname + search + hrefOf(room) + rest);
}
/** Shows the chat, and keeps it running. */
function chatPage(): ReactNode {
  const here = addressOf(location.href);
  normaliseAddress(here);

  // Separates the storage of two servers on one host.
  const prefix = `flowchat:${base.pathname}:`;
  const storage = new BrowserStorage(prefix, () => localStorage);
  const ownMessages = new BrowserStorage(prefix, () => sessionStorage);
  const chat = new Chat(base.href, here, storage, ownMessages);
  chat.start();
  const traceLink = new TraceLink(base);

  addEventListener('hashchange', () => {
    if (entryAddressOf(location.href)) return location.reload();
    const address = addressOf(location.href);
    normaliseAddress(address);
    chat.open(address);
  });
  addEventListener('online', () => chat.online());
  addEventListener('offline', () => chat.offline());
  document.addEventListener('visibilitychange', () => document.hidden || chat.wake());
  addEventListener('pagehide', () => chat.drafts.leave());
  // A chunk that can no longer be loaded means that the server has a newer page.
  addEventListener('vite:preloadError', event => {
    event.preventDefault();
    chat.outdate();
  });

  // Asks before the window is closed. Listens only while needed: pages with a beforeunload listener are not kept in the
  // back/forward cache.
  const ask = (event: BeforeUnloadEvent) => event.preventDefault();
  chat.store.subscribe(() =>
    chat.atRisk ? addEventListener('beforeunload', ask) : removeEventListener('beforeunload', ask),
  );

  return (
    <ChatContext value={chat}>
      <TraceProvider traceLink={traceLink}>
        <ChatApp />
      </TraceProvider>
    </ChatContext>
  );
}

/** Shows the form for signing in, joining or set-up. */
function entryPage(address: EntryAddress): ReactNode {
  addEventListener('hashchange', () => location.reload());
  const { how, code } = address;
  if (how === 'device') return <DeviceEntry base={base.href} code={code!} />;
  return <EntryForm base={base.href} address={{ ...address, how }} />;
}

/** Shown until the embedding page has identified the user, or with the error of that. */
function Framed({ fault }: { fault: string | undefined }) {
  return (
    <main className="entry">
      <form
        onSubmit={event => {
          event.preventDefault();
          framed.renew?.();
        }}
      >
        <Logo />
        {fault === undefined ? (
          <p role="status">Signing in…</p>
        ) : (
          <>
            <p className="fault" role="alert">
              You are not signed in: {fault}.
            </p>
            <button type="submit" className="primary">
              Try again
            </button>
          </>
        )}
      </form>
    </main>
  );
}

const entry = entryAddressOf(location.href);
followViewport();
const root = createRoot(document.getElementById('chat')!);
const show = (shown: ReactNode) => root.render(<Broken>{shown}</Broken>);
if (isFramed) {
  let isShown = false;
  show(<Framed fault={undefined} />);
  signInByParent(new AccountApi(`${base.href}api/`), fault => {
    if (isShown) return;
    isShown = fault === undefined;
    show(isShown ? chatPage() : <Framed fault={fault} />);
  });
} else show(entry ? entryPage(entry) : chatPage());
