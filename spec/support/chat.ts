import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphDocument } from '../../src/fbp/document.ts';
import { sidecar } from '../../src/fbp/print.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { CHAT, LAYOUT } from './graphs.ts';
import { folder, graph } from './server.ts';

/** A message as the API gives it. */
export interface Message {
  readonly room: string;
  readonly seq: number;
  readonly id: string;
  readonly text: string;
}

/** Settings of chat.fbp that disable rate limits. */
const AT_EASE = { BURST: '1000000', RATE: '1000000' };

/** The whole server in this process, with a replaceable graph; one at a time. */
export class Chat {
  readonly origin: string;
  readonly #running: Awaited<ReturnType<typeof serve>>;
  readonly #folder: ReturnType<typeof folder>;
  #revisions = 0;
  /** Settled once the last revision is live; publishes run one at a time. */
  #published: Promise<unknown> = Promise.resolve();

  private constructor(running: Awaited<ReturnType<typeof serve>>, data: ReturnType<typeof folder>) {
    this.#running = running;
    this.#folder = data;
    this.origin = new URL(running.url).origin;
  }

  /**
   * Starts a server with settings of the graph by port, and of the server by environment name. Without a layout, each
   * editor page has to compute one.
   */
  static async start(
    ports: Readonly<Record<string, string>> = {},
    env: Readonly<Record<string, string>> = {},
    layout = LAYOUT,
  ): Promise<Chat> {
    const data = folder();
    const GRAPH = graph(join(data.path, 'graphs'), { ...AT_EASE, ...ports });
    if (layout) writeFileSync(sidecar(GRAPH), layout);
    return new Chat(await serve(readSettings({ PORT: '0', DATA: data.path, GRAPH, ...env }, []), () => {}), data);
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  /** Its folder. */
  get data(): string {
    return this.#folder.path;
  }

  /** Its runtime. */
  get runtime() {
    return this.#running.runtime;
  }

  /** Publishes the same graph with a different setting. */
  async republish(ports: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#revisions += 1;
    let text = CHAT.replaceAll("'memory:chat'", "'sqlite:history.db'");
    for (const [port, value] of Object.entries({ ...AT_EASE, MAXTEXT: String(4000 + this.#revisions), ...ports }))
      text = text.replaceAll(new RegExp(`^'.*' -> ${port} `, 'gm'), `'${value}' -> ${port} `);
    this.#published = this.#published.then(() =>
      this.#running.runtime.publish(new GraphDocument('graphs/chat.fbp', text)),
    );
    await this.#published;
  }

  /** Posts to a room. */
  async post(room: string, text: string, { key = '', author = 'ann', owner = '' } = {}): Promise<Message> {
    const response = await fetch(`${this.origin}/api/rooms/${room}/messages`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(key && { 'Idempotency-Key': key }),
        ...(owner && { 'Owner-Key': owner }),
      },
      body: JSON.stringify({ author, text }),
    });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as Message;
  }

  /** The cursor of a room's end. */
  async cursor(room: string): Promise<string> {
    const response = await fetch(`${this.origin}/api/rooms/${room}/messages?limit=1`);
    return ((await response.json()) as { cursor: string }).cursor;
  }

  /** The value of a metric without labels, by its name after `flowchat_`. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.origin}/metrics`)).text();
    return Number(new RegExp(`^flowchat_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    this.#folder.remove();
  }
}

/** Timeout of every wait in milliseconds, for a busy machine. */
const PATIENCE = 30_000;

/** Intervals of polling in milliseconds: short at first, then longer. */
const [FIRST_PAUSE, LAST_PAUSE] = [5, 25];

/** Waits until a condition holds. On timeout, throws with the result of `instead`. */
export async function until(isSo: () => boolean | Promise<boolean>, instead: () => unknown = () => ''): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (let pause = FIRST_PAUSE; !(await isSo()); pause = Math.min(pause * 1.3, LAST_PAUSE)) {
    if (performance.now() > deadline) throw new Error(`it never was so: ${JSON.stringify(instead())}`);
    await new Promise(resolve => setTimeout(resolve, pause));
  }
}
