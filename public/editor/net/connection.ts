import { lossReason, newKey, Retries } from '../../ui/reconnect.ts';
import { fields, textOf } from '../model/json.ts';
import { messageFault } from '../model/names.ts';
import type { EditorConnectionState } from '../model/state.ts';

/** The command that ends the answer to a request, if it differs from the request's own. */
export const ENDS: ReadonlyMap<string, string> = new Map([
  ['runtime:getruntime', 'runtime'],
  ['runtime:packet', 'packetsent'],
  ['component:list', 'componentsready'],
  ['component:getsource', 'source'],
  ['component:source', 'component'],
  ['network:start', 'started'],
  ['network:stop', 'stopped'],
  ['network:getstatus', 'status'],
  ['network:debug', 'status'],
  ['network:persist', 'status'],
  ['flowchat:open', 'state'],
  ['flowchat:hold', 'state'],
  ['flowchat:edit', 'edited'],
  ['flowchat:publish', 'published'],
  ['flowchat:rollback', 'published'],
  ['flowchat:accept', 'published'],
  ['flowchat:discard', 'graph'],
  ['flowchat:compare', 'difference'],
  ['flowchat:find', 'ways'],
  ['flowchat:test', 'tested'],
  ['flowchat:check', 'tested'],
  ['flowchat:try', 'tried'],
  ['flowchat:parse', 'parsed'],
]);

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
  override readonly name = 'Refused';
  readonly payload: unknown;

  constructor(message: string, payload: unknown) {
    super(message);
    this.payload = payload;
  }
}

/** The connection was lost before the answer; the request may have been executed. */
export class ConnectionLost extends Error {
  override readonly name = 'Lost';
  override readonly message = 'the connection is lost';
}

/** The request exceeds the server's limit and was not sent. */
class TooLong extends Error {
  override readonly name = 'TooLong';
}

interface Waiting {
  readonly end: string;
  /** Length of the request in characters. */
  readonly length: number;
  resolve(message: ServerMessage): void;
  reject(error: Error): void;
}

/** Close code for a message that is too long. */
const TOO_LONG = 1009;

/** How long a request may take, in milliseconds. */
const ANSWER_TIMEOUT_MS = 120_000;

/** One WebSocket at a time to the same address, made again whenever it is lost, with requests that are answered once. */
export class EditorConnection {
  readonly #url: string;
  readonly #listener: ConnectionListener;
  readonly #retries = new Retries({ least: 500, most: 15_000 });
  readonly #waiting = new Map<string, Waiting>();
  #socket: WebSocket | undefined;
  /** Why the server closed the last connection, where it said so. */
  #why: string | undefined;

  constructor(url: string, listener: ConnectionListener) {
    this.#url = url;
    this.#listener = listener;
  }

  /** Connects now, unless it is connected or just doing so. */
  connect(): void {
    if (this.#socket) return;
    this.#listener.link({ kind: 'connecting', why: this.#why });
    const socket = new WebSocket(this.#url, 'noflo');
    this.#socket = socket;
    this.#retries.connecting(() => this.#lost(socket));
    socket.onopen = () => this.#live(socket);
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) this.#why = lossReason(code, reason) ?? this.#why;
      if (code === TOO_LONG) this.#giveUpLongest();
      this.#lost(socket);
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === 'string') this.#heard(data);
    };
  }

  /** Ends the connection; it is made again only by `connect`. */
  close(): void {
    this.#why = undefined;
    if (this.#socket) this.#lost(this.#socket);
    this.#retries.end();
  }

  /** Gives up a connection that is known to be gone; it is tried again as usual. */
  drop(): void {
    if (this.#socket) this.#lost(this.#socket);
  }

  /** The network came back: there is no need to wait for the next try. */
  retry(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) return;
    if (this.#socket) this.#lost(this.#socket);
    this.connect();
  }

  /** Sends a request. Rejects with Refused where the server turns it down, TooLong where it can't be sent, and Lost where no answer comes. */
  request(protocol: string, command: string, payload: object = {}, requestId = newKey()): Promise<ServerMessage> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new ConnectionLost());
    const message = JSON.stringify({ protocol, command, payload, requestId });
    const fault = messageFault(message);
    if (fault) return Promise.reject(new TooLong(fault));
    return new Promise((resolve, reject) => {
      const end = ENDS.get(`${protocol}:${command}`) ?? command;
      const late = setTimeout(() => socket === this.#socket && this.drop(), ANSWER_TIMEOUT_MS);
      const settle = (): void => {
        clearTimeout(late);
        this.#waiting.delete(requestId);
      };
      this.#waiting.set(requestId, {
        end,
        length: message.length,
        resolve: answer => {
          settle();
          resolve(answer);
        },
        reject: error => {
          settle();
          reject(error);
        },
      });
      socket.send(message);
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
    if (waiting && message.command === 'error') {
      waiting.reject(
        new RequestRefused(textOf(fields(message.payload).message) || 'the server says no', message.payload),
      );
    } else if (waiting && message.command === waiting.end) waiting.resolve(message);
    else this.#listener.message(message);
  }

  #live(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#why = undefined;
    this.#retries.connected();
    this.#listener.link({ kind: 'live' });
  }

  /** A proxy with a smaller limit closed the connection; sending the longest request again would close it again. */
  #giveUpLongest(): void {
    const [longest] = [...this.#waiting.values()].toSorted((a, b) => b.length - a.length);
    longest?.reject(new TooLong('this is more than the server takes at once; do it in parts'));
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    socket.close();
    this.#listener.link({ kind: 'offline', until: this.#retries.lost(() => this.connect()), why: this.#why });
    for (const waiting of [...this.#waiting.values()]) waiting.reject(new ConnectionLost());
  }
}
