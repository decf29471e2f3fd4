import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { clock, type Speech, stamped } from './crowd.ts';

/** Everybody hears the lobby, and nobody the attic. */
export type Room = 'lobby' | 'attic';

/** Who posts: at a port, in a language, so many times a second, whether or not earlier posts are answered. */
export interface Offer {
  readonly port: number;
  readonly speech: Speech;
  readonly room: Room;
  readonly perSecond: number;
  readonly posts: number;
}

/** Connections that post, open from the start: servers accept but one in a turn of their event loop. */
const POSTERS = 64;

/** A connection that posts. */
interface Poster {
  readonly socket: Socket;
  /** The part of an answer that has come. */
  heard: string;
}

const TOPIC = { lobby: '\x05lobby', attic: '\x05attic' } as const;

function toPost({ room, speech }: Offer, text: string): string {
  const body = JSON.stringify({ author: 'ann', text });
  // PUBLISH without an acknowledgement; its length needs two bytes.
  if (speech === 'mqtt') {
    const packet = `\0${TOPIC[room]}${body}`;
    return `\x30${String.fromCharCode((packet.length & 0x7f) | 0x80, packet.length >> 7)}${packet}`;
  }
  return (
    `POST /api/rooms/${room}/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** Connections that post; if none is free, a post waits for one. */
class Posters {
  readonly #offer: Offer;
  readonly #all: readonly Poster[];
  readonly #free: Poster[] = [];
  readonly #waiting: string[] = [];
  answered = 0;
  /** Posts that were refused. */
  failed = 0;

  constructor(offer: Offer) {
    this.#offer = offer;
    this.#all = Array.from({ length: POSTERS }, () => this.#open());
  }

  /** Resolves once all are connected. */
  async ready(): Promise<void> {
    await Promise.all(this.#all.map(({ socket }) => once(socket, 'connect')));
    this.#free.push(...this.#all);
  }

  post(due: number): void {
    this.#waiting.push(toPost(this.#offer, stamped(due)));
    this.#send();
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy();
  }

  #send(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const poster = this.#free.pop()!;
      poster.socket.write(this.#waiting.shift()!, 'latin1');
      if (this.#offer.speech === 'mqtt') this.#settle(poster, true);
    }
  }

  #settle(poster: Poster, isKept: boolean): void {
    if (isKept) this.answered += 1;
    else this.failed += 1;
    poster.heard = '';
    this.#free.push(poster);
  }

  #open(): Poster {
    const { port, speech } = this.#offer;
    const poster: Poster = { socket: connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1'), heard: '' };
    if (speech === 'mqtt') poster.socket.write('\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0', 'latin1');
    else poster.socket.on('data', (chunk: string) => this.#hear(poster, chunk));
    return poster;
  }

  #hear(poster: Poster, chunk: string): void {
    poster.heard += chunk;
    const head = poster.heard.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(poster.heard)?.[1] ?? 0);
    if (poster.heard.length < head + 4 + length) return;
    this.#settle(poster, /^HTTP\/1.1 20/.test(poster.heard));
    this.#send();
  }
}

/**
 * Posts at a steady rate. Resolves to the number of posts that were not stored, once all are answered, or `patience`
 * milliseconds after the last one.
 */
export async function offer(what: Offer, patience: number): Promise<number> {
  const posters = new Posters(what);
  await posters.ready();
  const start = clock();
  const dueAt = (post: number) => start + (post * 1000) / what.perSecond;
  for (let sent = 0; sent < what.posts; ) {
    for (const now = clock(); sent < what.posts && dueAt(sent) <= now; sent += 1) posters.post(dueAt(sent));
    await sleep(1);
  }
  const end = clock() + patience;
  while (posters.answered + posters.failed < what.posts && clock() < end) await sleep(10);
  posters.close();
  return what.posts - posters.answered;
}
