import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Gate } from '../gate.ts';
import { refuseHandshake } from '../http/handshake.ts';
import type { Live } from '../live.ts';
import { frame, part, Talk } from './talk.ts';

/** The most bytes of a frame that comes in. */
const MOST_BYTES = 64 * 1024;
/** Milliseconds between pings; who has not answered one when the next is due is gone. */
const HEARTBEAT = 30_000;

/** Why a connection ends that breaks the rules of WebSocket. */
const REASONS: Readonly<Record<number, string>> = {
  1002: 'this is no WebSocket frame of a client',
  1007: 'text is UTF-8',
  1009: `a frame has ${MOST_BYTES} bytes at most`,
};

/** Says why where ws closes it by itself. */
class Opened extends WebSocket {
  override close(code?: number, reason: string | Buffer | undefined = REASONS[code ?? 0]): void {
    super.close(code, reason);
  }
}

/** The connections that speak JSON frames. */
export class Sockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_BYTES,
    perMessageDeflate: false,
    WebSocket: Opened,
  });
  readonly #gate: Gate;
  readonly #live: Live;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #alive = new WeakSet<WebSocket>();
  /** The first frame of each connection. */
  readonly #hello: Buffer;

  /** `version` is told to each client, so that a page can see that a newer one is there. */
  constructor(gate: Gate, live: Live, version: string) {
    this.#gate = gate;
    this.#live = live;
    this.#hello = frame(JSON.stringify({ type: 'hello', version }));
    this.#server.on('wsClientError', refuseHandshake);
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT).unref();
  }

  get size(): number {
    return this.#server.clients.size;
  }

  /** Takes a connection over from HTTP. `from` is its address as a keyed hash. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, from: string): void {
    this.#server.handleUpgrade(request, socket, head, opened => {
      this.#alive.add(opened);
      opened.on('pong', () => this.#alive.add(opened));
      // ws closes by itself what breaks its rules, with a reason; the error itself is nobody's news.
      opened.on('error', () => {});
      const talk = new Talk(opened, socket, this.#gate, this.#live, from);
      opened.on('message', (data, isBinary) => void talk.take(data, isBinary));
      opened.on('close', () => talk.leave());
      talk.send(this.#hello);
    });
  }

  /** Says goodbye to everybody. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const opened of this.#server.clients) part(opened, 1001, 'the server stops; come back with your cursor');
  }

  #beat(): void {
    for (const opened of this.#server.clients) {
      if (!this.#alive.delete(opened)) opened.terminate();
      else opened.ping();
    }
  }
}
