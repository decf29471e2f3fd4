import { type Difference, differenceOf } from '../model/difference.ts';
import { pageSentence } from '../model/form.ts';
import { fields, graphOf } from '../model/json.ts';
import { type RevisionSummary, revisionsOf, type TestReport, testReportOf } from '../model/revisions.ts';
import { readFaults } from '../model/status.ts';
import { RequestRefused } from './connection.ts';
import type { EditorCore } from './core.ts';

const HOLD = 'flowchat:editor:hold';

/** Publishing, discarding, revisions and tests. */
export class Publishing {
  readonly #editor: EditorCore;

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** Whether this editor publishes by its button; on until switched off in this session. */
  get holds(): boolean {
    return sessionStorage.getItem(HOLD) !== 'off';
  }

  async hold(hold: boolean): Promise<void> {
    sessionStorage.setItem(HOLD, hold ? 'on' : 'off');
    const state = await this.#editor.ask('flowchat', 'hold', { hold });
    if (state) this.#editor.took(state);
  }

  /** Publishes the draft. Returns why not, in sentences; empty if published. */
  async publish(note: string, force: boolean): Promise<readonly string[]> {
    try {
      const { payload } = await this.#editor.connection.request('flowchat', 'publish', { note, force });
      const { revision } = fields(payload);
      this.#editor.notify(`revision ${revision} is live`, 'said', Number(revision));
      return [];
    } catch (error) {
      const faults = error instanceof RequestRefused ? readFaults(fields(error.payload).faults) : [];
      // One sentence per fault; the message itself also names the place in the file.
      const sentences =
        faults.length > 0
          ? faults.map(({ sentence }) => sentence)
          : [error instanceof RequestRefused ? pageSentence(error.payload) : (error as Error).message];
      return [...new Set(sentences)];
    }
  }

  /** Discards the draft. Optimistic lock: refused if the draft changed since the version the user saw. */
  async discard(version: number): Promise<void> {
    const code = [...(this.#editor.state.status?.code ?? [])];
    const answer = await this.#editor.ask('flowchat', 'discard', { version });
    if (!answer) return;
    this.#editor.became(fields(answer).graph);
    const gone = code.length > 0 ? `; the code of ${code.join(', ')} in it is gone` : '';
    this.#editor.notify(`the draft is discarded${gone}`, 'said', 'edit');
  }

  async difference(): Promise<Difference | undefined> {
    const answer = await this.#editor.ask('flowchat', 'difference');
    return answer ? differenceOf(answer) : undefined;
  }

  async compare(from: number, to: number): Promise<Difference | undefined> {
    const answer = await this.#editor.ask('flowchat', 'compare', { from, to });
    return answer ? differenceOf(answer) : undefined;
  }

  async revisions(): Promise<readonly RevisionSummary[] | undefined> {
    const answer = await this.#editor.ask('flowchat', 'revisions');
    return answer ? revisionsOf(answer) : undefined;
  }

  /** Shows a revision on the canvas. */
  async preview(number: number): Promise<void> {
    const answer = await this.#editor.ask('flowchat', 'revision', { number });
    if (answer) this.#editor.preview(`Revision ${number}`, graphOf(fields(answer).graph));
  }

  /** Rolls back to a revision. Optimistic lock: refused if the draft changed since the version the user saw. */
  async rollBack(to: number, version: number): Promise<void> {
    const answer = await this.#editor.ask('flowchat', 'rollback', { to, version });
    if (!answer) return;
    this.#editor.preview();
    const { revision } = fields(answer);
    this.#editor.notify(`revision ${revision} is live, with the graph of revision ${to}`, 'said', Number(revision));
  }

  /** Confirms a revision that waits for confirmation. */
  async accept(): Promise<void> {
    const answer = await this.#editor.ask('flowchat', 'accept');
    const { revision } = fields(answer);
    if (answer) this.#editor.notify(`revision ${revision} is live`, 'said', Number(revision));
  }

  async test(): Promise<TestReport | undefined> {
    const answer = await this.#editor.ask('flowchat', 'test');
    return answer ? testReportOf(answer) : undefined;
  }

  /** Writes the live graph to its file, so that the server starts with it. */
  async save(): Promise<void> {
    const answer = await this.#editor.ask('network', 'persist', { graph: this.#editor.state.id });
    if (!answer) return;
    this.#editor.notify('saved; the server starts with this graph from now on', 'said', 'edit');
  }

  /** Stops or starts the live graph. */
  async run(run: boolean): Promise<void> {
    await this.#editor.ask('network', run ? 'start' : 'stop', { graph: this.#editor.state.id });
  }
}
