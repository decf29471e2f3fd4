import { WebSocket } from 'ws';
import type { ClientFrame } from '../../src/model/chat-frames.ts';

/** What somebody posts, or does to a message, as a frame. */
type Writing<Frame = Exclude<ClientFrame, { type: 'subscribe' | 'unsubscribe' | 'hello' }>> = Frame extends unknown
  ? Omit<Frame, 'room'>
  : never;

/**
 * Repeats a request until it is acknowledged. Resolves with the message's sequence number and the number of tries.
 * Rejects if it is refused or aborted.
 */
export type Write = (writing: Writing) => Promise<{ readonly seq: number; readonly tries: number }>;

/** A pause between tries, so that a restarting server gets the processor. */
export const pause = () => new Promise(resolve => setTimeout(resolve, 50));

/** Whether a refusal shows that an earlier try took effect: a repeated removal is refused as removed. */
const isDone = (type: Writing['type'], status: number | undefined, tries: number) =>
  type === 'remove' && status === 409 && tries > 1;

const METHODS = { send: 'POST', edit: 'PATCH', remove: 'DELETE', react: 'PUT', unreact: 'DELETE' } as const;

/** Writes over HTTP, posts with an Idempotency-Key; `over` ends the trying. */
export function byHttp(origin: string, room: string, over: AbortSignal): Write {
  return async writing => {
    const { type, key, owner = 'nobody at all' } = writing;
    const path = [
      'messages',
      ...('id' in writing ? [writing.id] : []),
      ...('emoji' in writing ? ['reactions', encodeURIComponent(writing.emoji)] : []),
    ].join('/');
    const request = {
      signal: over,
      method: METHODS[type],
      headers: {
        'Content-Type': 'application/json',
        'Owner-Key': owner,
        ...(type === 'send' && { 'Idempotency-Key': key }),
      },
      body: JSON.stringify(writing),
    };
    for (let tries = 1; ; tries++) {
      over.throwIfAborted();
      const response = await fetch(`${origin}/api/rooms/${room}/${path}`, request).catch(() => undefined);
      const body = await response?.json().catch(() => undefined);
      if (response?.ok && body) return { seq: (body as { seq: number }).seq, tries };
      if (isDone(type, response?.status, tries)) return { seq: 0, tries };
      if (response && response.status < 500) throw new Error(`${response.status} to ${key}: ${JSON.stringify(body)}`);
      await pause();
    }
  };
}

/** Writes over one WebSocket after the other; `over` ends the trying. */
export function bySocket(origin: string, room: string, over: AbortSignal): Write {
  let socket: WebSocket | undefined;
  /** Undefined where the connection broke before it was acknowledged. */
  const attempt = (writing: Writing, tries: number) =>
    new Promise<number | undefined>((resolve, reject) => {
      const open =
        socket?.readyState === WebSocket.OPEN ? socket : new WebSocket(`${origin.replace('http', 'ws')}/api/socket`);
      socket = open;
      const send = () => open.send(JSON.stringify({ room, ...writing }));
      open.removeAllListeners().on('error', () => {});
      open.on('close', () => resolve(undefined));
      open.on('message', bytes => {
        const { type, key, seq, status, detail } = JSON.parse(String(bytes));
        if (type === 'ack' && key === writing.key) resolve(seq);
        else if (isDone(writing.type, status, tries)) resolve(0);
        else if (status < 500) reject(new Error(`${status} to ${key}: ${detail}`));
        else if (type === 'error') open.terminate();
      });
      if (open.readyState === WebSocket.OPEN) send();
      else open.on('open', send);
    });
  over.addEventListener('abort', () => socket?.terminate());
  return async writing => {
    for (let tries = 1; ; tries++) {
      over.throwIfAborted();
      const seq = await attempt(writing, tries);
      if (seq !== undefined) return { seq, tries };
      await pause();
    }
  };
}
