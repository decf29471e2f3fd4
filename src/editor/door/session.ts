import { setTimeout as sleep } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import { part } from '../../live/talk.ts';
import {
  type Client,
  type Command,
  type Message,
  Refused,
  type Reply,
  type Right,
  type SubProtocol,
} from '../protocol/message.ts';
import { type Deed, isDeed } from './audit.ts';
import { find, problem, refusalIn } from './command.ts';
import { Bucket, type Guesses, type Limits } from './limits.ts';
import { covers } from './rights.ts';
import { read, type Said } from './said.ts';
import type { Level, Secrets } from './secrets.ts';

/** What a connection finds behind the door. */
export interface SessionParts {
  readonly protocols: ReadonlyMap<string, SubProtocol>;
  readonly secrets: Pick<Secrets, 'rightsOf'>;
  readonly guesses: Guesses;
  readonly limits: Limits;
  /** Makes room for who has shown a good secret. Returns why there is none; undefined if it may stay. */
  full(session: Session, rights: ReadonlySet<Right>): string | undefined;
  /** Hears of each attempt to change something by who has the right to. Must not throw. */
  audited(deed: Deed): void;
  /** Hears of what went wrong on our side. */
  failed(error: Error): void;
}

const NOTHING: ReadonlySet<Right> = new Set();
const FAILED = 'this failed; the log says why';

/** One connection: its commands are done one after the other, in the order in which they came. */
export class Session implements Client {
  readonly id: number;
  /** Its address as a keyed hash. */
  readonly from: string;
  /** When it connected, as `performance.now()` says it. */
  readonly since = performance.now();
  readonly #opened: WebSocket;
  readonly #parts: SessionParts;
  readonly #bucket: Bucket;
  readonly #patience: NodeJS.Timeout;
  /** Messages that wait for their turn; nothing in the place of one of bytes. */
  readonly #waiting: (string | undefined)[] = [];
  #waitingText = 0;
  #level: Level | undefined;
  #extended = false;
  #wrong = 0;
  #busy = false;
  #gone = false;

  constructor(opened: WebSocket, parts: SessionParts, id: number, from: string) {
    this.id = id;
    this.from = from;
    this.#opened = opened;
    this.#parts = parts;
    const { rate, burst, patience } = parts.limits;
    this.#bucket = new Bucket(rate, burst);
    this.#patience = setTimeout(() => this.cut(1008, `no good secret within ${patience / 1000} s`), patience).unref();
  }

  get rights(): ReadonlySet<Right> {
    return this.#level?.rights ?? NOTHING;
  }

  get by(): string {
    return this.#level?.by ?? 'nobody';
  }

  get extended(): boolean {
    return this.#extended;
  }

  push(message: Message): void {
    try {
      if (covers(this, message)) this.send(JSON.stringify(message));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Sends a frame; ends the connection of who does not read. */
  send(frame: string): void {
    if (this.#gone || this.#opened.readyState !== this.#opened.OPEN) return;
    if (this.#opened.bufferedAmount > this.#parts.limits.backlog) {
      this.cut(1013, 'this connection does not read what it is sent');
    } else this.#opened.send(frame);
  }

  /** Takes a message in. */
  take(data: RawData, isBinary: boolean): void {
    if (this.#gone) return;
    const { rate, waiting } = this.#parts.limits;
    if (!this.#bucket.take()) {
      const reason = `more than ${rate} messages a second; slow down`;
      this.#reply(problem('runtime', reason));
      this.cut(1008, reason);
      return;
    }
    const text = isBinary ? undefined : String(data);
    if (this.#waiting.length >= waiting) {
      this.cut(1008, `${waiting} messages wait already; wait for answers`);
      return;
    }
    this.#waiting.push(text);
    this.#waitingText += text?.length ?? 0;
    if (this.#waitingText > this.#mostText) this.#opened.pause();
    if (!this.#busy) void this.#work();
  }

  get #mostText(): number {
    const { waitingText, namelessText } = this.#parts.limits;
    return this.#level ? waitingText : namelessText;
  }

  /** Ends the connection with a reason. Nothing more is done for it. */
  cut(code: number, reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#patience);
    this.#waiting.length = 0;
    // Else its goodbye would not be heard.
    this.#opened.resume();
    part(this.#opened, code, reason);
  }

  /** To be called when the connection is closed. Sub-protocols are told once nothing is done for it any more. */
  leave(): void {
    this.#gone = true;
    clearTimeout(this.#patience);
    this.#waiting.length = 0;
    if (!this.#busy) this.#farewell();
  }

  #farewell(): void {
    for (const protocol of this.#parts.protocols.values()) {
      try {
        protocol.leave?.(this);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const text = this.#waiting.shift();
      this.#waitingText -= text?.length ?? 0;
      if (this.#opened.isPaused && this.#waitingText <= this.#mostText) this.#opened.resume();
      await this.#answer(text);
    }
    this.#busy = false;
    if (this.#opened.readyState === this.#opened.CLOSED) this.#farewell();
  }

  async #answer(text: string | undefined): Promise<void> {
    if (text === undefined) return this.#reply(problem('runtime', 'a message is JSON text, not bytes'));
    const said = read(text, this.#parts.limits.depth);
    try {
      await this.#admit(said.secrets);
      if (!this.#gone) this.#reply(await this.#run(said), said.requestId);
    } catch (error) {
      if (!(error instanceof Refused)) this.#failed(error);
      this.#reply(this.#excuse(said, error), said.requestId);
    }
  }

  /** Looks at what was shown as secrets. Who guesses has to wait, and finally to leave. */
  async #admit(shown: readonly unknown[]): Promise<void> {
    const { secrets, guesses, limits } = this.#parts;
    for (const secret of shown) {
      if (this.#level?.by === 'editor') return;
      const level = secrets.rightsOf(secret);
      // The same as before is no guess.
      if (level && level.by === this.#level?.by) continue;
      const wait = guesses.wait(this.from);
      if (wait > 0) await sleep(wait, undefined, { ref: false });
      if (this.#gone) return;
      if (level) {
        const full = this.#parts.full(this, level.rights);
        if (full !== undefined) {
          this.#reply(problem('runtime', full));
          return this.cut(1013, full);
        }
        this.#level = level;
        clearTimeout(this.#patience);
        continue;
      }
      this.#wrong += 1;
      guesses.wrong(this.from);
      if (this.#wrong >= limits.wrongSecrets) this.cut(1008, 'too many wrong secrets; come back with a good one');
    }
  }

  async #run(said: Said): Promise<Reply> {
    const command = find(this.#parts.protocols, said, this.rights);
    try {
      const reply = await command.run(this, said.payload);
      const refusal = refusalIn(reply);
      this.#audit(said, command, refusal === undefined ? { outcome: 'ok' } : { outcome: 'refused', why: refusal });
      if (said.protocol === 'flowchat' && said.command === 'open' && refusal === undefined) this.#extended = true;
      return reply;
    } catch (error) {
      this.#audit(said, command, {
        outcome: error instanceof Refused ? 'refused' : 'failed',
        why: (error as Error)?.message ?? String(error),
      });
      throw error;
    }
  }

  #audit({ protocol, command, payload }: Said, { needs }: Command, end: Pick<Deed, 'outcome' | 'why'>): void {
    if (!isDeed({ protocol, command, payload }, needs)) return;
    this.#parts.audited({ by: this.by, client: this.id, from: this.from, protocol, command, payload, ...end });
  }

  /** What to answer where something was thrown. */
  #excuse({ protocol, payload }: Said, error: unknown): Message {
    const message = error instanceof Refused ? error.message : FAILED;
    const known = this.#parts.protocols.has(protocol) ? protocol : 'runtime';
    return problem(
      known,
      message,
      known === 'network' && typeof payload.graph === 'string' ? payload.graph : undefined,
    );
  }

  #reply(reply: Reply, responseTo?: string): void {
    const frames = [reply].flat().map(({ protocol, command, payload }) => {
      return JSON.stringify({ protocol, command, payload, responseTo });
    });
    for (const frame of frames) this.send(frame);
  }

  #failed(error: unknown): void {
    this.#parts.failed(error instanceof Error ? error : new Error(String(error)));
  }
}
