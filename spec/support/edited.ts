import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from '@jest/globals';
import { sidecar } from '../../src/fbp/print.ts';
import { type Running, serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { until } from './chat.ts';
import { Editor, SECRET, type Told } from './editor.ts';
import { folder, graph } from './server.ts';

/** The id of the graph. */
export const MAIN = 'chat/chat';

/** The whole server in this process, with an editable graph; one at a time. */
export class Edited {
  /** The graph's file. */
  readonly file: string;
  readonly log: string[] = [];
  readonly #env: Record<string, string>;
  readonly #home = folder();
  readonly #editors: Editor[] = [];
  #running: Running | undefined;

  private constructor(env: Readonly<Record<string, string>>, store: string) {
    this.#env = { ...env };
    this.file = graph(join(this.#home.path, 'graphs'), { STORE: store });
  }

  /** Messages are in memory by default, since a database takes most of the start-up time. */
  static async start(env: Readonly<Record<string, string>> = {}, store = 'memory:chat'): Promise<Edited> {
    const edited = new Edited(env, store);
    await edited.#run();
    return edited;
  }

  get origin(): string {
    return new URL(this.#running!.url).origin;
  }

  /** Changes a setting, effective from the next start. */
  set(name: string, value: string): void {
    this.#env[name] = value;
  }

  /** Stops the server, runs `between`, and starts it again. */
  async restarted(between: () => void = () => {}): Promise<void> {
    await this.#end();
    between();
    await this.#run();
  }

  /** Runs `between`, and starts again with the disk's state at this moment, as after a kill. */
  async killed(between: () => void = () => {}): Promise<void> {
    const { path } = this.#home;
    const kept = folder();
    const copy = (from: string, to: string) =>
      cpSync(from, to, { recursive: true, filter: file => !file.endsWith('.sock') });
    copy(path, kept.path);
    await this.#end();
    rmSync(path, { recursive: true });
    copy(kept.path, path);
    kept.remove();
    between();
    await this.#run();
  }

  async #run(): Promise<void> {
    this.log.length = 0;
    const given = { PORT: '0', GRAPH: this.file, DATA: this.data, EDITOR_SECRET: SECRET, ...this.#env };
    this.#running = await serve(readSettings(given, []), line => this.log.push(line));
  }

  async #end(): Promise<void> {
    for (const editor of this.#editors) editor.leave();
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }

  /** An editor that knows flowchat's extension. */
  async editor(hold = false, secret = SECRET): Promise<Editor> {
    const editor = await this.plainEditor(secret);
    await editor.ask('flowchat', 'open', { hold });
    return editor;
  }

  /** An editor that only knows the FBP network protocol. */
  async plainEditor(secret = SECRET): Promise<Editor> {
    const editor = await Editor.connect(this.origin, secret);
    this.#editors.push(editor);
    return editor;
  }

  /** Its data folder. */
  get data(): string {
    return join(this.#home.path, 'data');
  }

  get text(): string {
    return readFileSync(this.file, 'utf8');
  }

  get layout(): string | undefined {
    return existsSync(sidecar(this.file)) ? readFileSync(sidecar(this.file), 'utf8') : undefined;
  }

  /** Changes the file by hand. */
  write(text: string): void {
    writeFileSync(this.file, text);
  }

  /** Changes a part of the file by hand. */
  rewrite(from: string, to: string): void {
    if (!this.text.includes(from)) throw new Error(`there is no "${from}" in the file`);
    this.write(this.text.replace(from, to));
  }

  async logs(words: RegExp): Promise<void> {
    await until(
      () => this.log.some(line => words.test(line)),
      () => this.log,
    );
  }

  async status(path: string, init?: RequestInit): Promise<number> {
    const response = await fetch(this.origin + path, init);
    await response.arrayBuffer();
    return response.status;
  }

  /** The status of a post. */
  post(text: string): Promise<number> {
    const headers = { 'Content-Type': 'application/json' };
    return this.status('/api/rooms/lobby/messages', {
      method: 'POST',
      headers,
      body: JSON.stringify({ author: 'ann', text }),
    });
  }

  /** Stops it. Fails if an editor got an invalid message. */
  async stop(): Promise<void> {
    await this.#end();
    this.#home.remove();
    expect(this.#editors.flatMap(({ invalid }) => invalid)).toEqual([]);
  }
}

/** A separate server for each test that asks for one. */
export function editing(): { serving(env?: Readonly<Record<string, string>>, store?: string): Promise<Edited> } {
  let edited: Edited | undefined;
  afterEach(async () => {
    const last = edited;
    edited = undefined;
    await last?.stop();
  });
  return {
    async serving(env, store) {
      edited = await Edited.start(env, store);
      return edited;
    },
  };
}

/** Changes the server's graph. */
export function edit(editor: Editor, command: string, payload: Told): Promise<Told> {
  return editor.ask('graph', command, { ...payload, graph: MAIN });
}

/** Changes a setting by two messages, like editors that don't wait for the first answer. */
export async function set(editor: Editor, node: string, port: string, from: string, to: string): Promise<void> {
  const tgt = { node, port };
  await Promise.all([
    edit(editor, 'removeinitial', { src: { data: from }, tgt }),
    edit(editor, 'addinitial', { src: { data: to }, tgt }),
  ]);
}

/** Resolves when nothing is pending and this revision is live. */
export function isLive(editor: Editor, revision: number): Promise<Told> {
  return editor.sees(({ live, draft }) => live.revision === revision && draft.changes === 0);
}
