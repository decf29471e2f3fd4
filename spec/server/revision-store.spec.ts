import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  type NewRevision,
  parseRevision,
  printRevision,
  RevisionStore,
} from '../../src/editor/deploy/revision-store.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { long } from '../support/long.ts';
import { anyCharacter } from '../support/random.ts';
import { folder } from '../support/server.ts';

const FILE = 'graphs/mine.fbp';
const text = (most: number) => `'${most}' -> MAXTEXT check(chat/CheckPost)\n`;
const entry = ({
  file = FILE,
  text: said = text(1),
  layout,
  ...more
}: Partial<Omit<NewRevision, 'document'>> & { file?: string; text?: string; layout?: string } = {}): NewRevision => ({
  by: 'editor',
  note: '',
  document: new GraphDocument(file, said, layout),
  ...more,
});

let place: string;
let remove: () => void;
let skipped: string[];

beforeEach(() => {
  ({ path: place, remove } = folder());
  skipped = [];
});
afterEach(() => {
  jest.useRealTimers();
  remove();
});

/** As a server sees them that has just started. */
const opened = () => new RevisionStore(join(place, 'revisions'), sentence => skipped.push(sentence));
const path = (name: string) => join(place, 'revisions', name);
const numbers = (revisions: RevisionStore) => revisions.list().map(({ number }) => number);

describe('Revisions', () => {
  it('keeps who, when and what, and the graph itself', async () => {
    jest.useFakeTimers({ now: new Date('2026-11-22T08:00:00Z') });
    const layout = '{"nodes": {}}\n';
    const revision = await opened().add(entry({ note: 'shorter', layout }));
    expect(revision).toEqual({
      number: 1,
      at: '2026-11-22T08:00:00.000Z',
      by: 'editor',
      note: 'shorter',
      file: FILE,
      document: new GraphDocument(FILE, text(1), layout),
      changes: [],
    });
    expect(opened().get(1)).toEqual(revision);
  });

  it('says in sentences what differs from the one before', async () => {
    const revisions = opened();
    await revisions.add(entry());
    expect((await revisions.add(entry({ text: text(2) }))).changes).toEqual([
      expect.stringMatching(/^check.*MAXTEXT.*2.*1/),
    ]);
    expect(opened().list()[1]?.changes).toHaveLength(1);
  });

  it('compares with the one before of the same file', async () => {
    const revisions = opened();
    await revisions.add(entry());
    expect(
      (await revisions.add(entry({ file: 'graphs/other.fbp', text: 'a(core/Repeat) OUT -> IN b(core/Repeat)\n' })))
        .changes,
    ).toEqual([]);
    expect(await revisions.add(entry({ text: text(2) }))).toMatchObject({ number: 3, changes: [expect.any(String)] });
  });

  it('keeps what is the same as the one before only once', async () => {
    const first = await opened().add(entry());
    expect(await opened().add(entry({ by: 'start' }))).toEqual(first);
    expect(numbers(opened())).toEqual([1]);
  });

  it('keeps what is the same again where it came back after another one', async () => {
    const revisions = opened();
    for (const most of [1, 2, 1]) await revisions.add(entry({ text: text(most) }));
    expect(numbers(revisions)).toEqual([1, 2, 3]);
  });

  it('keeps what is the same again where it runs under a higher number, with another component', async () => {
    const revisions = opened();
    await revisions.add(entry({ number: 1 }));
    expect((await revisions.add(entry({ number: 2, note: 'a component was changed' }))).number).toBe(2);
  });

  it('keeps what was taken back once more when it goes live again', async () => {
    const revisions = opened();
    await revisions.add(entry());
    revisions.markRolledBack(1, 'too many failures');
    expect((await revisions.add(entry())).number).toBe(2);
  });

  it('keeps the reason for which one was taken back', async () => {
    const revisions = opened();
    await revisions.add(entry());
    revisions.markRolledBack(1, 'too many failures');
    expect(revisions.list()[0]?.rolledBack).toBe('too many failures');
    expect(opened().get(1)).toMatchObject({ rolledBack: 'too many failures', document: { text: text(1) } });
    expect(() => revisions.markRolledBack(7, 'there is none')).not.toThrow();
    expect(numbers(opened())).toEqual([1]);
  });

  it('goes on counting after a restart, and takes a higher number where one is given', async () => {
    await opened().add(entry());
    expect((await opened().add(entry({ text: text(2) }))).number).toBe(2);
    expect((await opened().add(entry({ text: text(3), number: 9 }))).number).toBe(9);
    expect((await opened().add(entry({ text: text(4), number: 9 }))).number).toBe(10);
  });

  it('says under which number a graph is to start', async () => {
    expect(opened().first(entry().document)).toBe(1);
    await opened().add(entry());
    expect(opened().first(entry().document)).toBe(1);
    expect(opened().first(entry({ text: text(2) }).document)).toBe(2);
    opened().markRolledBack(1, 'too many failures');
    expect(opened().first(entry().document)).toBe(2);
  });

  it('lists them without their graphs, the oldest first', async () => {
    const revisions = opened();
    for (const most of [1, 2]) await revisions.add(entry({ text: text(most) }));
    for (const list of [revisions.list(), opened().list()]) {
      expect(list.map(({ number }) => number)).toEqual([1, 2]);
      for (const head of list) expect(Object.keys(head)).not.toContain('document');
    }
  });

  it('sees what another process has kept', async () => {
    const revisions = opened();
    expect(revisions.list()).toEqual([]);
    await opened().add(entry());
    expect(numbers(revisions)).toEqual([1]);
    expect((await revisions.add(entry({ text: text(2) }))).number).toBe(2);
    rmSync(path('0001.json'));
    expect(numbers(revisions)).toEqual([2]);
  });

  it('keeps 1,000 and forgets the oldest', async () => {
    await opened().add(entry());
    const kept = opened().get(1)!;
    for (let number = 2; number <= 1000; number++) {
      writeFileSync(path(`${String(number).padStart(4, '0')}.json`), printRevision({ ...kept, number }));
    }
    const revisions = opened();
    expect((await revisions.add(entry({ text: text(2) }))).number).toBe(1001);
    expect(revisions.list()).toHaveLength(1000);
    expect(revisions.get(1)).toBeUndefined();
    expect(revisions.get(2)).toBeDefined();
  });

  long('keeps no more than 64 MiB', async () => {
    await opened().add(entry());
    const kept = opened().get(1)!;
    for (const number of [2, 3]) {
      const file = 'graphs/huge.fbp';
      const huge = { ...kept, number, file, document: new GraphDocument(file, 'x'.repeat(40 * 1024 * 1024)) };
      writeFileSync(path(`000${number}.json`), printRevision(huge));
    }
    expect((await opened().add(entry({ text: text(2) }))).number).toBe(4);
    expect(numbers(opened())).toEqual([3, 4]);
  });

  it('has nothing under a number that is none', async () => {
    await opened().add(entry());
    for (const odd of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(opened().get(odd)).toBeUndefined();
  });

  it('has files that people can read and compare line by line', async () => {
    await opened().add(entry({ text: 'one(core/Repeat)\ntwo(core/Repeat)\n' }));
    expect(readFileSync(path('0001.json'), 'utf8').split('\n')).toEqual(
      expect.arrayContaining(['  "by": "editor",', '    "one(core/Repeat)",', '    "two(core/Repeat)",']),
    );
  });

  it('gives back every text as it was', () => {
    const any = fc.string({ unit: anyCharacter });
    const odd = fc.constantFrom('\r\n', '\n', '\ufeff', '\u2028', '\0', '"');
    const word = fc.array(fc.oneof(any, odd)).map(parts => parts.join(''));
    const kept = fc.record({
      by: word,
      note: word,
      file: word,
      text: word,
      layout: word,
      changes: fc.array(word),
      rolledBack: word,
    });
    fc.assert(
      fc.property(kept, ({ text, layout, ...head }) => {
        const document = new GraphDocument(head.file, text, layout);
        const revision = { number: 7, at: '2026-11-22T08:00:00.000Z', ...head, document };
        expect(parseRevision(Buffer.from(printRevision(revision)).toString(), 7)).toEqual(revision);
      }),
    );
  });
});

describe('Revisions beside what does not belong there', () => {
  const whole = printRevision({
    number: 3,
    at: new Date(0).toISOString(),
    by: '',
    note: '',
    file: '',
    document: new GraphDocument('', ''),
    changes: [],
  });
  it.each([
    ['half a file', whole.slice(0, 40)],
    ['an empty file', ''],
    ['nothing but null', 'null'],
    ['another number', whole.replace('3', '4')],
    ['a number as a text', whole.replace('3', '"3"')],
    ['no time', whole.replace('1970', 'once')],
    ['a text that is none', whole.replace('"text": [\n    ""\n  ]', '"text": ""')],
    ['changes that are none', whole.replace('"changes": []', '"changes": [1]')],
  ])('leaves out %s with a sentence, and does not give its number again', async (_, contents) => {
    const revisions = opened();
    for (const most of [1, 2]) await revisions.add(entry({ text: text(most) }));
    expect(contents).not.toBe(whole);
    writeFileSync(path('0003.json'), contents);
    const later = opened();
    expect(numbers(later)).toEqual([1, 2]);
    expect(later.get(3)).toBeUndefined();
    expect(skipped).toEqual([expect.stringMatching(/0003\.json is no revision and is left out: ./)]);
    expect(await later.add(entry({ text: text(4) }))).toMatchObject({ number: 4, changes: [expect.any(String)] });
  });

  it('leaves out foreign files and folders, and says so of each once', async () => {
    await opened().add(entry());
    writeFileSync(path('notes.txt'), 'hello');
    writeFileSync(path('00002.json'), whole);
    mkdirSync(path('0005.json'));
    const revisions = opened();
    for (let i = 0; i < 2; i++) expect(numbers(revisions)).toEqual([1]);
    expect(skipped.sort()).toEqual([
      expect.stringMatching(/00002\.json is no revision .*: its name is not like 0007\.json$/),
      expect.stringMatching(/0005\.json is no revision .*: EISDIR/),
      expect.stringMatching(/notes\.txt is no revision .*: its name is not like 0007\.json$/),
    ]);
    expect((await revisions.add(entry({ text: text(2) }))).number).toBe(6);
  });

  it('starts well after it was killed while it wrote', async () => {
    await opened().add(entry());
    writeFileSync(path('.0002.json.7.1.tmp'), whole.slice(0, 20));
    utimesSync(path('.0002.json.7.1.tmp'), new Date(0), new Date(0));
    const revisions = opened();
    expect(numbers(revisions)).toEqual([1]);
    expect((await revisions.add(entry({ text: text(2) }))).number).toBe(2);
    expect(readdirSync(path('.')).sort()).toEqual(['0001.json', '0002.json']);
    expect(skipped).toEqual([]);
  });

  it('says in a sentence that its folder can not be written, and has kept nothing', async () => {
    writeFileSync(join(place, 'revisions'), 'a file');
    const revisions = opened();
    await expect(revisions.add(entry())).rejects.toThrow(
      /revisions can't be written: .*; make room, or choose another DATA$/,
    );
    expect(revisions.list()).toEqual([]);
  });

  it('says in a sentence that a revision has no room, and goes on with the next number', async () => {
    const revisions = opened();
    await revisions.add(entry());
    const folder = join(place, 'revisions');
    renameSync(folder, join(place, 'aside'));
    writeFileSync(folder, 'a file');
    await expect(revisions.add(entry({ text: text(2) }))).rejects.toThrow(/revisions can't be written: /);
    rmSync(folder);
    renameSync(join(place, 'aside'), folder);
    expect((await revisions.add(entry({ text: text(2) }))).number).toBe(2);
  });
});
