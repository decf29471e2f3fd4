import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serving } from './child.ts';

interface Message {
  readonly room: string;
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly text: string;
  readonly at: string;
}

/** A server that only takes posts: it broadcasts those to the lobby, as the JSON of a message, and stores nothing. */
export function broadcasting(broadcast: (message: Message) => void): Server {
  let seq = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { author, text } = JSON.parse(body);
    seq += 1;
    const at = new Date().toISOString();
    const message = { room: 'lobby', seq, id: '01234567-89ab-cdef-0123-456789abcdef', author, text, at };
    if (request.url?.includes('/lobby/')) broadcast(message);
    const answer = JSON.stringify(message);
    response.writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) });
    response.end(answer);
  });
  server.listen(0, '127.0.0.1', () => serving((server.address() as AddressInfo).port));
  return server;
}
