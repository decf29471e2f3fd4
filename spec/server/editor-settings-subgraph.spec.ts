import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { until } from '../support/chat.ts';
import { Editor, SECRET, type Told } from '../support/editor.ts';
import { CHAT } from '../support/graphs.ts';
import { Program } from '../support/program.ts';
import { component, Project } from '../support/project.ts';

// The settings page, of nodes inside a subgraph. A real server, as it writes into its own folder.

jest.setTimeout(120_000);

const MODERATOR = 'the moderator sets words';
const GATES = 'chat/Gates';
const FILE = 'graphs/Gates.fbp';
const TEXT = `# What a post has to pass.
INPORT=filter.IN:IN
INPORT=filter.MASK:MASK
OUTPORT=limit.OUT:OUT
OUTPORT=impolite.OUT:IMPOLITE
OUTPORT=limit.REFUSED:LIMITED

filter(chat/Words) OUT -> IN odd(chat/Odd) OUT -> IN limit(chat/LimitRate)
filter FOUND -> IN impolite(chat/Refuse)

'bad' -> WORDS filter
'not here' -> DETAIL impolite
'fine' -> SETTING odd
'1000000' -> BURST limit
'1000000' -> RATE limit
`;
const MAIN = CHAT.replace('OUT -> IN limit(chat/LimitRate) OUT ->', 'OUT -> IN gates(chat/Gates) OUT ->')
  .replace('limit REFUSED -> IN responder', 'gates LIMITED -> IN responder\ngates IMPOLITE -> IN responder')
  .replace(/^'.*' -> (BURST|RATE) limit\n/gm, '');

let project: Project;
let program: Program;
let editor: Editor;
let moderator: Editor;

beforeAll(async () => {
  project = new Project({ startable: true });
  const odd = `process(input, output) {
    if (!input.hasData('in')) return;
    const [packet, setting] = [input.getData('in'), input.getData('setting')];
    if (setting === 'odd') throw new Error('this is odd');
    output.sendDone({ out: packet });
  }`;
  project.component('Odd', component(odd));
  project.write(FILE, TEXT);
  const GRAPH = project.write('graphs/chat.fbp', MAIN);
  program = await Program.start(project.root, { GRAPH, EDITOR_SECRET: SECRET, EDITOR_SETTINGS_SECRET: MODERATOR });
  editor = await Editor.connect(program.url);
  await editor.ask('flowchat', 'open', { hold: true });
  moderator = await Editor.connect(program.url, MODERATOR);
});
afterAll(async () => {
  for (const one of [editor, moderator]) one?.leave();
  await program?.stop();
  project?.remove();
  expect([...editor.invalid, ...moderator.invalid]).toEqual([]);
});

const text = () => readFileSync(join(project.root, FILE), 'utf8');
const post = async (text: string): Promise<number> => {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ author: 'ann', text });
  return (await program.ask('/api/rooms/gates/messages', { method: 'POST', headers, body })).status;
};
const page = () => moderator.ask('flowchat', 'settings');
const values = ({ nodes }: Told): Record<string, unknown> =>
  Object.fromEntries(
    nodes.flatMap(({ name, settings }: Told) =>
      settings.map(({ port, value }: Told) => [`${name} ${port}`, value] as const),
    ),
  );
const set = (node: string, port: string, value: unknown, before?: unknown, force = false) =>
  moderator.ask('flowchat', 'set', { values: [{ node, port, value, ...(before !== undefined && { before }) }], force });
const inGates = (command: string, payload: Told) => ({ command, payload: { ...payload, graph: GATES } });
const publish = async (...changes: readonly Told[]) => {
  await editor.ask('flowchat', 'edit', { changes });
  await editor.ask('flowchat', 'publish', { force: true });
};

describe('settings inside a subgraph', () => {
  it('are on the page by their path, but for what is set at the node around them', async () => {
    const told = values(await page());
    expect(told).toMatchObject({
      'gates/filter words': 'bad',
      'gates/impolite detail': 'not here',
      'gates/limit rate': '1000000',
    });
    expect(Object.keys(told)).toEqual(expect.arrayContaining(['gates mask', 'gates/filter except']));
    expect(Object.keys(told)).not.toContain('gates/filter mask');
    expect(Object.keys(told)).not.toContain('gates/odd setting');
  });

  it('are changed in its file and nowhere else, live at once, as a revision that one can go back from', async () => {
    const { revision } = await page();
    expect([await post('awful'), await post('bad')]).toEqual([201, 403]);
    const after = await set('gates/filter', 'words', 'bad, awful', 'bad', true);
    expect(values(after)).toMatchObject({ 'gates/filter words': 'bad, awful' });
    expect(after.revision).toBeGreaterThan(revision);
    expect(text()).toBe(TEXT.replace("'bad'", "'bad, awful'"));
    expect([await post('awful'), await post('fine')]).toEqual([403, 201]);
    await editor.sees(({ live, draft }) => live.revision === after.revision && draft.changes === 0);
    expect(editor.told('graph:addinitial').at(-1)).toMatchObject({ graph: GATES, src: { data: 'bad, awful' } });
    const { revisions } = await editor.ask('flowchat', 'revisions');
    expect(revisions[0]).toMatchObject({ by: 'moderator', note: 'settings: gates/filter WORDS' });

    await editor.ask('flowchat', 'rollback', { to: revision });
    expect(text()).toBe(TEXT);
    expect(await post('awful')).toBe(201);
    expect(values(await page())).toMatchObject({ 'gates/filter words': 'bad' });
  });

  it('are chosen as those of the graph around it', async () => {
    await publish(inGates('changenode', { id: 'odd', metadata: { settings: ['setting'] } }));
    expect(values(await page())).toMatchObject({ 'gates/odd setting': 'fine' });
  });

  it('hear at their path what is wrong with a value, and which requests are answered otherwise, and nothing has changed', async () => {
    const { revision } = await page();
    await expect(set('gates/limit', 'rate', 'often', '1000000')).rejects.toThrow(/^in chat\/Gates: .*RATE/);
    expect(moderator.replies('flowchat:error').at(-1)!.faults).toMatchObject([
      { node: 'gates', inner: 'gates/limit', port: 'rate' },
    ]);
    await expect(set('gates/filter', 'words', undefined, 'bad')).rejects.toThrow(/WORDS/);
    expect(await post('ghastly weather')).toBe(201);
    await expect(set('gates/filter', 'words', 'ghastly', 'bad')).rejects.toThrow('would be answered otherwise');
    expect(text()).toBe(TEXT);
    expect((await page()).revision).toBe(revision);
  });

  it('are refused what is not on the page, what is gone, and what has another value by now', async () => {
    const off = ' is not on the settings page';
    for (const [node, port] of [
      ['gates/impolite', 'status'],
      ['gates/filter', 'in'],
      ['gates/filter', 'mask'],
      ['gates/gone', 'words'],
      ['gone/filter', 'words'],
      ['filter', 'words'],
    ] as const)
      await expect(set(node, port, 'x')).rejects.toThrow(`${node} ${port.toUpperCase()}${off}`);
    await expect(set('gates/filter', 'words', 'x')).rejects.toThrow(
      "gates/filter WORDS is 'bad' by now; look at it again",
    );
    expect(moderator.replies('flowchat:error').at(-1)!.code).toBe('draft-changed');
    await expect(set('gates/impolite', 'detail', 'sqlite:/etc/passwd', 'not here')).rejects.toThrow('/etc/passwd');
    expect(text()).toBe(TEXT);
  });

  it('wait while somebody changes the same subgraph, whose draft stays what it is', async () => {
    const to = { node: 'limit', port: 'burst' };
    const changes = [
      inGates('removeinitial', { tgt: to, src: { data: '1000000' } }),
      inGates('addinitial', { tgt: to, src: { data: '999' } }),
    ];
    await editor.ask('flowchat', 'edit', { changes });
    await expect(set('gates/filter', 'words', 'worse', 'bad', true)).rejects.toThrow(
      'somebody is changing chat/Gates in the editor, which is not live yet; save again once that is published or discarded',
    );
    await set('check', 'maxtext', '3999', '4000', true);
    expect(text()).toBe(TEXT);
    const { draft } = await editor.sees(state => state.live.by === 'moderator');
    expect(draft).toMatchObject({ subgraphs: [GATES], faults: [] });
    await editor.ask('flowchat', 'publish', { force: true });
    await set('gates/filter', 'words', 'worse', 'bad', true);
    expect(text()).toBe(TEXT.replace("'bad'", "'worse'").replace("'1000000' -> BURST", "'999' -> BURST"));
    expect([await post('worse'), await post('bad')]).toEqual([403, 201]);
  });

  it('have their values back where what they do fails', async () => {
    const before = text();
    await set('gates/odd', 'setting', 'odd', 'fine', true);
    expect(text()).toBe(before.replace("'fine'", "'odd'"));
    await until(async () => (await post('hello')) === 201);
    expect(text()).toBe(before);
    expect(values(await page())).toMatchObject({ 'gates/odd setting': 'fine' });
    await editor.sees(({ draft, rolledBack }) => rolledBack !== undefined && draft.changes === 0);
    expect((await set('gates/filter', 'words', 'worst', 'worse', true)).nodes.length).toBeGreaterThan(0);
    expect(await post('worst')).toBe(403);
  });
});
