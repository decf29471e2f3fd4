import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { refuse, refuseRaw } from './answer.ts';
import { problem } from './problem.ts';

/** What Node's parser says of a request that it can't read. */
const UNREADABLE: Readonly<Record<string, [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the header has more than 16 kB'],
  HPE_INVALID_METHOD: [400, 'there is no such method'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
};

/** The response that a connection had last. */
const last = new WeakMap<Duplex, ServerResponse>();

/** Connections that have brought something unreadable behind a request whose answer is due. */
const spoilt = new WeakSet<Duplex>();

/** The response that is under way, as far as Node knows, wherever one was released. */
const endless = new ServerResponse(new IncomingMessage(new Socket()));

/**
 * Node's HTTP server, where what it can't read itself is refused with a problem as well. What `isSocket` says is a
 * request for a WebSocket goes to `upgrade`; any other Upgrade is ignored.
 */
export function httpServer(
  isSocket: (request: IncomingMessage) => boolean,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer({ requireHostHeader: false, shouldUpgradeCallback: isSocket }, (request, response) => {
    last.set(request.socket, response);
    if (hosts(request) === 1 || request.httpVersion === '1.0') handle(request, response);
    else refuse(response, problem({ status: 400, detail: 'a request names exactly one Host' }));
  });
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    const refuseIt = () => refuseRaw(socket, ...(UNREADABLE[code ?? ''] ?? [400, 'this is no HTTP request']));
    const answering = last.get(socket);
    // A good request before it on the same connection gets its answer first.
    const due = answering?.req.complete && !answering.writableFinished && !answering.destroyed;
    if (answering === endless) socket.destroy();
    else if (!due) refuseIt();
    else if (!spoilt.has(socket)) {
      spoilt.add(socket);
      answering.once('finish', refuseIt);
    }
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    refuse(response, problem({ status: 417, detail: `nobody here can do "${request.headers.expect}"` }));
  });
  server.on('connect', (_, socket) => refuseRaw(socket, 405, 'this server is no proxy', { Allow: 'GET, HEAD, POST' }));
  return server;
}

/**
 * Lets Node forget a response, whose head is sent, and its request: they weigh more than all the rest of a connection
 * that is silent. The connection stays open for what its owner writes, and takes no other request.
 */
export function release(response: ServerResponse, socket: Socket): void {
  // There is another request already, or the connection would end with the response, as it does with HTTP/1.0.
  if (last.get(socket) !== response || !response.shouldKeepAlive || !response.chunkedEncoding) return;
  // Without this, the end would send the last chunk.
  response.chunkedEncoding = false;
  response.end().once('finish', () => {
    if (last.get(socket) !== response) return socket.destroy();
    last.set(socket, endless);
    endless.assignSocket(socket);
    socket.setTimeout(0);
  });
}

function hosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}
