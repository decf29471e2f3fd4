import { useEffect, useState } from 'react';
import { isLive } from '../model/state.ts';
import type { OutboxList } from '../net/watching.ts';
import { Button, SelectLink } from './Button.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** Milliseconds after which the list is asked for again. */
const AGAIN_MS = 5000;

/** What waits to be delivered to other servers and what has failed, if there is anything. */
export function OutboxSection() {
  const editor = useEditor();
  const linked = useEditorState(isLive);
  const may = useEditorState(state => state.status?.rights.has('edit') ?? false);
  const [list, setList] = useState<OutboxList>();
  useEffect(() => {
    if (!linked) return;
    const look = () => void editor.watching.outbox().then(found => found && setList(found));
    look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, [editor, linked]);
  const change = async (asked: Promise<OutboxList | undefined>) => {
    const changed = await asked;
    if (changed) setList(changed);
  };
  if (!list || list.deliveries.length === 0) return null;
  const { deliveries, waiting, failed } = list;
  const all = deliveries.map(({ seq }) => seq);
  return (
    <section className="outbox" aria-label="Outbox">
      <h3>Outbox</h3>
      <p className="hint">{countsText(waiting, failed)}</p>
      {may && all.length > 1 && (
        <div className="row">
          <Button onClick={() => void change(editor.watching.retry(all))}>Try all now</Button>
        </div>
      )}
      <ul>
        {deliveries.map(delivery => (
          <DeliveryEntry
            key={delivery.seq}
            delivery={delivery}
            {...(may && {
              retry: () => void change(editor.watching.retry([delivery.seq])),
              giveUp: () => void change(editor.watching.giveUp([delivery.seq])),
            })}
          />
        ))}
      </ul>
      {waiting + failed > deliveries.length && (
        <p className="hint">and {(waiting + failed - deliveries.length).toLocaleString()} more</p>
      )}
    </section>
  );
}

interface DeliveryEntryProps {
  readonly delivery: OutboxList['deliveries'][number];
  readonly retry?: () => void;
  readonly giveUp?: () => void;
}

function DeliveryEntry({ delivery, retry, giveUp }: DeliveryEntryProps) {
  const { seq, node, host, at, attempts, due, failed, why } = delivery;
  const isThere = useEditorState(state => state.graph.nodes.has(node));
  const time = (text: string) => new Date(text).toLocaleString([], { dateStyle: 'short', timeStyle: 'short' });
  const tried = attempts === 1 ? 'Tried once' : `Tried ${attempts} times`;
  return (
    <li>
      <p>
        {isThere ? <SelectLink node={node}>{node}</SelectLink> : node} to {host}
      </p>
      {why && <p className={failed ? 'wrong' : 'hint'}>{why}</p>}
      <p className="hint">
        <time dateTime={at}>{time(at)}</time>. {attempts > 0 && `${tried}. `}
        {failed ? `Failed ${time(failed)}.` : `Next ${time(due!)}.`}
      </p>
      {retry && giveUp && (
        <div className="row">
          <Button aria-label={`Try now, delivery ${seq}`} onClick={retry}>
            Try now
          </Button>
          <Button aria-label={`Give up, delivery ${seq}`} onClick={giveUp}>
            Give up
          </Button>
        </div>
      )}
    </li>
  );
}

function countsText(waiting: number, failed: number): string {
  const waits = `${waiting.toLocaleString()} ${waiting === 1 ? 'waits' : 'wait'} to be delivered`;
  return failed === 0 ? waits : `${waits}, ${failed.toLocaleString()} failed`;
}
