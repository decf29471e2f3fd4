import { type FormEvent, useEffect, useRef, useState } from 'react';
import { duration, said, verdict, type Way } from '../model/ways.ts';
import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';
import { WayView } from './WayView.tsx';

/** What happened to each message and request; one of them lights up on the picture. */
export function MessagesPanel() {
  const editor = useEditor();
  const way = usePart(state => state.way);
  const live = usePart(state => state.ways);
  const [found, setFound] = useState<{ words: string; ways: readonly Way[] }>();
  useEffect(() => () => editor.watching.light(), [editor]);
  useReturn(way?.id);
  const find = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = String(new FormData(event.currentTarget).get('words')).trim();
    setFound(words ? { words, ways: await editor.watching.find(words) } : undefined);
  };
  if (way) {
    return (
      <>
        <button type="button" onClick={() => editor.watching.light()}>
          <Icon name="back" />
          All messages
        </button>
        <WayView way={way} />
      </>
    );
  }
  const ways = found?.ways ?? live;
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
        {ways.slice(0, 100).map(each => (
          <li key={each.id}>
            <Line way={each} />
          </li>
        ))}
      </ol>
      {found && ways.length === 0 && <p className="hint">Nothing that is kept holds "{found.words}".</p>}
      <p className="hint">What people do in the chat shows here while an editor is open; the last 500 are kept.</p>
    </div>
  );
}

/** Out of a way one comes back to the message in the list. */
function useReturn(way: string | undefined): void {
  const before = useRef<string>(undefined);
  useEffect(() => {
    const [left, now] = [before.current, document.activeElement];
    before.current = way;
    if (way === undefined && left && now?.matches('body, .side')) document.getElementById(lineId(left))?.focus();
  }, [way]);
}

const lineId = (way: string) => `way ${way}`;

function Line({ way }: { way: Way }) {
  const editor = useEditor();
  const bad = way.status >= 400;
  const words = said(way);
  return (
    <button type="button" id={lineId(way.id)} className="line" onClick={() => editor.watching.light(way)}>
      <b data-bad={bad || undefined}>{way.status}</b>
      <span>
        {way.method} {way.path}
      </span>
      {words && <em>{words}</em>}
      <small>
        <time dateTime={way.at}>{new Date(way.at).toLocaleTimeString()}</time>, {duration(way.ms)}, revision{' '}
        {way.revision}
        {bad && `, ${verdict(way)}`}
      </small>
    </button>
  );
}
