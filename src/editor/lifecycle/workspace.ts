import { type Graph, read } from '../../fbp.ts';
import type { Source } from '../../flow.ts';
import { codeItems } from '../difference/code.ts';
import { difference, type Item } from '../difference/difference.ts';
import type { DraftCode } from '../draft/code.ts';
import { Draft } from '../draft/draft.ts';
import { refuseToPublish } from '../draft/fault.ts';
import type { Client } from '../protocol/message.ts';
import { StoresMoved } from './confirmation.ts';
import { Diagnosis } from './diagnosis.ts';
import type { Happening, WorkspaceParts } from './happening.ts';
import { Hold } from './hold.ts';
import type { Live, RollBack } from './live.ts';
import { Printer } from './printer.ts';
import { type Asked, noteWith, release, saveLive } from './release.ts';
import { remembered } from './remembered.ts';
import { Settling } from './settling.ts';

/** The one draft of the server's graph that all editors share, and its way to life. */
export class Workspace {
  readonly id: string;
  readonly draft: Draft;
  readonly diagnosis: Diagnosis;
  readonly printer: Printer;
  readonly #parts: WorkspaceParts;
  readonly #hold: Hold;
  /** Who has made changes that are not live. */
  readonly #authors = new Set<Client>();
  readonly #difference = remembered(difference);
  readonly #settling = new Settling();
  /** What was rolled back last, and the draft's version then. */
  #rolledBack: { readonly rollBack: RollBack; readonly version: number } | undefined;

  /** `graph` is what the draft begins with. */
  constructor(parts: WorkspaceParts, graph: Graph) {
    this.#parts = parts;
    this.#hold = new Hold(parts.code);
    this.diagnosis = new Diagnosis(parts);
    this.id = parts.id;
    this.draft = new Draft(parts.id, graph);
    this.printer = new Printer(this.draft, parts.file);
  }

  get live(): Live | undefined {
    return this.#parts.publication.live;
  }

  get code(): DraftCode {
    return this.#parts.code;
  }

  /** Differs after each change of the draft, its code among them. */
  get version(): number {
    return this.draft.version + this.code.version;
  }

  get state() {
    const { live, version, code } = this;
    const [confirm, rolledBack] = [this.#parts.confirmation.sentence, this.#rolledBack?.rollBack];
    return {
      live: { revision: live?.revision ?? null, since: live?.since ?? '', by: live?.by ?? '' },
      draft: { version, changes: this.changes().length, ...this.diagnosis.verdict, code: code.names },
      mode: this.#hold.mode,
      stopped: this.#parts.flow.halted,
      graph: this.id,
      ...(rolledBack && rolledBack.revision === live?.revision && { rolledBack }),
      ...(confirm !== undefined && { confirm }),
    };
  }

  /** What differs between what is live and the draft. */
  changes(): readonly Item[] {
    if (!this.live) return [];
    const { graph } = this.draft;
    return [...codeItems(this.code.all, graph), ...this.#difference(this.live.graph, graph)];
  }

  /** Whether changes are about to go live by themselves. */
  get isPending(): boolean {
    return this.#settling.isPending;
  }

  /** Why a client may not throw the draft away at the moment. */
  mayClear(client: Client): string | undefined {
    if ([...this.#authors].every(author => author === client) || this.changes().length === 0) return;
    return 'changes of another editor are not live yet; publish or discard them first';
  }

  /** Call after each change of the draft; `onlyLooks` where it runs as before. */
  changed(client: Client, onlyLooks = false): void {
    this.#authors.add(client);
    // Who can't publish is not left waiting for somebody who is gone.
    if (!client.extended && !onlyLooks) this.#hold.release();
    const settle = () => this.settle(client.by).catch(() => {});
    // In the midst of an edit of several steps there is often something to be warned of.
    const isDoubtful = async () => this.#hold.mode === 'at once' && this.diagnosis.hasNews(await this.printer.print());
    this.#settling.begin(settle, isDoubtful);
    this.tell({ kind: 'state' });
  }

  /** Has to hear that code has come into the draft. */
  async drafted(client: Client): Promise<void> {
    this.#authors.add(client);
    this.tell({ kind: 'code', by: client });
    await this.examine();
  }

  /** Makes the draft live now, its code too. Rejects with Faulty, or with the sentence of what does not start. */
  publish(by: string, note = ''): Promise<Live> {
    return this.#publish(by, noteWith(note, this, this.draft.graph), !this.code.isEmpty);
  }

  /** Makes the draft what is live. */
  discard(): void {
    if (!this.live) return;
    this.#parts.confirmation.drop();
    this.become(this.live.graph);
    this.code.clear();
    this.#caughtUp();
    this.tell({ kind: 'code' });
    void this.printer.print().then(source => this.diagnosis.warn(source));
  }

  /** Makes another graph the draft. */
  become(graph: Graph): void {
    this.#settling.calm();
    this.draft.replace(graph);
    this.tell({ kind: 'draft' });
  }

  /** Makes what was live once the draft, and live. Code that waits is no part of it, and goes on waiting. */
  async takeUp(source: Source, by: string, note: string): Promise<Live> {
    const { graph } = read(source.file, source.text, source.layout);
    refuseToPublish(this.#parts.objections(graph));
    this.#parts.file.goOnFrom(source);
    this.become(graph);
    const live = await this.#publish(by, note, false);
    const sentence = `the draft still has code of ${this.code.names.join(', ')}; publish or discard it`;
    if (!this.code.isEmpty) this.tell({ kind: 'notice', sentence });
    if (!this.code.isEmpty) await this.examine();
    return live;
  }

  /** Holds the draft back until it is published, or lets changes go live at once. */
  hold(client: Client, wanted: boolean): void {
    this.#hold.set(client, wanted);
    if (!wanted) this.publish(client.by).catch(() => {});
    this.tell({ kind: 'state' });
  }

  /** Keeps the draft back, whoever is there. */
  keepBack(): void {
    this.#hold.keep();
  }

  leave(client: Client): void {
    this.#hold.leave(client);
    if (this.changes().length === 0) this.#hold.release();
    this.tell({ kind: 'state' });
  }

  /** Answers requests with 503 from now on. */
  async stop(): Promise<void> {
    await this.#parts.flow.halt();
    this.tell({ kind: 'state' });
  }

  /** Answers requests again. Rejects with the sentence of what does not start. */
  async start(by: string): Promise<void> {
    await this.#parts.publication.resume(by);
    this.tell({ kind: 'state' });
  }

  /** Does with changes what the mode says. Rejects as `publish` does. */
  async settle(by: string): Promise<void> {
    await (this.#hold.mode === 'at once' ? this.publish(by) : this.examine());
  }

  /**
   * Does with changes what the mode says where they could not go live before, as what they lack may be there by now.
   * What was rolled back does not come back by itself. Rejects as `publish` does.
   */
  async retry(by: string): Promise<void> {
    const isDue = !this.isPending && this.version !== this.#rolledBack?.version;
    if (isDue && this.changes().length > 0) await this.settle([...this.#authors].at(-1)?.by ?? by);
  }

  /** A revision was rolled back; the draft is still what it was. */
  rolledBack(rollBack: RollBack): void {
    const { why, node, to } = rollBack;
    this.#rolledBack = { rollBack, version: this.version };
    this.saveLive();
    this.tell({ kind: 'code' });
    const sentence = `rolled back: ${why}; the graph of revision ${to} is live again`;
    this.diagnosis.accuse([{ sentence, line: 1, column: 1, ...(node !== undefined && { node }) }]);
  }

  /** Looks for what keeps the draft from running, and for what it is warned of, and tells it. */
  async examine(): Promise<void> {
    const { graph } = this.draft;
    await this.diagnosis.examine(await this.printer.print(), graph);
  }

  tell(happening: Happening): void {
    this.#parts.happened(happening);
  }

  close(): void {
    this.#settling.calm();
  }

  /** Publishes the draft as it is now, with its code or without it. */
  async #publish(by: string, note: string, withCode: boolean): Promise<Live> {
    this.#settling.calm();
    const { graph, version } = this.draft;
    return this.#release({ source: await this.printer.print(), graph, version, by, note, withCode });
  }

  async #release(asked: Asked): Promise<Live> {
    try {
      const live = await release(this.#parts, asked);
      this.code.tidy();
      if (this.draft.version === asked.version && this.code.isEmpty) this.#caughtUp();
      this.saveLive();
      return live;
    } catch (error) {
      const accept = () => this.#release({ ...asked, mayMove: true });
      if (error instanceof StoresMoved) this.#parts.confirmation.ask(error.message, accept);
      await this.diagnosis.failed(error, asked.source);
      throw error;
    } finally {
      this.tell({ kind: asked.withCode ? 'code' : 'state' });
      await this.diagnosis.warn(asked.source);
    }
  }

  /** The draft is what is live. */
  #caughtUp(): void {
    this.#authors.clear();
    this.#hold.release();
    this.diagnosis.acquit();
  }

  saveLive(): void {
    const sentence = saveLive(this.#parts, this.live);
    if (sentence !== undefined) this.tell({ kind: 'notice', sentence });
  }
}
