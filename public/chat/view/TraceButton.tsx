import { createContext, type ReactNode, use, useState, useSyncExternalStore } from 'react';
import { ChatIcon } from '../../ui/Icon.tsx';
import type { TraceLink } from '../net/trace-link.ts';

/** Has the editor show the way of a message, by its id. */
type ShowTrace = (message: string) => void;

/** Where the components below find it; nothing while no editor is open in this browser. */
const TraceContext = createContext<ShowTrace | undefined>(undefined);

/** What shows the way of a message; nothing while no editor is open in this browser. */
const useShowTrace = (): ShowTrace | undefined => use(TraceContext);

/** Tells the components below what shows the way of a message, while it can be shown. */
export function TraceProvider({ traceLink, children }: { traceLink: TraceLink; children: ReactNode }) {
  const open = useSyncExternalStore(traceLink.store.subscribe, traceLink.store.get);
  return <TraceContext value={open ? traceLink.show : undefined}>{children}</TraceContext>;
}

/** Shows what became of a message in the graph, where the editor is open in the same browser. */
export function TraceButton({ message }: { message: string }) {
  const show = useShowTrace();
  const [shown, setShown] = useState(false);
  if (!show) return null;
  const go = () => {
    show(message);
    setShown(true);
  };
  const words = shown ? 'Its way is shown in the editor' : 'Its way through the graph';
  return (
    // Not new to whoever listens to the log: the message is.
    <button type="button" className="way" aria-live="off" aria-label={words} title={words} onClick={go}>
      <ChatIcon name={shown ? 'done' : 'way'} />
    </button>
  );
}
