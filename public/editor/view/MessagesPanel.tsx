import { type FormEvent, useEffect, useRef, useState } from 'react';
import { authoredText, duration, type MessageTrace, outcomeText } from '../model/traces.ts';
import { EditorIcon } from './EditorIcon.tsx';
import { TraceView } from './TraceView.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** What happened to each message and request; one of them lights up on the picture. */
export function MessagesPanel() {
  const editor = useEditor();
  const trace = useEditorState(state => state.trace);
  const live = useEditorState(state => state.traces);
  const [found, setFound] = useState<{ words: string; traces: readonly MessageTrace[] }>();
  useEffect(() => () => editor.watching.light(), [editor]);
  useReturn(trace?.id);
  const find = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = String(new FormData(event.currentTarget).get('words')).trim();
    setFound(words ? { words, traces: await editor.watching.find(words) } : undefined);
  };
  if (trace) {
    return (
      <>
        <button type="button" onClick={() => editor.watching.light()}>
          <EditorIcon name="back" />
          All messages
        </button>
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
        <button type="submit">Find</button>
      </form>
      <ol>
        {traces.slice(0, 100).map(each => (
          <li key={each.id}>
            <TraceRow trace={each} />
          </li>
        ))}
      </ol>
      {found && traces.length === 0 && <p className="hint">Nothing that is kept holds "{found.words}".</p>}
      <p className="hint">What people do in the chat shows here while an editor is open; the last 500 are kept.</p>
    </div>
  );
}

/** Out of a way one comes back to the message in the list. */
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
    <button type="button" id={lineId(trace.id)} className="line" onClick={() => editor.watching.light(trace)}>
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
    </button>
  );
}
