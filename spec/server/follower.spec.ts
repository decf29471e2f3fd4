import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import type { OnCanaryFailed } from '../../src/editor/deploy/canary.ts';
import { Confirmation } from '../../src/editor/deploy/confirmation.ts';
import { Deployer } from '../../src/editor/deploy/deployer.ts';
import { Diagnosis, type DiagnosisDeps } from '../../src/editor/deploy/diagnosis.ts';
import type { DraftSession } from '../../src/editor/deploy/draft-session.ts';
import { Follower } from '../../src/editor/deploy/follower.ts';
import { type RevisionRecord, RevisionStore } from '../../src/editor/deploy/revision-store.ts';
import { SharedHistory } from '../../src/editor/deploy/shared-history.ts';
import { CodeDraft } from '../../src/editor/draft/code-draft.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { lineLog } from '../../src/log.ts';
import { diagnostic } from '../../src/model/diagnostic.ts';
import type { Turn } from '../../src/mutex.ts';
import { Faulty } from '../../src/runtime/examiner.ts';
import type { Admission, Runtime } from '../../src/runtime/runtime.ts';
import { type SharedRevision, StoreFailed } from '../../src/store/store.ts';
import { until } from '../support/chat.ts';
import { folder } from '../support/server.ts';

// One graph for several processes, without a database and without graphs that run.

/** What the processes share, as the database has it. */
class Shared {
  rows: SharedRevision[] = [];
  leader: string | undefined = 'one';
  isAway = false;
  /** Whether nobody is told of anything. */
  isSilent = false;
  readonly #listeners = new Map<string, () => void>();
  #place = 0;

  tell(): void {
    if (!this.isSilent) for (const listener of this.#listeners.values()) listener();
  }

  at(name: string) {
    const asked = async <T>(work: () => T): Promise<T> => {
      if (this.isAway) throw new StoreFailed('PostgreSQL does not answer');
      return work();
    };
    const write = (row: Omit<SharedRevision, 'place'>) => {
      this.#place += 1;
      this.rows = [...this.rows.filter(({ number }) => number !== row.number), { ...row, place: this.#place }];
      this.tell();
    };
    const { isLeading } = { isLeading: () => this.leader === name };
    return {
      get isLeading() {
        return isLeading();
      },
      listen: (listener: () => void) => void this.#listeners.set(name, listener),
      otherLeader: async () => (this.leader === name ? undefined : this.leader),
      since: (place: number) => asked(() => this.rows.filter(row => row.place > place)),
      add: (row: Omit<SharedRevision, 'place'>) =>
        asked(() => {
          const newest = Math.max(0, ...this.rows.map(({ number }) => number));
          if (newest > 0 && row.number !== newest + 1) return false;
          write(row);
          return true;
        }),
      settle: (row: Omit<SharedRevision, 'place'>) => asked(() => write(row)),
      audit: async () => {},
    };
  }

  get states(): readonly string[] {
    return this.rows.toSorted((a, b) => a.number - b.number).map(({ number, state }) => `${number} ${state}`);
  }
}

/** A process without a graph that runs: a text with BAD in it does not start. */
class Process {
  readonly log: string[] = [];
  readonly deployer: Deployer;
  readonly revisions: RevisionStore;
  readonly history: SharedHistory;
  readonly #home = folder();
  follower: Follower | undefined;
  bad = 'BAD';
  fault: Error = new Error('node check does not start');
  trial: { failed: OnCanaryFailed; passed: () => void } | undefined;

  constructor(shared: Shared, name: string) {
    const [log, warn] = [lineLog(line => this.log.push(line)), (sentence: string) => void this.log.push(sentence)];
    this.revisions = new RevisionStore(this.#home.path);
    this.history = new SharedHistory({ shared: shared.at(name), revisions: this.revisions, file: 'mine.fbp', warn });
    let [last, next, text] = [0, 1, ''];
    const runtime = {
      halted: false,
      countFrom: (first: number) => {
        next = first;
      },
      publish: async (document: GraphDocument, { number, checked, started }: Admission = {}) => {
        if (document.text === text && (number ?? last) === last) return { number: last };
        if (document.text.includes(this.bad)) throw this.fault;
        checked?.(document.graph);
        const given = number ?? next;
        await started?.(given);
        [last, next, text] = [given, given + 1, document.text];
        return { number: given };
      },
    };
    this.deployer = new Deployer({
      runtime: runtime as unknown as Runtime,
      revisions: this.revisions,
      shared: this.history,
      subgraphs: () => [],
      canary: {
        watch: (_, failed, passed = () => {}) => {
          this.trial = { failed, passed };
          return () => {};
        },
      },
      log,
      confirmation: new Confirmation(() => {}),
      async save() {},
      abandon() {},
      rolledBack() {},
    });
  }

  /** Starts with what all run, or else with a text. */
  async start(text: string): Promise<this> {
    await this.history.load();
    const document = this.history.proven?.document ?? new GraphDocument('mine.fbp', text);
    await this.deployer.publish(document, { by: 'start', followed: this.history.known(document) });
    this.follow();
    return this;
  }

  /** `stuck` is what has ended it before. */
  follow(stuck?: { readonly revision: number }): void {
    const { deployer, history, revisions } = this;
    const follow = async ({ document, number, by }: RevisionRecord, isCanary: boolean, turn: Turn) =>
      void (await deployer.publish(document, { by, followed: { number, isCanary } }, turn));
    const draftSession = { follow } as unknown as DraftSession;
    this.follower?.close();
    this.follower = new Follower({
      stuck,
      history,
      revisions,
      deployer,
      draftSession,
      log: lineLog(line => this.log.push(line)),
    });
  }

  publish(text: string, by = 'editor'): Promise<unknown> {
    return this.deployer.publish(new GraphDocument('mine.fbp', text), { by });
  }

  get now(): string {
    const { live } = this.deployer;
    return `${live?.revision} ${live?.document.text.trim()}`;
  }

  end(): void {
    this.follower?.close();
    this.#home.remove();
  }
}

const root = folder();
afterAll(() => root.remove());

const processes: Process[] = [];
afterEach(() => {
  for (const each of processes.splice(0)) each.end();
  jest.useRealTimers();
});

async function starting(count = 2): Promise<{ shared: Shared; all: readonly Process[] }> {
  const shared = new Shared();
  for (const name of ['one', 'two', 'three'].slice(0, count))
    processes.push(await new Process(shared, name).start(`# of ${name}\n`));
  return { shared, all: [...processes] };
}

const run = (all: readonly Process[], ...expected: readonly string[]) =>
  until(
    () => JSON.stringify(all.map(({ now }) => now)) === JSON.stringify(expected),
    () => [all.map(({ now }) => now), all.map(({ log }) => log)],
  );

describe('processes with one graph', () => {
  it('begin with what the first of them had in its file', async () => {
    const { shared, all } = await starting(3);
    await run(all, '1 # of one', '1 # of one', '1 # of one');
    expect(shared.states).toEqual(['1 proven']);
    expect(all.map(({ revisions }) => revisions.list().map(({ number, by }) => [number, by]))).toEqual(
      Array(3).fill([[1, 'start']]),
    );
  });

  it('run what one publishes once it has proved good there', async () => {
    const { shared, all } = await starting();
    const [one, two] = all as [Process, Process];
    await one.publish('# new');
    await run(all, '2 # new', '1 # of one');
    expect(shared.states).toEqual(['1 proven', '2 trial']);
    one.trial!.passed();
    await run(all, '2 # new', '2 # new');
    expect(shared.states).toEqual(['1 proven', '2 proven']);
    expect(two.revisions.get(2)).toMatchObject({ by: 'editor', file: 'mine.fbp', document: { text: '# new' } });
    expect(two.trial).toBeUndefined();
  });

  it('never run what fails at the first, and have the same numbers after it', async () => {
    const { shared, all } = await starting();
    const [one, two] = all as [Process, Process];
    await one.publish('# failing');
    one.trial!.failed('all its requests failed');
    await run(all, '3 # of one', '3 # of one');
    await until(() => shared.states.includes('2 rolled back'));
    expect(shared.states).toEqual(['1 proven', '2 rolled back', '3 proven']);
    await until(() => two.revisions.get(2)?.rolledBack === 'all its requests failed');
    await one.publish('# better');
    expect(one.now).toBe('4 # better');
  });

  it('refuse to publish where another one leads, and nothing has changed', async () => {
    const { shared, all } = await starting();
    const [, two] = all as [Process, Process];
    await expect(two.publish('# mine', 'file')).rejects.toThrow(/^one process publishes for all, and this is another/);
    expect([two.now, two.revisions.list().length, shared.states]).toEqual(['1 # of one', 1, ['1 proven']]);
    shared.leader = 'two';
    await two.publish('# mine', 'file');
    expect(two.now).toBe('2 # mine');
  });

  it('let nobody publish over what has just been published', async () => {
    const { shared, all } = await starting();
    const [one, two] = all as [Process, Process];
    shared.isSilent = true;
    await one.publish('# first');
    shared.leader = 'two';
    await expect(two.publish('# second')).rejects.toThrow('another process has published meanwhile');
    expect(two.now).toBe('1 # of one');
  });

  it('go on with a trial at the next that leads, which gives up what does not start there', async () => {
    const { shared, all } = await starting(3);
    const [one, two, three] = all as [Process, Process, Process];
    await one.publish('# new');
    two.bad = 'new';
    shared.leader = 'two';
    shared.tell();
    await until(
      () => shared.states.includes('2 rolled back'),
      () => [shared.states, all.map(({ log, now }) => [now, log])],
    );
    await run(all, '1 # of one', '1 # of one', '1 # of one');
    expect(three.revisions.get(2)).toMatchObject({ rolledBack: 'node check does not start' });
    await two.publish('# other');
    shared.leader = 'three';
    shared.tell();
    await run([three], '3 # other');
    three.trial!.passed();
    await run(all, '3 # other', '3 # other', '3 # other');
  });

  it('stay on their last graph where the new one does not start, say so after a while, and catch up once it does', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { all } = await starting();
    const [one, two] = all as [Process, Process];
    const soon = () => new Promise(resolve => setImmediate(resolve));
    const settle = async () => {
      for (let i = 0; i < 50; i++) await soon();
    };
    two.bad = 'new';
    await one.publish('# new');
    one.trial!.passed();
    await settle();
    expect([one.now, two.now]).toEqual(['2 # new', '1 # of one']);
    expect(two.log.at(-1)).toBe(
      "revision 2 of all processes can't run here; revision 1 stays live\nnode check does not start",
    );
    expect(two.follower?.unready).toBeUndefined();
    await jest.advanceTimersByTimeAsync(31_000);
    await settle();
    expect(two.follower?.unready).toBe(
      "the graph is older than that of the other processes: revision 2 can't run here: node check does not start",
    );
    expect(two.log.filter(line => line.startsWith('revision 2 of'))).toHaveLength(1);
    two.bad = 'BAD';
    await jest.advanceTimersByTimeAsync(10_000);
    await settle();
    expect([two.now, two.follower?.unready]).toEqual(['2 # new', undefined]);
  });

  it('say what to do where the code of a component is not there', async () => {
    const { all } = await starting();
    const [one, two] = all as [Process, Process];
    const missing = diagnostic('unknown-component', { component: 'chat/Slow', near: [] });
    [two.bad, two.fault] = ['new', new Faulty([{ file: 'mine.fbp', line: 3, column: 1, ...missing }])];
    await one.publish('# new');
    one.trial!.passed();
    await until(() => two.log.length > 0);
    expect(two.log.at(-1)).toBe(
      `revision 2 of all processes can't run here; revision 1 stays live\nmine.fbp:3:1: there is no component chat/Slow; ` +
        `fbp.json lists those that there are; code of components does not come with the graph: bring their files to this machine`,
    );
  });

  it('warn of drafted code, which the others would lack', async () => {
    const code = new CodeDraft(root.path);
    const subgraph = { path: join(root.path, 'graphs/Part.fbp'), text: '# a subgraph' };
    code.take('chat/Slow', [{ path: join(root.path, 'components/Slow.ts'), text: 'export {}' }]);
    code.take('chat/Part', [subgraph]);
    const runtime = { examine: async () => ({ faults: [], warnings: [] }) };
    const warnings = async (isShared: boolean) => {
      const deps = { code, runtime, deployer: { isShared }, emit() {} } as unknown as DiagnosisDeps;
      const diagnosis = new Diagnosis(deps);
      await diagnosis.warn(new GraphDocument('mine.fbp', '# new'));
      return diagnosis.findings.warnings.map(({ code, sentence }) => [code, sentence]);
    };
    expect([await warnings(false), await warnings(true)]).toEqual([
      [],
      [
        [
          'code-stays',
          'code of chat/Slow gets to this machine only, while several processes may run the graph; bring its files to all of them, too',
        ],
      ],
    ]);
  });

  it('end a trial after a minute in which nothing failed, however few requests there were', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { shared, all } = await starting();
    await all[0]!.publish('# new');
    await jest.advanceTimersByTimeAsync(50_000);
    expect(shared.states).toEqual(['1 proven', '2 trial']);
    await jest.advanceTimersByTimeAsync(21_000);
    for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve));
    expect(shared.states).toEqual(['1 proven', '2 proven']);
    expect(all.map(({ now }) => now)).toEqual(['2 # new', '2 # new']);
  });

  it('roll back also while the database is away, and are told once it is there', async () => {
    const { shared, all } = await starting();
    const [one] = all as [Process, Process];
    await one.publish('# failing');
    shared.isAway = true;
    await expect(one.publish('# lost')).rejects.toThrow('PostgreSQL does not answer');
    one.trial!.failed('all its requests failed');
    await run(all, '3 # of one', '1 # of one');
    shared.isAway = false;
    shared.tell();
    await run(all, '3 # of one', '3 # of one');
    await until(() => shared.states.includes('2 rolled back'));
    expect(shared.states).toEqual(['1 proven', '2 rolled back', '3 proven']);
  });

  it('do not run again what has ended one of them, and do not try it elsewhere', async () => {
    const { shared, all } = await starting();
    const [one, two] = all as [Process, Process];
    await one.publish('# stuck');
    one.follow({ revision: 2 });
    await until(() => shared.states.includes('2 rolled back'));
    await run(all, '1 # of one', '1 # of one');
    expect(two.now).toBe('1 # of one');
  });
});
