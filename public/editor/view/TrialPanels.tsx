import { type FormEvent, useState } from 'react';
import { ROLES, type Role } from '../../../src/model/who.ts';
import type { DraftTests, TestOutcome } from '../model/revisions.ts';
import { isLive } from '../model/state.ts';
import { Button, SelectLink } from './Button.tsx';
import { TraceView } from './MessagesPanel.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** The Tests panel: runs the tests on the draft, and shows the results as they come. */
export function TestsPanel() {
  const editor = useEditor();
  const linked = useEditorState(isLive);
  const tests = useEditorState(state => state.tests);
  const [role, setRole] = useState<Role | ''>('');
  return (
    <div className="tests">
      <p className="hint">Runs the components' YAML tests and the recorded requests on the draft.</p>
      {tests?.isRunning ? (
        <Running tests={tests} />
      ) : (
        <>
          <label className="as">
            as
            <select value={role} onChange={event => setRole(event.target.value as Role | '')}>
              <option value="">original callers</option>
              {ROLES.map(name => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          {role && <p className="hint">Only the recorded requests are repeated; failures do not block publishing.</p>}
          <Button
            icon="tests"
            className="primary"
            disabled={!linked}
            onClick={() => void editor.publishing.test(role || undefined)}
          >
            Test the draft
          </Button>
        </>
      )}
      {tests && (
        <>
          {!tests.isRunning && <Summary tests={tests} />}
          <ul>
            {tests.results.map((result, index) => (
              // Two tests may have the same name, and the list only grows while they run.
              <TestRow key={index} result={result} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

interface TestsProps {
  readonly tests: DraftTests;
}

/** Progress of the tests. */
function Running({ tests: { done, total } }: TestsProps) {
  const editor = useEditor();
  return (
    <div className="running">
      <div className="row">
        <progress aria-label="Tests" {...(total > 0 && { value: done, max: total })} />
        <Button onClick={() => void editor.publishing.cancelTest()}>Cancel</Button>
      </div>
      <p className="hint">
        {total > 0 ? `${done} of ${total} requests and components` : 'Starting a copy of the draft'}
      </p>
    </div>
  );
}

function Summary({ tests: { results, isCancelled, done, total } }: TestsProps) {
  const failed = results.filter(({ passed }) => !passed).length;
  const passed = results.length - failed;
  const none = 'Nothing to test: no request is recorded yet, and no component in it has tests';
  const words =
    results.length === 0
      ? none
      : failed > 0
        ? `${failed} failed, ${passed} passed`
        : isCancelled
          ? `${passed} passed`
          : `All ${passed} passed`;
  return (
    <p role="status" className={failed > 0 ? 'wrong' : 'calm'}>
      {isCancelled ? `Cancelled after ${done} of ${total}${results.length > 0 ? `: ${words}` : ''}` : words}
    </p>
  );
}

function TestRow({ result: { name, node = '', passed, message } }: { result: TestOutcome }) {
  const there = useEditorState(state => state.graph.nodes.has(node));
  return (
    <li data-passed={passed}>
      <p>
        <span className="outcome">{passed ? 'passed' : 'failed'}</span> {name}
      </p>
      {message && <p className="wrong">{message}</p>}
      {!passed && there && <SelectLink node={node}>Show {node}</SelectLink>}
    </li>
  );
}

const BODY = JSON.stringify({ author: 'ann', text: 'hello' }, null, 2);

/** The Try panel: posts in a room of a copy of the draft, or sends it any request, and shows the trace. */
export function TryPanel() {
  const trace = useEditorState(state => state.trace);
  const [role, setRole] = useState<Role>('guest');
  return (
    <div className="try">
      <p className="hint">It runs in a copy of the draft with its own stores; the live chat is not affected.</p>
      <label className="as">
        as
        <select value={role} onChange={event => setRole(event.target.value as Role)}>
          {ROLES.map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <Say role={role} />
      <h3>Any request</h3>
      <AnyRequest role={role} />
      {trace && <TraceView trace={trace} />}
    </div>
  );
}

interface TrialProps {
  readonly role: Role;
}

/** Posts a message in a room, with a chosen role. */
function Say({ role }: TrialProps) {
  const editor = useEditor();
  const linked = useEditorState(isLive);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [room, author, text] = ['room', 'author', 'text'].map(name => String(form.get(name) ?? ''));
    const path = `/api/rooms/${room}/messages`;
    await editor.watching.tryRequest({ method: 'POST', path, body: { author, text } }, role);
  };
  return (
    <form className="say" onSubmit={event => void submit(event)}>
      <textarea aria-label="Message" name="text" rows={2} defaultValue="hello" required />
      <div className="row">
        <label className="as">
          in
          <input aria-label="Room" name="room" defaultValue="lobby" required spellCheck={false} />
        </label>
        <label className="as">
          by
          <input aria-label="Author" name="author" defaultValue="ann" required spellCheck={false} />
        </label>
      </div>
      <Button icon="try" type="submit" className="primary" disabled={!linked}>
        Say it
      </Button>
    </form>
  );
}

/** Sends a request by method, path and body. */
function AnyRequest({ role }: TrialProps) {
  const editor = useEditor();
  const linked = useEditorState(isLive);
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
    const request = { method, path: url.pathname, ...query, ...(body !== undefined && { body }) };
    await editor.watching.tryRequest(request, role);
  };
  return (
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
      <Button icon="try" type="submit" disabled={!linked}>
        Try it
      </Button>
    </form>
  );
}
