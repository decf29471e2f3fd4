import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { broadcasting } from '../support/broadcast.ts';

/** The least that can be done over WebSocket: a message is framed once, and written to every socket there is. */
const sockets = new Set<Socket>();
const server = broadcasting(message => {
  const data = Buffer.from(JSON.stringify(message));
  const head = Buffer.from([0x81, 126, data.length >> 8, data.length & 0xff]);
  const frame = Buffer.concat([head, data]);
  for (const socket of sockets) socket.write(frame);
});

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (opened, { socket }) => {
  sockets.add(socket);
  opened.on('close', () => sockets.delete(socket));
});
