import { WebSocket } from 'ws';

/** What somebody posts under a key. */
interface Letter {
  readonly key: string;
  readonly author: string;
  readonly text: string;
}

/** Sends a letter until it is acknowledged. Resolves with its sequence number and how often it was sent. Rejects where it is refused, or given up. */
export type Post = (letter: Letter) => Promise<{ readonly seq: number; readonly tries: number }>;

const pause = () => new Promise(resolve => setTimeout(resolve, 5));

/** Posts over HTTP, with an Idempotency-Key; `over` ends the trying. */
export function byHttp(origin: string, room: string, over: AbortSignal): Post {
  return async ({ key, author, text }) => {
    const request = {
      signal: over,
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify({ author, text }),
    };
    for (let tries = 1; ; tries++) {
      over.throwIfAborted();
      const response = await fetch(`${origin}/api/rooms/${room}/messages`, request).catch(() => undefined);
      const body = await response?.json().catch(() => undefined);
      if (response?.status === 201 && body) return { seq: (body as { seq: number }).seq, tries };
      if (response && response.status < 500) throw new Error(`${response.status} to ${key}: ${JSON.stringify(body)}`);
      await pause();
    }
  };
}

/** Posts over one WebSocket after the other; `over` ends the trying. */
export function bySocket(origin: string, room: string, over: AbortSignal): Post {
  let socket: WebSocket | undefined;
  /** Undefined where the connection broke before it was acknowledged. */
  const attempt = (letter: Letter) =>
    new Promise<number | undefined>((resolve, reject) => {
      const open =
        socket?.readyState === WebSocket.OPEN ? socket : new WebSocket(`${origin.replace('http', 'ws')}/api/socket`);
      socket = open;
      const send = () => open.send(JSON.stringify({ type: 'send', room, ...letter }));
      open.removeAllListeners().on('error', () => {});
      open.on('close', () => resolve(undefined));
      open.on('message', bytes => {
        const { type, key, seq, status, detail } = JSON.parse(String(bytes));
        if (type === 'ack' && key === letter.key) resolve(seq);
        else if (status < 500) reject(new Error(`${status} to ${key}: ${detail}`));
        else if (type !== 'hello') open.terminate();
      });
      if (open.readyState === WebSocket.OPEN) send();
      else open.on('open', send);
    });
  over.addEventListener('abort', () => socket?.terminate());
  return async letter => {
    for (let tries = 1; ; tries++) {
      over.throwIfAborted();
      const seq = await attempt(letter);
      if (seq !== undefined) return { seq, tries };
      await pause();
    }
  };
}
