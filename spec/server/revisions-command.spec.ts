import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { revisions } from '../../src/cli/revisions.ts';
import { listenForCommands } from '../../src/editor/deploy/control-socket.ts';
import { RevisionStore } from '../../src/editor/deploy/revision-store.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { folder } from '../support/server.ts';

const GRAPH = (most: number) => `# Ours\n'${most}' -> MAXTEXT check(chat/CheckPost) OUT -> IN out(core/Output)\n`;

let place: string;
let remove: () => void;
let file: string;
let said: string[];

beforeEach(() => {
  ({ path: place, remove } = folder());
  file = join(place, 'mine.fbp');
  said = [];
  jest.spyOn(console, 'log').mockImplementation(line => void said.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation(line => void said.push(String(line)));
});
afterEach(() => {
  jest.restoreAllMocks();
  remove();
});

/** Keeps revisions 1 and 2 of a graph, the second of which is in its file. */
async function filled(): Promise<RevisionStore> {
  const kept = new RevisionStore(join(place, 'revisions'));
  await kept.add({
    by: 'start',
    note: '',
    document: new GraphDocument(file, GRAPH(1), '{"nodes":{"check":{"x":1}}}\n'),
  });
  await kept.add({ by: 'editor', note: 'longer', document: new GraphDocument(file, GRAPH(2)) });
  writeFileSync(file, GRAPH(2));
  return kept;
}

/** What a command says. */
async function run(...args: string[]): Promise<string> {
  said = [];
  await revisions(args, { DATA: place });
  return said.join('\n');
}

const contents = () => Object.fromEntries(readdirSync(join(place, 'revisions')).map(name => [name, 0]));

describe('npm run revisions', () => {
  it('says where none is kept', async () => {
    expect(await run()).toBe(`no revision is kept in ${join(place, 'revisions')} yet`);
    expect(readdirSync(place)).toEqual([]);
  });

  it('lists them with time, who, note and changes', async () => {
    (await filled()).markRolledBack(2, '3 of its first 3 requests failed');
    const lines = (await run()).split('\n');
    expect(lines[0]).toMatch(/^number +time +who +what$/);
    expect(lines[1]).toMatch(/^ +1 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}start$/);
    expect(lines[2]).toMatch(/^ +2 {2}\S+ \S+ {2}editor {2}longer$/);
    expect(lines.slice(3).map(line => line.trim())).toEqual([
      'rolled back: 3 of its first 3 requests failed',
      expect.stringMatching(/^check.*MAXTEXT/),
      expect.any(String),
    ]);
  });

  it('lists at most three changes of each, and names the files where there are several', async () => {
    const kept = await filled();
    const many = Array.from({ length: 9 }, (_, i) => `n${i}(core/Repeat) OUT -> IN n${i + 1}(core/Repeat)\n`).join('');
    await kept.add({ by: 'editor', note: '', document: new GraphDocument(file, GRAPH(2) + many) });
    expect(await run()).toMatch(/and \d+ more$/);
    expect(await run()).not.toMatch('mine.fbp');
    await kept.add({ by: 'editor', note: '', document: new GraphDocument(join(place, 'other.fbp'), many) });
    expect(await run()).toMatch('other.fbp');
    expect(await run('show', '3')).toMatch(/node n9.*is new/);
  });

  it('shows one wholly', async () => {
    await filled();
    const shown = await run('show', '1');
    expect(shown).toMatch(GRAPH(1).trim());
    expect(shown).toMatch('{"nodes":{"check":{"x":1}}}');
    expect(shown).toMatch(file);
  });

  it('tells what differs between two, and that nothing does', async () => {
    await (await filled()).add({
      by: 'file',
      note: '',
      document: new GraphDocument(file, GRAPH(2).replace('Ours', 'Mine')),
    });
    expect(await run('diff', '1', '2')).toMatch(/^check.*MAXTEXT.*2.*1/);
    expect(await run('diff', '2', '1')).toMatch(/^check.*MAXTEXT.*1.*2/);
    expect(await run('diff', '2', '3')).toBe('2 and 3 have the same nodes, edges and settings');
  });

  it('takes DATA from a flag too', async () => {
    await filled();
    await revisions(['--data', place], {});
    expect(said.join()).toMatch('longer');
  });

  it('lets nobody command a terminal by a note', async () => {
    const kept = await filled();
    await kept.add({
      by: 'editor',
      note: 'a\u001b[2Jb\u202e\nc',
      document: new GraphDocument(file, `# \u001b]0;x\u0007\n${GRAPH(3)}`),
    });
    expect(await run()).toMatch('a\\x1b[2Jb\\u202e c');
    expect(`${await run()}${await run('show', '3')}`).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
  });

  it('names files that are none, and goes on', async () => {
    await filled();
    writeFileSync(join(place, 'revisions/0009.json'), '{');
    expect(await run()).toMatch(/0009\.json is no revision and is left out: .*\nnumber/);
  });
});

describe('npm run revisions -- back', () => {
  it('writes a revision with its sidecar to its file, says what changes, and keeps nothing itself', async () => {
    await filled();
    const before = contents();
    expect(await run('back', '1')).toMatch(
      /mine\.fbp is revision 1 again; no server runs, and the next start begins with it\ncheck.*MAXTEXT/,
    );
    expect(readFileSync(file, 'utf8')).toBe(GRAPH(1));
    expect(readFileSync(join(place, 'mine.layout'), 'utf8')).toBe('{"nodes":{"check":{"x":1}}}\n');
    expect(contents()).toEqual(before);
    await run('back', '2');
    expect(readFileSync(file, 'utf8')).toBe(GRAPH(2));
    expect(readdirSync(join(place, 'revisions'))).toHaveLength(2);
  });

  it('says where the file is that already', async () => {
    await filled();
    expect(await run('back', '2')).toBe(
      `${file} is revision 2 already; no server runs, and the next start begins with it`,
    );
  });

  it('writes a file again that was deleted, and to another one where that is named', async () => {
    await filled();
    rmSync(file);
    await run('back', '2');
    expect(readFileSync(file, 'utf8')).toBe(GRAPH(2));
    const other = join(place, 'other.fbp');
    await run('back', '1', '--graph', other);
    expect(readFileSync(other, 'utf8')).toBe(GRAPH(1));
    expect(readFileSync(file, 'utf8')).toBe(GRAPH(2));
  });

  it.each([
    [
      'its folder is gone',
      join('gone', 'mine.fbp'),
      /revision 3 is of .*mine\.fbp, but its folder is not here; name the file with --graph FILE$/,
    ],
    ['its file is a folder', 'revisions', /revisions can't be read: EISDIR/],
  ])('refuses with a sentence where %s', async (_, name, sentence) => {
    await (await filled()).add({ by: 'editor', note: '', document: new GraphDocument(join(place, name), GRAPH(3)) });
    await expect(run('back', '3')).rejects.toThrow(sentence);
  });

  it('refuses to write .fbp to a file of JSON', async () => {
    await filled();
    await expect(run('back', '1', '--graph', join(place, 'mine.json'))).rejects.toThrow(
      /revision 1 is of .*mine\.fbp; name a file with the same ending, not .*mine\.json$/,
    );
  });
});

describe('npm run revisions with wrong arguments', () => {
  it.each([
    [['show', '9'], /there is no revision 9 in .*revisions; there are 1 to 2$/],
    [['diff', '1', '9'], /there is no revision 9 in /],
    [['back', '0'], /there is no revision 0 in /],
    [['show'], /"show" takes 1 numbers?, not 0; write npm run revisions -- \[show NUMBER \|/],
    [['diff', '1'], /"diff" takes 2 numbers, not 1; write npm run/],
    [['back', '1', '2'], /"back" takes 1 numbers?, not 2; write npm run/],
    [['shwo', '1'], /there is no command "shwo"; write npm run/],
    [['__proto__'], /there is no command "__proto__"; write npm run/],
    [['show', 'x'], /"x" is no number of a revision; write npm run/],
    [['show', '../1'], /"\.\.\/1" is no number of a revision; write npm run/],
    [['--date', 'x'], /Unknown option '--date'; write npm run/],
    [['show', '1', '--graph', 'x'], /--graph is for "back"; write npm run/],
  ])('refuses %j with the cure', async (args, sentence) => {
    await filled();
    await expect(run(...args)).rejects.toThrow(sentence);
    expect(readFileSync(file, 'utf8')).toBe(GRAPH(2));
  });

  it('says that none is kept where there is no folder', async () => {
    mkdirSync(join(place, 'other'));
    await expect(revisions(['show', '1', '--data', join(place, 'other')], {})).rejects.toThrow(
      /there is no revision 1 in .*; none is kept yet$/,
    );
  });
});

describe('the socket of a server', () => {
  it.each([
    ['has a long path', 'x'.repeat(110), /control\.sock can't be made: .*; choose one with a shorter path with DATA$/],
    ['is a folder', 'data', /control\.sock can't be made: .*; choose another with DATA$/],
  ])('is told with its path and the cure where it %s', async (_, name, sentence) => {
    const data = join(place, name);
    mkdirSync(join(data, 'control.sock'), { recursive: true });
    if (name !== 'data') rmSync(join(data, 'control.sock'), { recursive: true });
    await expect(listenForCommands(data, async () => '')).rejects.toThrow(sentence);
  });
});
