import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Gate, Outcome } from './gate.ts';
import type { Client, Framing, Live } from './live.ts';
import type { Answer } from './packets.ts';
import { problem } from './problem.ts';

/** The most bytes of a frame that comes in. */
const MOST_BYTES = 64 * 1024;
/** The most rooms that one connection may hear. */
const MOST_ROOMS = 100;
/** The most frames of one connection that may wait for their answer. */
const MOST_WAITING = 64;
/** Milliseconds between pings; who does not answer one before the next is gone. */
const HEARTBEAT = 30_000;

const framing: Framing = {
  event: (_, event, cursor, data) => frame(`{"type":${JSON.stringify(event)},"cursor":"${cursor}",${data.slice(1)}`),
  gap: (topic, cursor) => frame(JSON.stringify({ type: 'gap', room: roomOf(topic), cursor })),
};
