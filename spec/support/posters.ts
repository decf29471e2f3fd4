import { WebSocket } from 'ws';

/** What somebody posts under a key. */
export interface Letter {
  readonly key: string;
  readonly author: string;
  readonly text: string;
}

/** Sends a letter until it is acknowledged. Resolves with its sequence number and how often it was sent. */
export type Post = (letter: Letter) => Promise<{ readonly seq: number; readonly tries: number }>;

const pause = () => new Promise(resolve => setTimeout(resolve, 5));

/** Posts over HTTP, with an Idempotency-Key. */
export function byHttp(origin: string, room: string): Post {
  return async ({ key, author, text }) => {
    for (let tries = 1; ; tries++) {
      try {
        const response = await fetch(`${origin}/api/rooms/${room}/messages`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
          body: JSON.stringify({ author, text }),
        });
        const body = (await response.json()) as { seq: number };
        if (response.status === 201) return { seq: body.seq, tries };
        if (response.status < 500) throw new TypeError(`${response.status} to ${key}: ${JSON.stringify(body)}`);
      } catch (error) {
        if (error instanceof TypeError && / to /.test(error.message)) throw error;
      }
      await pause();
    }
  };
}

/** Posts over one WebSocket after the other. */
export function bySocket(origin: string, room: string): Post {
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
        else open.terminate();
      });
      if (open.readyState === WebSocket.OPEN) send();
      else open.on('open', send);
    });
  return async letter => {
    for (let tries = 1; ; tries++) {
      const seq = await attempt(letter);
      if (seq !== undefined) return { seq, tries };
      await pause();
    }
  };
}
