import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RollBack } from '../../src/editor/deploy/active-revision.ts';
import type { OnCanaryFailed } from '../../src/editor/deploy/canary.ts';
import { Confirmation } from '../../src/editor/deploy/confirmation.ts';
import { Deployer } from '../../src/editor/deploy/deployer.ts';
import { RevisionStore } from '../../src/editor/deploy/revision-store.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { lineLog } from '../../src/log.ts';
import type { Admission, Runtime } from '../../src/runtime/runtime.ts';
import { storesOf } from '../../src/runtime/stores.ts';
import { folder } from '../support/server.ts';

// What is published, and what becomes of it, without a graph that runs.

let home: ReturnType<typeof folder>;
let deployer: Deployer;
let confirmation: Confirmation;
let log: string[];
let rollBacks: RollBack[];
let abandoned: number[];
let kept: { revision: number; text: string }[];
let isFull: boolean;
/** Those on trial, the last one last. */
let trials: { revision: number; failed: OnCanaryFailed; passed: () => void }[];

beforeEach(() => {
  home = folder();
  [log, rollBacks, abandoned, kept, trials] = [[], [], [], [], []];
  isFull = false;
  confirmation = new Confirmation(sentence => log.push(sentence));
  let [number, text] = [0, ''];
  const runtime = {
    halted: false,
    async publish(document: GraphDocument, { checked, started }: Admission = {}) {
      if (document.text === text) return { number };
      checked?.(document.graph);
      await started?.(number + 1);
      [number, text] = [number + 1, document.text];
      return { number };
    },
  };
  deployer = new Deployer({
    subgraphs: () => [],
    runtime: runtime as unknown as Runtime,
    revisions: new RevisionStore(home.path),
    canary: {
      watch(revision, failed, passed = () => {}) {
        trials.push({ revision, failed, passed });
        return () => {};
      },
    },
    log: lineLog(line => log.push(line)),
    confirmation,
    async save({ revision, document }) {
      if (isFull) throw new Error('the disk is full');
      kept.push({ revision, text: document.text });
    },
    abandon: revision => abandoned.push(revision),
    rolledBack: rollBack => rollBacks.push(rollBack),
  });
});
afterEach(() => home.remove());

const publish = (text: string, by = 'editor') => deployer.publish(new GraphDocument('test.fbp', text), { by });
const texts = (count: number) => Array.from({ length: count }, (_, i) => `# ${i + 1}\n`);
/** Lets the revision that is on trial fail. */
async function fail(): Promise<void> {
  trials.at(-1)!.failed('all its requests failed', 'check');
  // Whatever comes next waits until the roll-back is done.
  await deployer.inTurn(async () => {});
}

describe('a roll-back', () => {
  it('goes to the revision before, also where that was young, which is on trial again, and further if it fails too', async () => {
    const [one, two, three] = texts(3) as [string, string, string];
    await publish(one, 'start');
    await publish(two);
    trials.at(-1)!.passed();
    await publish(three);
    await publish('# bad\n');
    await fail();
    expect(deployer.live).toMatchObject({ revision: 5, by: 'roll-back', document: { text: three } });
    expect(rollBacks).toMatchObject([{ failed: 4, to: 3, revision: 5, node: 'check', why: 'all its requests failed' }]);
    expect(log.at(-1)).toBe(
      'revision 4 was rolled back: all its requests failed; the graph of revision 3 is live again as revision 5; npm run revisions -- back 4 brings it back',
    );
    expect(trials.at(-1)!.revision).toBe(5);
    await fail();
    expect(deployer.live).toMatchObject({ revision: 6, document: { text: two } });
    expect(rollBacks.at(-1)).toMatchObject({ failed: 3, to: 2, revision: 6 });
    expect(trials.at(-1)!.revision).toBe(5);
    expect(abandoned).toEqual([4, 5]);
    const marked = new RevisionStore(home.path).list().filter(({ rolledBack }) => rolledBack !== undefined);
    expect(marked.map(({ number }) => number)).toEqual([3, 4, 5]);
  });

  it('is what a start begins with from the moment at which it is live', async () => {
    await publish('# 1\n', 'start');
    await publish('# 2\n');
    await fail();
    expect(kept).toEqual([
      { revision: 1, text: '# 1\n' },
      { revision: 2, text: '# 2\n' },
      { revision: 3, text: '# 1\n' },
    ]);
  });

  it('takes back what came with each of those that failed', async () => {
    const undone: string[] = [];
    const come = (text: string) =>
      deployer.publish(new GraphDocument('test.fbp', text), { by: 'editor', undo: () => undone.push(text) });
    await publish('# 1\n', 'start');
    await come('# 2\n');
    await come('# 3\n');
    await fail();
    expect(undone).toEqual(['# 3\n']);
    await fail();
    expect(undone).toEqual(['# 3\n', '# 2\n']);
  });

  it('is done where nothing can be kept, too', async () => {
    await publish('# 1\n', 'start');
    await publish('# 2\n');
    isFull = true;
    await fail();
    expect(deployer.live).toMatchObject({ revision: 3, by: 'roll-back' });
  });
});

describe('publishing', () => {
  it('is refused where a start would not begin with it', async () => {
    await publish('# 1\n', 'start');
    isFull = true;
    await expect(publish('# 2\n')).rejects.toThrow('the disk is full');
    expect(deployer.live).toMatchObject({ revision: 1 });
  });

  it('makes what comes at once live in its order', async () => {
    await Promise.all(texts(4).map(text => publish(text)));
    expect(kept).toEqual(texts(4).map((text, at) => ({ revision: at + 1, text })));
    expect(deployer.live).toMatchObject({ revision: 4, document: { text: '# 4\n' } });
  });

  it('again takes what is live by then, not what was when a file changed', async () => {
    await publish('# 1\n', 'start');
    await Promise.all([publish('# 2\n'), deployer.publishAgain({ by: 'file' })]);
    expect(deployer.live).toMatchObject({ revision: 2, by: 'editor', document: { text: '# 2\n' } });
  });
});

describe('a revision that keeps messages elsewhere', () => {
  const at = (...urls: string[]) => urls.map((url, i) => `'${url}' -> STORE n${i}(any/Thing)\n`).join('');
  const disk = at('sqlite:history.db', 'sqlite:history.db');

  it.each([
    ['in memory', disk, at('memory:chat', 'memory:chat'), /in memory:chat, not in sqlite:history.db any more/],
    [
      'in another database',
      disk,
      at('sqlite:other.db', 'sqlite:other.db'),
      /in sqlite:other.db, not in sqlite:history.db/,
    ],
    ['in part', disk, at('sqlite:history.db', 'memory:'), /in memory:, not in sqlite:history.db/],
    ['nowhere', disk, '# nothing\n', /sqlite:history.db any more, and nowhere else/],
    ['in another memory', at('memory:a'), at('memory:b'), /in memory:b, not in memory:a/],
  ])('waits until that is confirmed: %s', async (_, before, after, sentence) => {
    await publish(before, 'start');
    for (const by of ['editor', 'file', 'revisions']) await expect(publish(after, by)).rejects.toThrow(sentence);
    expect(deployer.live).toMatchObject({ revision: 1 });
    await deployer.publish(new GraphDocument('test.fbp', after), { by: 'editor', mayMove: true });
    expect(deployer.live).toMatchObject({ revision: 2 });
  });

  it.each([
    ['the same database', disk, `${disk}# more\n`],
    ['one more', disk, `${disk}'sqlite:more.db' -> STORE more(any/Thing)\n`],
    ['fewer nodes with it', disk, at('sqlite:history.db')],
    ['other settings of a memory', at('memory:a?keep=5'), at('memory:a?keep=9')],
    ['a store where there was none', '# none\n', disk],
  ])('is no such revision that has %s', async (_, before, after) => {
    await publish(before, 'start');
    await publish(after);
    expect(deployer.live).toMatchObject({ revision: 2 });
  });

  it('is not rolled back by itself to another store', async () => {
    const memory = at('memory:chat');
    await publish(disk, 'start');
    await deployer.publish(new GraphDocument('test.fbp', memory), { by: 'editor', mayMove: true });
    await fail();
    expect(deployer.live).toMatchObject({ revision: 2 });
    expect(log.join('\n')).toMatch(/revision 2 fails and can't be rolled back by itself: all its requests failed/);
    expect(confirmation.sentence).toMatch(
      /back to revision 1: messages would be kept in sqlite:history.db, not in memory:chat/,
    );
    await deployer.accept();
    expect(deployer.live).toMatchObject({ revision: 3, document: { text: disk } });
  });

  it('is found by the URLs at STORE', () => {
    // Keep and Count have names there.
    const { graph } = readGraph('test.fbp', `${disk}'5' -> MAXLEN n0\n'mutes' -> STORE muted(chat/Keep)\n`);
    expect(storesOf(graph)).toEqual({ n0: 'sqlite:history.db', n1: 'sqlite:history.db' });
  });
});
