import { useState } from 'react';
import { Icon } from './Icon.tsx';
import { useShowWay } from './useWays.ts';

/** Shows what became of a message in the graph, where the editor is open in the same browser. */
export function Way({ message }: { message: string }) {
  const show = useShowWay();
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
      <Icon name={shown ? 'done' : 'way'} />
    </button>
  );
}
