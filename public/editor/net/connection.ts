import type { AnswerPayloads, ClientMessageName, ClientPayloads } from '../../../src/model/editor-protocol.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { lossReason, newKey, ReconnectingSocket } from '../../ui/socket.ts';
import { messageFault } from '../model/size-limits.ts';
import type { EditorConnectionState } from '../model/state.ts';

/** A message of the server, unchecked. */
export interface ServerMessage {
  readonly protocol: string;
  readonly command: string;
  readonly payload: unknown;
}

interface ConnectionListener {
  link(link: EditorConnectionState): void;
  /** A message that answers no request, or comes before the end of an answer. */
  message(message: ServerMessage): void;
}

/** The server refused a request; `message` is its sentence. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly payload: ServerPayloads['flowchat:error'];

  constructor(payload: ServerPayloads['flowchat:error']) {
    super(payload.message || 'the server says no');
    this.payload = payload;
  }
}

/** The connection was lost before the answer; the request may have been executed. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  override readonly message = 'the connection is lost';
}

/** The request exceeds the server's limit and was not sent. */
class TooLong extends Error {
  override readonly name = 'TooLong';
}

interface Waiting {
  readonly name: ClientMessageName;
  /** Length of the request in characters. */
  readonly length: number;
  resolve(payload: unknown): void;
  reject(error: Error): void;
}

/** Close code for a message that is too long. */
const TOO_LONG = 1009;

/** How long a request may take, in milliseconds. */
const ANSWER_TIMEOUT_MS = 120_000;

/** The connection to the server: a WebSocket with requests that are answered once. */
export class EditorConnection {
  readonly #socket: ReconnectingSocket;
  readonly #listener: ConnectionListener;
  readonly #waiting = new Map<string, Waiting>();

  constructor(url: string, listener: ConnectionListener) {
    this.#listener = listener;
    this.#socket = new ReconnectingSocket(url, {
      protocols: 'noflo',
      pauses: { least: 500, most: 15_000 },
      reasonOf: lossReason,
      message: text => this.#heard(text),
      closed: code => code === TOO_LONG && this.#giveUpLongest(),
      link: link => {
        listener.link(link);
        if (link.kind === 'offline')
          for (const waiting of [...this.#waiting.values()]) waiting.reject(new ConnectionLost());
      },
    });
  }

  /** Connects now, unless it is connected or connecting. */
  connect(): void {
    this.#socket.connect();
  }

  /** Closes the connection until `connect` is called. */
  close(): void {
    this.#socket.close();
  }

  /** Drops a connection that is known to be lost; reconnects as usual. */
  drop(): void {
    this.#socket.drop();
  }

  /** The browser is online again: connects now instead of waiting for the next try. */
  retry(): void {
    this.#socket.retry();
  }

  /** Sends a request. Rejects with RequestRefused, with TooLong if it can't be sent, and with ConnectionLost if no answer comes. */
  request<Name extends ClientMessageName>(
    name: Name,
    payload: ClientPayloads[Name],
    requestId = newKey(),
  ): Promise<AnswerPayloads[Name]> {
    if (!this.#socket.isOpen) return Promise.reject(new ConnectionLost());
    const [protocol, command] = name.split(':');
    const message = JSON.stringify({ protocol, command, payload, requestId });
    const fault = messageFault(message);
    if (fault) return Promise.reject(new TooLong(fault));
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.drop(), ANSWER_TIMEOUT_MS);
      const settle = (): void => {
        clearTimeout(late);
        this.#waiting.delete(requestId);
      };
      this.#waiting.set(requestId, {
        name,
        length: message.length,
        resolve: answer => {
          settle();
          resolve(answer as AnswerPayloads[Name]);
        },
        reject: error => {
          settle();
          reject(error);
        },
      });
      this.#socket.send(message);
    });
  }

  #heard(data: string): void {
    let message: ServerMessage & { readonly responseTo?: string };
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    const waiting = this.#waiting.get(message.responseTo ?? '');
    // A list is sent in many messages before the answer.
    const isOfList = waiting?.name === 'component:list' && message.command === 'component';
    if (!waiting || isOfList) this.#listener.message(message);
    else if (message.command === 'error')
      waiting.reject(new RequestRefused(message.payload as ServerPayloads['flowchat:error']));
    else waiting.resolve(message.payload);
  }

  /** A proxy with a smaller limit closed the connection; sending the longest request again would close it again. */
  #giveUpLongest(): void {
    const [longest] = [...this.#waiting.values()].toSorted((a, b) => b.length - a.length);
    longest?.reject(new TooLong('this is more than the server takes at once; do it in parts'));
  }
}
