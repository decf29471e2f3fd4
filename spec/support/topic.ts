import type { EventPage, Framing, ReadHistory, Subscriber } from '../../src/delivery/hub.ts';
import type { Event } from '../../src/model/packets.ts';

export const TOPIC = 'room/a';
/** Events that a read gives at most. */
const PAGE = 2;

/** Frames as something that a person can read; `made` counts them. */
export function framing(): Framing & { made: number } {
  return {
    made: 0,
    event(_, event, cursor, data) {
      this.made += 1;
      return Buffer.from(`${event} ${cursor} ${data}`);
    },
    gap: (_, cursor) => Buffer.from(`gap ${cursor}`),
    ephemeral: (event, data) => Buffer.from(`${event} ${JSON.stringify(data)}`),
  };
}

/** A connection that keeps what it is sent, and is as slow as it is told. */
export class Listener implements Subscriber {
  readonly framing: Framing;
  readonly bytes: Buffer[] = [];
  backlog = 0;
  cutFor: string | undefined;
  /** Whoever waits until more may be sent; nothing unless `slow`. */
  readonly waiting: (() => void)[] = [];
  readonly slow: boolean;

  constructor({ frames = framing(), slow = false }: { frames?: Framing; slow?: boolean } = {}) {
    this.framing = frames;
    this.slow = slow;
  }

  /** What it was sent, without the data: `message a:1` or `gap a:3`. */
  get heard(): readonly string[] {
    return this.bytes.map(bytes => String(bytes).split(' ', 2).join(' '));
  }

  /** The cursor of the last thing it was sent. */
  get cursor(): string | undefined {
    return this.heard.at(-1)?.split(' ')[1];
  }

  send(bytes: Buffer): void {
    this.bytes.push(bytes);
  }

  disconnect({ message }: Error): void {
    this.cutFor = message;
  }

  async drained(): Promise<void> {
    if (this.slow) await new Promise<void>(resolve => this.waiting.push(resolve));
  }
}

interface Read {
  readonly after: string;
  readonly resolve: (past: EventPage) => void;
  readonly reject: (error: Error) => void;
}

/** A history that answers step by step: what is read is as it stands when it is looked up, and arrives when it is told. */
export class Topic {
  epoch = 'a';
  first = 1;
  last = 0;
  /** Reads that are not looked up yet. */
  readonly asked: Read[] = [];
  /** Reads whose answer is on its way. */
  readonly found: (Read & { readonly past: EventPage })[] = [];

  readonly history: ReadHistory = (_, after) =>
    new Promise((resolve, reject) => this.asked.push({ after, resolve, reject }));

  /** Keeps another message. Returns its event, to be pushed. */
  append(): Event {
    this.last += 1;
    return this.event(this.last);
  }

  event(seq: number): Event {
    return { topic: TOPIC, seq, cursor: `${this.epoch}:${seq}`, event: 'message', data: { seq } };
  }

  /** Goes on with another history, which has some messages already. */
  restart(epoch: string, last: number): void {
    Object.assign(this, { epoch, first: 1, last });
  }

  /** Forgets the oldest message, but never the last one. */
  trim(): void {
    if (this.first < this.last) this.first += 1;
  }

  look(which = 0): void {
    const [read] = this.asked.splice(which % Math.max(1, this.asked.length), 1);
    if (read) this.found.push({ ...read, past: this.#after(read.after) });
  }

  tell(which = 0): void {
    const [read] = this.found.splice(which % Math.max(1, this.found.length), 1);
    read?.resolve(read.past);
  }

  fail(which = 0): void {
    const [read] = this.asked.splice(which % Math.max(1, this.asked.length), 1);
    read?.reject(new Error('the graph is full'));
  }

  /** Answers everything that is asked, until nothing is asked any more. */
  async answer(): Promise<void> {
    await turn();
    while (this.asked.length + this.found.length > 0) {
      this.look();
      this.tell();
      await turn();
    }
  }

  #after(cursor: string): EventPage {
    const [epoch, seq] = cursor.split(':') as [string, string];
    const lost = epoch !== this.epoch || Number(seq) > this.last;
    const from = lost ? Math.max(this.first, this.last - PAGE + 1) : Math.max(this.first, Number(seq) + 1);
    const seqs = Array.from({ length: Math.max(0, Math.min(PAGE, this.last - from + 1)) }, (_, i) => from + i);
    const gap = lost || from > Number(seq) + 1 ? `${this.epoch}:${from - 1}` : undefined;
    const events = seqs.map(at => ({ cursor: `${this.epoch}:${at}`, event: 'message', data: `{"seq":${at}}` }));
    return { events, gap, cursor: events.at(-1)?.cursor ?? (lost ? `${this.epoch}:${this.last}` : cursor) };
  }
}

/** Lets everything happen that is due. */
export const turn = () => new Promise<void>(resolve => setImmediate(resolve));
