import type { WebSocket } from 'ws';
import type { Framing } from './hub.ts';

/** Timeout for a client's answer to a close frame, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1000;
/** Limit of a close frame's reason, in bytes. */
const MAX_REASON_BYTES = 123;

/** Encodes a text frame once, to write it to many sockets. */
export function toFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(start + length);
  bytes[0] = 0x81;
  bytes[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (start === 4) bytes.writeUInt16BE(length, 2);
  if (start === 10) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.write(text, start);
  return bytes;
}

/** The hub's events as WebSocket frames. */
export const framing: Framing = {
  event: (_, event, cursor, data) =>
    toFrame(`{"type":"${event}","cursor":"${cursor}"${data === '{}' ? '' : ','}${data.slice(1)}`),
  ephemeral: (event, data) => toFrame(JSON.stringify({ ...data, type: event })),
  gap: (topic, cursor) => toFrame(JSON.stringify({ type: 'gap', room: topic.replace(/^room\//, ''), cursor })),
};

/** Closes a connection, and destroys it if the client does not answer in time. */
export function closeSocket(opened: WebSocket, code: number, reason: string): void {
  const bytes = Buffer.alloc(MAX_REASON_BYTES);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  opened.close(code, bytes.subarray(0, written));
  setTimeout(() => opened.terminate(), CLOSE_TIMEOUT_MS).unref();
}
