import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { removeCommand } from '../../src/cli/remove.ts';
import { Traces } from '../../src/editor/watch/traces.ts';
import { dump } from '../../src/store/sqlite-dump.ts';
import { until } from '../support/chat.ts';
import { Edited, MAIN } from '../support/edited.ts';
import type { Editor, Told as Payload } from '../support/editor.ts';
import { some } from '../support/long.ts';
import { type Told, TRANSPORTS } from '../support/transports.ts';

// The text of a removed message is nowhere any more, wherever copies of it were.

const POSTED = 'unspeakable "as posted"';
const EDITED = `unspeakable, edited ${'and long '.repeat(300)}`;
const KEY = 'begun-long-ago';
const OWNER = 'my own key, mine';

let server: Edited;
let editor: Editor;
let epoch: string;
let id: string;

async function ask(path: string, method = 'GET', body?: object, headers: Readonly<Record<string, string>> = {}) {
  const init = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } };
  const response = await fetch(server.origin + path, { method, headers, ...init });
  return `${response.status} ${await response.text()}`;
}
const messages = '/api/rooms/lobby/messages';
const post = (text: string, author = 'ann') =>
  ask(messages, 'POST', { author, text }, { 'Idempotency-Key': KEY, 'Owner-Key': OWNER });
const edit = (text: string, owner = OWNER) => ask(`${messages}/${id}`, 'PATCH', { text }, { 'Owner-Key': owner });

/** The traces of the server that runs. */
const traces = () => jest.mocked(Traces.prototype.listen).mock.contexts[0] as Traces;

/** All that a client is told who comes back after a cursor. */
async function heard(hear: (typeof TRANSPORTS)[number]['hear'], last: string): Promise<string> {
  const told: Told[] = [];
  const connection = hear(server.origin, 'lobby', `${epoch}:0`, one => told.push(one));
  await until(() => told.some(({ seq }) => `${epoch}:${seq}` === last));
  connection.drop();
  return JSON.stringify(told);
}

/** What there is wherever a message could be, by the name of the place. */
async function places(): Promise<Readonly<Record<string, string>>> {
  const isKept = existing('history.db');
  const { cursor } = JSON.parse((await ask(messages)).slice(4)) as { cursor: string };
  // Marks the end, also for those who hear messages only.
  const end = JSON.parse((await ask(messages, 'POST', { author: 'bob', text: `end ${cursor}` })).slice(4)) as {
    seq: number;
  };
  const dumped = (await editor.ask('trace', 'dump', { graph: MAIN, type: 'flowtrace.json' })).flowtrace as string;
  const found: Record<string, string> = {
    history: await ask(messages),
    'history page': await ask(`${messages}?before=${epoch}:${end.seq}`),
    entries: await ask(`/api/rooms/lobby/entries?after=${epoch}:0`),
    "gochat's API": await ask('/chat?since=0'),
    'kept traces': JSON.stringify((await editor.ask('flowchat', 'ways', { on: true })).ways),
    'found traces': JSON.stringify((await editor.ask('flowchat', 'find', { text: 'unspeakable' })).ways),
    'recorded requests': JSON.stringify(traces().recorded),
    flowtrace: dumped,
    log: server.log.join('\n'),
  };
  for (const { name, hear } of TRANSPORTS) found[name] = await heard(hear, `${epoch}:${end.seq}`);
  if (isKept) found.export = JSON.stringify([...dump(join(server.data, 'history.db'))]);
  if (isKept) found['bytes of DATA'] = bytesOf(server.data);
  return found;
}

const existing = (name: string) => readdirSync(server.data).includes(name);

function bytesOf(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n');
}

const withText = (found: Readonly<Record<string, string>>) =>
  Object.keys(found).filter(place => found[place]!.includes('unspeakable'));

const REMOVERS: readonly [string, () => Promise<unknown>][] = [
  ['its owner', () => ask(`${messages}/${id}`, 'DELETE', undefined, { 'Owner-Key': OWNER })],
  ['the operator', () => removeCommand(['--message', id], { DATA: server.data })],
];

describe.each(some(['sqlite:history.db', 'memory:chat'], 1))('a message in %s', store => {
  beforeEach(async () => {
    jest.spyOn(console, 'log').mockImplementation(() => {});
    jest.spyOn(Traces.prototype, 'listen');
    server = await Edited.start({ LOG_LEVEL: 'debug' }, store);
    editor = await server.editor();
    await editor.ask('flowchat', 'ways', { on: true });
    await editor.ask('trace', 'start', { graph: MAIN });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await server.stop();
  });

  it.each(REMOVERS)('that %s removes is nowhere any more, nor what it was before', async (_, remove) => {
    // Refused, so that nothing but the question has it.
    expect(await post(POSTED, 'x'.repeat(65))).toMatch(/^422/);
    const posted = await post(POSTED);
    const { id: made } = JSON.parse(posted.slice(4)) as { id: string };
    id = made;
    epoch = (JSON.parse((await ask(messages)).slice(4)) as { cursor: string }).cursor.split(':')[0]!;
    expect(await edit(EDITED, 'somebody else')).toMatch(/^403/);
    expect(await edit(EDITED)).toMatch(/^200/);
    const before = await places();
    expect(withText(before)).toEqual(Object.keys(before).filter(place => place !== 'log'));

    await remove();
    expect(await edit('anything')).toMatch(/^409/);
    // The log of the database is emptied once nobody reads it.
    await until(() => !bytesOf(server.data).includes('unspeakable'));
    expect(withText(await places())).toEqual([]);

    const again = await post(POSTED);
    expect(again).toMatch(/^201 .*"removed":true/);
    expect(again).not.toContain('unspeakable');
  });

  it('that was removed changes the traces of an editor that has them, and leaves the others as they are', async () => {
    id = (JSON.parse((await post(POSTED)).slice(4)) as { id: string }).id;
    await ask(messages, 'POST', { author: 'bob', text: 'harmless' });
    await until(() => editor.told('flowchat:way').length >= 2);
    await ask(`${messages}/${id}`, 'DELETE', undefined, { 'Owner-Key': OWNER });
    const latest = () => new Map(editor.told('flowchat:way').map(way => [way.id, way] as [string, Payload]));
    await until(() => latest().size >= 3 && !JSON.stringify([...latest().values()]).includes('unspeakable'));
    expect(JSON.stringify([...latest().values()])).toContain('harmless');
    const { ways } = await editor.ask('flowchat', 'find', { text: id });
    expect(ways.map(({ method }: Payload) => method)).toEqual(['DELETE']);
  });
});
