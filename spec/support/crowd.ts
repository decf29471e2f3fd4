import { until } from './chat.ts';
import { Reader } from './reader.ts';
import { TRANSPORTS } from './transports.ts';

/** Pause between a person's messages in milliseconds, so that others get a turn on a small machine. */
const PAUSE = 60;

/** People who talk in a room during a test: some post and read, some listen. */
export class Crowd {
  /** Answers other than 201 and 200. */
  readonly failed: string[] = [];
  /** Number of acknowledged messages. */
  posted = 0;
  readonly #origin: string;
  readonly #listeners: readonly Reader[];
  #going = true;
  #done: Promise<unknown> = Promise.resolve();

  constructor(origin: string) {
    this.#origin = origin;
    const [sse, socket] = ['SSE', 'WebSocket'].map(wanted => TRANSPORTS.find(({ name }) => name === wanted)!);
    this.#listeners = [sse!, sse!, sse!, socket!].map(transport => new Reader(transport, origin, 'lobby', ''));
  }

  /** Starts to talk; resolves after the first messages. */
  async gather(): Promise<void> {
    const { cursor } = (await (await this.#fetch()).json()) as { cursor: string };
    for (const listener of this.#listeners) {
      listener.cursor = cursor;
      listener.come();
    }
    this.#done = Promise.all(['ann', 'bob', 'cyd'].map(author => this.#talk(author)));
    await until(() => this.posted > 10 && this.#listeners.every(({ told }) => told.length > 0));
  }

  /** Resolves after so many further messages were acknowledged. */
  async talks(more: number): Promise<void> {
    const before = this.posted;
    await until(
      () => this.posted >= before + more,
      () => this.failed.slice(-5),
    );
  }

  /** Stops talking. Resolves, once all listeners have everything, to what each received, by message numbers. */
  async scatter(): Promise<readonly (readonly (number | string)[])[]> {
    this.#going = false;
    await this.#done;
    await until(
      () => this.#listeners.every(({ told }) => told.length >= this.posted),
      () => this.#listeners.map(({ told }) => told.length),
    );
    return this.#listeners.map(listener => (listener.isThere ? listener.heard : ['it was dropped']));
  }

  /** Stops at once. */
  async leave(): Promise<void> {
    this.#going = false;
    await this.#done;
    for (const listener of this.#listeners) listener.drop();
  }

  async #talk(author: string): Promise<void> {
    while (this.#going) {
      const body = JSON.stringify({ author, text: `${author} ${this.posted}` });
      await this.#try(201, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      await this.#try(200);
      await new Promise(resolve => setTimeout(resolve, PAUSE));
    }
  }

  async #try(expected: number, init?: RequestInit): Promise<void> {
    try {
      const response = await this.#fetch(init);
      const text = await response.text();
      if (response.status !== expected) this.failed.push(`${response.status} ${text}`);
      else if (expected === 201) this.posted += 1;
    } catch (error) {
      this.failed.push(String((error as Error).cause ?? error));
    }
  }

  #fetch(init?: RequestInit): Promise<Response> {
    return fetch(`${this.#origin}/api/rooms/lobby/messages`, init);
  }
}
