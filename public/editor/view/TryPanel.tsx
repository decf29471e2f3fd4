import { type FormEvent, useState } from 'react';
import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';
import { WayView } from './WayView.tsx';

const BODY = JSON.stringify({ author: 'ann', text: 'hello' }, null, 2);

/** Puts a request into a copy of the draft, and shows its way. */
export function TryPanel() {
  const editor = useEditor();
  const linked = usePart(state => state.link.kind === 'live');
  const way = usePart(state => state.way);
  const [method, setMethod] = useState('POST');
  const [fault, setFault] = useState<string>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = String(form.get('body') ?? '').trim();
    const url = new URL(String(form.get('path')), 'http://draft');
    let body: unknown;
    try {
      body = given ? JSON.parse(given) : undefined;
    } catch {
      return setFault('the body is no JSON; write it as in {"author": "ann", "text": "hello"}');
    }
    setFault(undefined);
    const query = url.search ? { query: Object.fromEntries(url.searchParams) } : {};
    await editor.watching.tryRequest({ method, path: url.pathname, ...query, ...(body !== undefined && { body }) });
  };
  return (
    <div className="try">
      <p className="hint">It runs through a copy of the draft with stores of its own; the live chat does not notice.</p>
      <form onSubmit={event => void submit(event)}>
        <div className="row">
          <select aria-label="Method" value={method} onChange={event => setMethod(event.target.value)}>
            {['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <input aria-label="Path" name="path" defaultValue="/api/rooms/lobby/messages" required spellCheck={false} />
        </div>
        {method !== 'GET' && (
          <textarea aria-label="Body as JSON" name="body" rows={5} defaultValue={BODY} spellCheck={false} />
        )}
        {fault && <p className="wrong">{fault}</p>}
        <button type="submit" className="primary" disabled={!linked}>
          <Icon name="try" />
          Try it
        </button>
      </form>
      {way && <WayView way={way} />}
    </div>
  );
}
