import { once } from 'node:events';
import { WebSocket } from 'ws';
import { CLIENT_MESSAGES, type ClientMessageName } from '../../src/model/editor-protocol.ts';
import { until } from './chat.ts';
import { invalidities } from './protocol-schema.ts';

export const SECRET = 'the editor may edit';

/** A message's content, of whatever kind it is. */
// biome-ignore lint/suspicious/noExplicitAny: specs look at what they expect to be there.
export type Told = Readonly<Record<string, any>>;

interface Said {
  readonly protocol: string;
  readonly command: string;
  readonly payload: Told;
  readonly responseTo?: string;
}

interface Waiting {
  readonly command: string;
  readonly resolve: (payload: Told) => void;
  readonly reject: (error: Error) => void;
}

/**
 * An editor that waits for each acknowledgement, like noflo-ui. Validates all received messages by the protocol's
 * schemas.
 */
export class Editor {
  /** Unasked messages. */
  readonly pushed: Said[] = [];
  /** Replies, including those before acknowledgements. */
  readonly answers: Said[] = [];
  /** Faults of received messages. */
  readonly invalid: string[] = [];
  /** The last `flowchat:state`. */
  state: Told = {};
  readonly #socket: WebSocket;
  readonly #secret: string;
  readonly #waiting = new Map<string, Waiting>();
  #asked = 0;

  private constructor(origin: string, secret: string) {
    this.#socket = new WebSocket(`${origin.replace('http', 'ws')}/runtime`, ['noflo']);
    this.#secret = secret;
    this.#socket.on('error', () => {});
    this.#socket.on('message', bytes => this.#hear(JSON.parse(String(bytes)) as Said));
    this.#socket.on('close', (code, reason) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`it was closed: ${code} ${reason}`));
    });
  }

  /** Connects, and sends the secret. */
  static async connect(origin: string, secret = SECRET): Promise<Editor> {
    const editor = new Editor(origin, secret);
    await once(editor.#socket, 'open');
    await editor.ask('runtime', 'getruntime', {});
    return editor;
  }

  /** Asks, and waits for the acknowledgement. Rejects with the sentence of an error. */
  ask(protocol: string, command: string, payload: Told = {}): Promise<Told> {
    this.#asked += 1;
    const requestId = `${this.#asked}`;
    const message = { protocol, command, payload: { ...payload, secret: this.#secret }, requestId };
    this.#socket.send(JSON.stringify(message));
    return new Promise((resolve, reject) => {
      const answer = CLIENT_MESSAGES[`${protocol}:${command}` as ClientMessageName]?.answer ?? command;
      this.#waiting.set(requestId, { command: answer.replace(/.*:/, ''), resolve, reject });
    });
  }

  /** Payloads of replies of a kind. */
  replies(kind: string): readonly Told[] {
    return payloads(this.answers, kind);
  }

  /** Payloads of unasked messages of a kind such as `network:processerror`. */
  told(kind: string): readonly Told[] {
    return payloads(this.pushed, kind);
  }

  /** Waits for an unasked message of a kind. */
  async hears(kind: string, isWanted: (payload: Told) => boolean = () => true): Promise<Told> {
    await until(
      () => this.told(kind).some(isWanted),
      () => this.pushed.slice(-20),
    );
    return this.told(kind).find(isWanted)!;
  }

  /** Waits for a server state. */
  async sees(isSo: (state: Told) => boolean): Promise<Told> {
    await until(
      () => isSo(this.state),
      () => this.state,
    );
    return this.state;
  }

  /** Ends the connection; the server notices it as it does. */
  leave(): void {
    this.#socket.terminate();
  }

  #hear(said: Said): void {
    this.invalid.push(...invalidities(said));
    const { protocol, command, payload, responseTo } = said;
    if (`${protocol}:${command}` === 'flowchat:state') this.state = payload;
    if (responseTo === undefined) {
      this.pushed.push(said);
      return;
    }
    this.answers.push(said);
    const waiting = this.#waiting.get(responseTo);
    if (!waiting || (command !== waiting.command && command !== 'error')) return;
    this.#waiting.delete(responseTo);
    if (command === 'error') waiting.reject(new Error(payload.message));
    else waiting.resolve(payload);
  }
}

function payloads(messages: readonly Said[], kind: string): readonly Told[] {
  return messages.flatMap(({ protocol, command, payload }) => (`${protocol}:${command}` === kind ? [payload] : []));
}
