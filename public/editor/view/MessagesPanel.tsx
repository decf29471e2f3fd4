import { type FormEvent, useEffect, useRef, useState } from 'react';
import { visibleNode } from '../model/scene.ts';
import { isLive } from '../model/state.ts';
import {
  authoredText,
  duration,
  type MessageTrace,
  nodesNotShown,
  outcomeText,
  revisionText,
  subject,
  type TraceStep,
} from '../model/traces.ts';
import type { OutboxList } from '../net/watching.ts';
import { Button, SelectLink } from './Button.tsx';
import { PrivateTexts } from './PrivateTexts.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** The list of traces; the selected one is highlighted on the canvas. */
export function MessagesPanel() {
  const editor = useEditor();
  const trace = useEditorState(state => state.trace);
  const live = useEditorState(state => state.traces);
  const looks = useEditorState(state => state.looks);
  const [lastFound, setFound] = useState<{ words: string; looks: boolean; traces: readonly MessageTrace[] }>();
  const found = lastFound?.looks === looks ? lastFound : undefined;
  useEffect(() => () => editor.watching.light(), [editor]);
  useReturn(trace?.id);
  const find = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = String(new FormData(event.currentTarget).get('words')).trim();
    setFound(words ? { words, looks, traces: await editor.watching.find(words) } : undefined);
  };
  if (trace) {
    return (
      <>
        <Button icon="back" onClick={() => editor.watching.light()}>
          All messages
        </Button>
        <TraceView trace={trace} />
      </>
    );
  }
  const traces = found?.traces ?? live;
  return (
    <div className="messages">
      <form className="row" onSubmit={event => void find(event)}>
        <input
          type="search"
          name="words"
          aria-label="Find a message"
          placeholder="A message's text or id"
          onChange={event => event.target.value === '' && setFound(undefined)}
        />
        <Button type="submit">Find</Button>
      </form>
      <PrivateTexts />
      <OutboxSection />
      <ol>
        {traces.slice(0, 100).map(each => (
          <li key={each.id}>
            <TraceRow trace={each} />
          </li>
        ))}
      </ol>
      {found && traces.length === 0 && <p className="hint">No results for "{found.words}".</p>}
      <p className="hint">Messages and requests appear here while an editor is open. The last 500 are kept.</p>
    </div>
  );
}

/** Returns the focus to the list entry when a trace is closed. */
function useReturn(trace: string | undefined): void {
  const before = useRef<string>(undefined);
  useEffect(() => {
    const [left, now] = [before.current, document.activeElement];
    before.current = trace;
    if (trace === undefined && left && now?.matches('body, .side')) document.getElementById(lineId(left))?.focus();
  }, [trace]);
}

const lineId = (trace: string) => `way ${trace}`;

function TraceRow({ trace }: { trace: MessageTrace }) {
  const editor = useEditor();
  const bad = trace.status >= 400;
  const words = authoredText(trace);
  return (
    <Button id={lineId(trace.id)} className="line" onClick={() => editor.watching.light(trace)}>
      <b data-bad={bad || undefined}>{trace.status}</b>
      <span>
        {trace.method} {trace.path}
      </span>
      {words && <em>{words}</em>}
      <small>
        <time dateTime={trace.at}>{new Date(trace.at).toLocaleTimeString()}</time>, {duration(trace.ms)}, revision{' '}
        {trace.revision}
        {bad && `, ${outcomeText(trace)}`}
      </small>
    </Button>
  );
}

/** A packet as a collapsible tree. */
export function Tree({ data, depth = 0 }: { data: unknown; depth?: number }) {
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : undefined;
  if (!entries) return <Leaf data={data} />;
  if (entries.length === 0) return <code className="leaf">{Array.isArray(data) ? '[]' : '{}'}</code>;
  return (
    <ul className="tree">
      {entries.slice(0, MAX_BRANCHES).map(([key, value]) => (
        <Branch key={key} name={key} value={value} depth={depth} />
      ))}
      {entries.length > MAX_BRANCHES && <li className="hint">… and {entries.length - MAX_BRANCHES} more</li>}
    </ul>
  );
}

const MAX_BRANCHES = 100;

function Branch({ name, value, depth }: { name: string; value: unknown; depth: number }) {
  const size = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  if (size === 0) {
    return (
      <li>
        <span className="key">{name}</span> <Tree data={value} />
      </li>
    );
  }
  return (
    <li>
      <details open={depth < 1}>
        <summary>
          <span className="key">{name}</span>{' '}
          <span className="hint">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
        </summary>
        <Tree data={value} depth={depth + 1} />
      </details>
    </li>
  );
}

function Leaf({ data }: { data: unknown }) {
  const kind = data === null ? 'null' : typeof data;
  return (
    <code className="leaf" data-kind={kind}>
      {data === undefined ? 'nothing' : JSON.stringify(data)}
    </code>
  );
}

/** A trace: its nodes with times, inputs and outputs. */
export function TraceView({ trace }: { trace: MessageTrace }) {
  const words = authoredText(trace);
  const gone = useEditorState(state => [...nodesNotShown(trace, state.scene)].join('\n'))
    .split('\n')
    .filter(Boolean);
  const most = Math.max(0.001, ...trace.steps.map(({ ms }) => ms));
  return (
    <section className="way" tabIndex={-1} aria-label="What happened">
      <p className="verdict" data-bad={trace.status >= 400 || undefined}>
        {trace.status > 0 && <b>{trace.status}</b>} {outcomeText(trace)}
      </p>
      {words && <p className="said">{words}</p>}
      <p className="hint">
        {subject(trace)}, {duration(trace.ms)}, {revisionText(trace)}
      </p>
      {gone.length > 0 && (
        <p className="hint">
          The picture is the graph as it is now; {gone.length === 1 ? '1 node' : `${gone.length} nodes`} of this trace{' '}
          {gone.length === 1 ? 'is' : 'are'} no longer in it.
        </p>
      )}
      {trace.revision > 0 && <PrivateTexts />}
      <ol>
        {trace.steps.map((step, index) => (
          // A trace may pass a node twice, and is immutable.
          <Passage
            key={index}
            step={step}
            share={step.ms / most}
            failed={step.node === trace.node}
            gone={gone.includes(step.node)}
          />
        ))}
      </ol>
    </section>
  );
}

interface PassageProps {
  readonly step: TraceStep;
  readonly share: number;
  readonly failed: boolean;
  /** Whether the node is no longer in the graph. */
  readonly gone: boolean;
}

function Passage({ step, share, failed, gone }: PassageProps) {
  const { node, ms, port, input, output } = step;
  const shown = useEditorState(({ scene }) => visibleNode(scene, node) ?? node);
  return (
    <li data-failed={failed || undefined}>
      <p className="row">
        {gone ? (
          <span className="hint">{node} is no longer in the graph</span>
        ) : (
          <SelectLink node={shown}>{node}</SelectLink>
        )}
        {port && <span className="type">{port.toUpperCase()}</span>}
        <span className="ms">{duration(ms)}</span>
      </p>
      <meter min={0} max={1} value={share} aria-label={`Share of ${node}`} />
      {input !== undefined && <Packet name="In" data={input} />}
      {output !== undefined && <Packet name="Out" data={output} />}
    </li>
  );
}

function Packet({ name, data }: { name: string; data: unknown }) {
  return (
    <details>
      <summary>{name}</summary>
      <Tree data={data} />
    </details>
  );
}

/** Milliseconds between polls of the list. */
const AGAIN_MS = 5000;

/** Pending and failed deliveries to other servers, if any. */
function OutboxSection() {
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
