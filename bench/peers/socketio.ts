import { Server } from 'socket.io';
import { broadcasting } from '../support/broadcast.ts';

/** Everybody is in one room of Socket.IO; heartbeats are left out, because the crowd does not answer them. */
const server = broadcasting(message => {
  io.to('lobby').emit('message', message);
});
const io = new Server(server, { transports: ['websocket'], serveClient: false, pingInterval: 3_600_000 });
io.on('connection', socket => socket.join('lobby'));
