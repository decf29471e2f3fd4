import type { TriedAs } from '../../../src/model/editor-protocol.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { graphOf } from '../model/json.ts';
import { pageSentence } from '../model/page-sentence.ts';
import { type Difference, type RevisionSummary, testsOf } from '../model/revisions.ts';
import { RequestRefused } from './connection.ts';
import type { EditorCore } from './core.ts';
import { somebody } from './watching.ts';

const HOLD = 'flowchat:editor:hold';

/** Publishing, discarding, revisions and tests. */
export class Publishing {
  readonly #editor: EditorCore;

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** Whether this editor holds the draft; on until switched off in this session. */
  get holds(): boolean {
    return sessionStorage.getItem(HOLD) !== 'off';
  }

  async hold(hold: boolean): Promise<void> {
    sessionStorage.setItem(HOLD, hold ? 'on' : 'off');
    const state = await this.#editor.askOfDraft('flowchat:hold', { hold });
    if (state) this.#editor.took(state);
  }

  /** Publishes the draft. Returns the reasons of a refusal, in sentences; empty if published. */
  async publish(note: string, force: boolean): Promise<readonly string[]> {
    try {
      await this.#editor.editing.settled();
      this.#isLive(await this.#editor.connection.request('flowchat:publish', { note, force }));
      return [];
    } catch (error) {
      if (!(error instanceof RequestRefused)) return [(error as Error).message];
      const { faults = [] } = error.payload;
      // One sentence per fault; the message itself also names the place in the file.
      return [...new Set((faults.length > 0 ? faults : [error.payload]).map(pageSentence))];
    }
  }

  /** Discards the draft. Optimistic lock: refused if the draft changed since the version the user saw. */
  async discard(version: number): Promise<void> {
    const code = [...(this.#editor.state.status?.code ?? [])];
    const answer = await this.#editor.askOfDraft('flowchat:discard', { version });
    if (!answer) return;
    this.#editor.became(answer.graph);
    const gone = code.length > 0 ? `; the code of ${code.join(', ')} in it is gone` : '';
    this.#editor.notify(`the draft is discarded${gone}`, 'info', 'edit');
  }

  difference(): Promise<Difference | undefined> {
    return this.#editor.ask('flowchat:difference', {});
  }

  compare(from: number, to: number): Promise<Difference | undefined> {
    return this.#editor.ask('flowchat:compare', { from, to });
  }

  async revisions(): Promise<readonly RevisionSummary[] | undefined> {
    return (await this.#editor.ask('flowchat:revisions', {}))?.revisions;
  }

  /** Shows a revision on the canvas. */
  async preview(number: number): Promise<void> {
    const answer = await this.#editor.ask('flowchat:revision', { number });
    if (answer) this.#editor.preview(`Revision ${number}`, graphOf(answer.graph));
  }

  /** Rolls back to a revision. Optimistic lock: refused if the draft changed since the version the user saw. */
  async rollBack(to: number, version: number): Promise<void> {
    const answer = await this.#editor.askOfDraft('flowchat:rollback', { to, version });
    if (!answer) return;
    this.#editor.preview();
    this.#isLive(answer, `, with the graph of revision ${to}`);
  }

  /** Confirms the revision that awaits confirmation. */
  async accept(): Promise<void> {
    const answer = await this.#editor.askOfDraft('flowchat:accept', {});
    if (answer) this.#isLive(answer);
  }

  /**
   * Runs the draft's tests, which may take long; with a role, only repeats the recorded requests as somebody with that
   * role.
   */
  async test(role?: TriedAs['role']): Promise<void> {
    const before = this.#editor.state.tests;
    this.#editor.update(state => ({ ...state, tests: { isRunning: true, done: 0, total: 0, results: [] } }));
    const report = await this.#editor.askOfDraft('flowchat:test', role ? { who: somebody(role) } : {});
    this.#editor.update(state => ({
      ...state,
      tests: report ? testsOf(report, state.tests) : before && { ...before, isRunning: false },
    }));
  }

  /** Aborts running tests; their results so far are kept. */
  async cancelTest(): Promise<void> {
    await this.#editor.ask('flowchat:canceltest', {});
  }

  /** Writes the live graph to its file, so that the server starts with it. */
  async save(): Promise<void> {
    const answer = await this.#editor.askOfDraft('network:persist', {});
    if (!answer) return;
    this.#editor.notify('saved; the server starts with this graph from now on', 'info', 'edit');
  }

  /** Stops or starts the live graph. */
  async run(run: boolean): Promise<void> {
    await this.#editor.askOfDraft(run ? 'network:start' : 'network:stop', { graph: this.#editor.state.id });
  }

  #isLive({ revision }: ServerPayloads['flowchat:published'], more = ''): void {
    this.#editor.notify(`revision ${revision} is live${more}`, 'info', revision ?? undefined);
  }
}
