import { setTimeout as sleep } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import type { Caller } from '../../accounts/accounts.ts';
import { closeSocket } from '../../delivery/frames.ts';
import { TokenBucket } from '../../model/bucket.ts';
import { Refused } from '../../model/refused.ts';
import type { Client, CommandReply, ProtocolCommand, ProtocolMessage, Right, SubProtocol } from '../message.ts';
import type { AuditEntry } from './audit.ts';
import { authorizeCommand, type ClientMessage, errorMessage, parseMessage, refusalIn } from './client-message.ts';
import type { ClientLimits, Guesses } from './limits.ts';
import { maySend } from './rights.ts';
import type { Grant, Secrets } from './secrets.ts';

export interface SessionDeps {
  readonly protocols: ReadonlyMap<string, SubProtocol>;
  readonly secrets: Pick<Secrets, 'rightsOf'>;
  readonly guesses: Guesses;
  readonly limits: ClientLimits;
  /** Makes room for a connection that has signed in. Returns why there is none; undefined if it may stay. */
  full(session: Session, rights: ReadonlySet<Right>): string | undefined;
  /** Called for each attempted change by a client with the right to make it. Must not throw. */
  audited(entry: AuditEntry): void;
  /** Called for each internal error. */
  failed(error: Error): void;
}

/** A chat owner who is admitted without a secret. */
export interface Owner {
  readonly caller: Caller;
  readonly grant: Grant;
}

const NOTHING: ReadonlySet<Right> = new Set();
const FAILED = 'this failed; the log says why';

/** One connection: handles its commands one at a time, in order of arrival. */
export class Session implements Client {
  readonly id: number;
  /** Keyed hash of its address. */
  readonly from: string;
  /** Connection time in performance.now() milliseconds. */
  readonly since = performance.now();
  seesPrivate = false;
  /** The chat session that admitted the client; undefined if a secret did. */
  readonly caller: Caller | undefined;
  readonly #opened: WebSocket;
  readonly #deps: SessionDeps;
  readonly #bucket: TokenBucket;
  readonly #patience: NodeJS.Timeout;
  /** Queued messages; undefined stands for a binary one. */
  readonly #waiting: (string | undefined)[] = [];
  #waitingText = 0;
  #level: Grant | undefined;
  #extended = false;
  #wrong = 0;
  #busy = false;
  #gone = false;

  constructor(opened: WebSocket, deps: SessionDeps, id: number, from: string, owner?: Owner) {
    this.id = id;
    this.caller = owner?.caller;
    this.#level = owner?.grant;
    this.from = from;
    this.#opened = opened;
    this.#deps = deps;
    const { rate, burst, patience } = deps.limits;
    this.#bucket = new TokenBucket(rate, burst);
    this.#patience = setTimeout(
      () => this.disconnect(1008, `no good secret within ${patience / 1000} s`),
      patience,
    ).unref();
    if (owner) clearTimeout(this.#patience);
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

  push(message: ProtocolMessage): void {
    try {
      if (maySend(this, message)) this.send(JSON.stringify(message));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Sends a frame; disconnects a client that does not read. */
  send(frame: string): void {
    if (this.#gone || this.#opened.readyState !== this.#opened.OPEN) return;
    if (this.#opened.bufferedAmount > this.#deps.limits.backlog) {
      this.disconnect(1013, 'this connection does not read what it is sent');
    } else this.#opened.send(frame);
  }

  /** Queues a message. */
  take(data: RawData, isBinary: boolean): void {
    if (this.#gone) return;
    const { rate, waiting } = this.#deps.limits;
    if (!this.#bucket.take()) {
      const reason = `more than ${rate} messages a second; slow down`;
      this.#reply(errorMessage('runtime', reason));
      this.disconnect(1008, reason);
      return;
    }
    const text = isBinary ? undefined : String(data);
    if (this.#waiting.length >= waiting) {
      this.disconnect(1008, `${waiting} messages wait already; wait for answers`);
      return;
    }
    this.#waiting.push(text);
    this.#waitingText += text?.length ?? 0;
    if (this.#waitingText > this.#mostText) this.#opened.pause();
    if (!this.#busy) void this.#work();
  }

  get #mostText(): number {
    const { waitingText, namelessText } = this.#deps.limits;
    return this.#level ? waitingText : namelessText;
  }

  /** Closes the connection with a reason, and drops queued messages. */
  disconnect(code: number, reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#patience);
    this.#waiting.length = 0;
    // A paused connection would not receive the client's close frame.
    this.#opened.resume();
    closeSocket(this.#opened, code, reason);
  }

  /** Call once the connection has closed. Notifies sub-protocols after the running command has ended. */
  leave(): void {
    this.#gone = true;
    clearTimeout(this.#patience);
    this.#waiting.length = 0;
    if (!this.#busy) this.#farewell();
  }

  #farewell(): void {
    for (const protocol of this.#deps.protocols.values()) {
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
    if (text === undefined) return this.#reply(errorMessage('runtime', 'a message is JSON text, not bytes'));
    const said = parseMessage(text, this.#deps.limits.depth);
    try {
      await this.#admit(said.secrets);
      if (this.#gone) return;
      const command = authorizeCommand(this.#deps.protocols, said, this.rights);
      const answering = this.#answerBy(command, said);
      if (!command.isAside) await answering;
    } catch (error) {
      this.#refuse(said, error);
    }
  }

  async #answerBy(command: ProtocolCommand, said: ClientMessage): Promise<void> {
    try {
      this.#reply(await this.#run(command, said), said.requestId);
    } catch (error) {
      this.#refuse(said, error);
    }
  }

  #refuse(said: ClientMessage, error: unknown): void {
    if (!(error instanceof Refused)) this.#failed(error);
    this.#reply(this.#excuse(said, error), said.requestId);
  }

  /** Checks submitted secrets. Wrong ones cause a delay and finally a disconnect. */
  async #admit(shown: readonly unknown[]): Promise<void> {
    const { secrets, guesses, limits } = this.#deps;
    for (const secret of shown) {
      if (this.#level?.by === 'editor') return;
      const level = secrets.rightsOf(secret);
      // Repeating the current secret is no attempt to guess.
      if (level && level.by === this.#level?.by) continue;
      const wait = guesses.wait(this.from);
      if (wait > 0) await sleep(wait, undefined, { ref: false });
      if (this.#gone) return;
      if (level) {
        const full = this.#deps.full(this, level.rights);
        if (full !== undefined) {
          this.#reply(errorMessage('runtime', full));
          return this.disconnect(1013, full);
        }
        // Further secrets add rights, and never remove any.
        this.#level = { by: level.by, rights: new Set([...this.rights, ...level.rights]) };
        clearTimeout(this.#patience);
        continue;
      }
      this.#wrong += 1;
      guesses.wrong(this.from);
      if (this.#wrong >= limits.wrongSecrets)
        this.disconnect(1008, 'too many wrong secrets; come back with a good one');
    }
  }

  async #run(command: ProtocolCommand, said: ClientMessage): Promise<CommandReply> {
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

  #audit(
    { protocol, command, payload }: ClientMessage,
    { audited }: ProtocolCommand,
    end: Pick<AuditEntry, 'outcome' | 'why'>,
  ): void {
    if (!audited?.(payload)) return;
    this.#deps.audited({ by: this.by, client: this.id, from: this.from, protocol, command, payload, ...end });
  }

  /** The error reply for a command that threw. */
  #excuse({ protocol, payload }: ClientMessage, error: unknown): ProtocolMessage {
    const message = error instanceof Refused ? error.message : FAILED;
    const known = this.#deps.protocols.has(protocol) ? protocol : 'runtime';
    const graph = known === 'network' && typeof payload.graph === 'string' ? payload.graph : undefined;
    // A client that sends commands of the extension knows it.
    const isExtended = this.#extended || known === 'flowchat';
    return errorMessage(known, message, graph, isExtended && error instanceof Refused ? error.details : {});
  }

  #reply(reply: CommandReply, responseTo?: string): void {
    const frames = [reply].flat().map(({ protocol, command, payload }) => {
      return JSON.stringify({ protocol, command, payload, responseTo });
    });
    for (const frame of frames) this.send(frame);
  }

  #failed(error: unknown): void {
    this.#deps.failed(error instanceof Error ? error : new Error(String(error)));
  }
}
