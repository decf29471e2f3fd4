import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Crowd } from '../support/crowd.ts';
import { edit, MAIN } from '../support/edited.ts';
import { Editor, SECRET } from '../support/editor.ts';
import { CHAT, set } from '../support/graphs.ts';
import { launch, sweep } from '../support/launch.ts';
import { long } from '../support/long.ts';
import { Program } from '../support/program.ts';
import { component, Project } from '../support/project.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

// What fails for each packet is published from the editor, while people chat.

jest.setTimeout(240_000);

/**
 * Requests that a revision may fail until it is gone. Five are enough to find it out; the others are what the crowd asks
 * in the meantime, in half a second at most, on a slow machine as well, as there it asks less often.
 */
const MAX_FAILED = 60;
/** Loads, and passes its try-out, as nobody has told what it should do. */
const BAD = component(`process(input, output) { input.getData('in'); throw new Error('spoilt'); }`);
const GOOD = component(`process(input, output) { output.sendDone({ out: input.getData('in') }); }`);
const GRAPH = set(CHAT, { BURST: '1000000', RATE: '1000000' });

let home: ReturnType<typeof folder>;
let project: Project;
let file: string;
let program: Program;
let crowd: Crowd;
let editor: Editor;
/** The revision that was live when the test began. */
let first: number;

beforeAll(async () => {
  home = folder();
  project = new Project({ startable: true });
  file = project.write('graphs/chat.fbp', GRAPH);
  const env = { DATA: home.path, EDITOR_SECRET: SECRET, EDITOR_CODE: 'on', EDITOR_SAVE: 'on' };
  program = await Program.start(project.root, { GRAPH: file, ...env });
});
afterAll(async () => {
  await program?.stop();
  project.remove();
  home.remove();
  sweep();
});
beforeEach(async () => {
  crowd = new Crowd(program.url);
  await crowd.gather();
  editor = await Editor.connect(program.url);
  await editor.ask('flowchat', 'open');
  first = editor.state.live.revision;
});
afterEach(async () => {
  await crowd.leave();
  // Nothing of one test is there in the next.
  await editor.ask('flowchat', 'discard');
  editor.leave();
  expect(editor.invalid).toEqual([]);
});

/** Brings source in. */
const bring = (name: string, code: string) =>
  editor.ask('component', 'source', { name, library: 'chat', language: 'typescript', code });

/** Puts a node between the check and the limit. */
async function insert(id: string, component: string): Promise<void> {
  const at = (node: string, port: string) => ({ node, port });
  await edit(editor, 'addnode', { id, component, metadata: {} });
  await edit(editor, 'removeedge', { src: at('check', 'out'), tgt: at('limit', 'in') });
  await edit(editor, 'addedge', { src: at('check', 'out'), tgt: at(id, 'in') });
  await edit(editor, 'addedge', { src: at(id, 'out'), tgt: at('limit', 'in') });
}

/** The status of a post. */
async function post(): Promise<number> {
  const body = JSON.stringify({ author: 'ann', text: 'hi' });
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
  return (await program.ask('/api/rooms/lobby/messages', init)).status;
}

/** Resolves when a revision was rolled back; its number. */
async function rolledBack(): Promise<number> {
  const { live } = await editor.sees(state => state.live.by === 'roll-back' && state.live.revision > first);
  return live.revision - 1;
}

/** Expects that it was told, marked and over soon, and that all goes well since. */
async function expectOver(revision: number, node: string): Promise<void> {
  expect(crowd.failed.length).toBeLessThan(MAX_FAILED);
  const { revisions } = await editor.ask('flowchat', 'revisions');
  const [, failed] = revisions;
  expect(failed).toMatchObject({ number: revision, by: 'editor', rolledBack: expect.stringContaining(node) });
  await editor.hears('network:processerror', ({ id, error }) => id === node && /^rolled back: .* failed/.test(error));

  await expectTalk();
}

/** Expects that nobody is failed any more, and that everybody hears what is said. */
async function expectTalk(): Promise<void> {
  // Those that were on their way.
  await crowd.talks(10);
  expect(crowd.failed.filter(failure => !failure.startsWith('500'))).toEqual([]);
  const failures = crowd.failed.length;
  await crowd.talks(30);
  expect(crowd.failed).toHaveLength(failures);
  const heard = await crowd.scatter();
  for (const numbers of heard) expect(numbers).toEqual(heard[0]);
}

describe('a revision that fails for each packet', () => {
  it('is rolled back by itself where a node with a new component was put in a wire', async () => {
    await bring('Bad', BAD);
    await insert('bad', 'chat/Bad');
    const revision = await rolledBack();
    await expectOver(revision, 'bad');
    const list = [join(ROOT, 'src/main.ts'), 'revisions', 'list', '--data', home.path];
    expect((await launch(list).end).out).toMatch(/rolled back: \d+ of its first \d+ requests .*failed/);
    const { draft } = editor.state;
    expect(draft.faults).toMatchObject([{ node: 'bad', sentence: expect.stringMatching(/^rolled back/) }]);
    expect(draft.changes).toBeGreaterThan(0);
    // What is saved is what is live, though the draft is still what it was.
    expect(readFileSync(file, 'utf8')).toBe(GRAPH);
    expect(editor.state.saved).toBe(true);
  });

  long('is rolled back with the source of a component that was changed', async () => {
    const path = join(project.root, 'components/CheckPost.ts');
    const before = readFileSync(path, 'utf8');
    const spoilt = before.replace('(input, output) {', `$& if (input.hasData('in')) throw new Error('spoilt');`);
    await bring('CheckPost', spoilt);
    const revision = await rolledBack();
    await expectOver(revision, 'check');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('is rolled back also where it was made while the graph was stopped', async () => {
    await crowd.leave();
    await editor.ask('network', 'stop', { graph: MAIN });
    await bring('Worse', BAD);
    await insert('worse', 'chat/Worse');
    await editor.sees(({ draft }) => draft.changes > 0);
    await editor.sees(({ draft }) => draft.changes === 0);
    await editor.ask('network', 'start', { graph: MAIN });
    for (let i = 0; i < 3; i += 1) expect(await post()).toBe(500);
    await rolledBack();
    expect(await post()).toBe(201);
  });
});

describe('a draft that lacks a component', () => {
  long('goes live once that is there', async () => {
    await insert('late', 'chat/Late');
    await editor.hears('network:processerror', ({ id }) => id === 'late');
    await bring('Late', GOOD);
    const { live } = await editor.sees(({ live, draft }) => live.revision > first && draft.changes === 0);
    expect(live.by).toBe('editor');
    await expectTalk();
    expect(crowd.failed).toEqual([]);
  });
});
