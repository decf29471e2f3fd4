import { backoff } from '../model/backoff.ts';
import * as box from '../model/outbox.ts';
import { owned, type Room } from '../model/room.ts';
import { roomIn, type State, withRoom } from '../model/state.ts';
import { type Failure, type Message, passing, reasonOf } from '../model/wire.ts';
import { pauseReason } from '../model/words.ts';
import type { Cell } from './cell.ts';
import type { Wire } from './connection.ts';
import type { Drafts } from './drafts.ts';
import type { Keep } from './keep.ts';
import type { OwnMessages } from './own.ts';

const patience = 15_000;
const shelf = 'post/';

/**
 * Carries posts to the server: in order, each until it is answered, under the key it got at first. What is not
 * answered is kept in the browser, and goes out on the next visit.
 */
export class Courier {
  readonly #cell: Cell<State>;
  readonly #keep: Keep;
  readonly #drafts: Drafts;
  readonly #own: OwnMessages;
  readonly #wire: Wire;
  readonly #deadlines = new Map<string, ReturnType<typeof setTimeout>>();
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** When the pause is over. */
  #resume = 0;
  #tries = 0;

  constructor(cell: Cell<State>, keep: Keep, drafts: Drafts, own: OwnMessages, wire: Wire) {
    this.#cell = cell;
    this.#keep = keep;
    this.#drafts = drafts;
    this.#own = own;
    this.#wire = wire;
  }

  /** Takes what an earlier visit, or a window that is closed by now, left behind. */
  collect(): void {
    const names = this.#keep.names(shelf);
    const entries = names.map(name => this.#keep.read<box.Entry>(name)).filter(entry => entry !== undefined);
    this.#change(outbox => box.restored(outbox, entries));
  }

  /** Takes a new post. */
  post(post: Pick<box.Entry, 'key' | 'room' | 'author' | 'text'>): void {
    this.#change(outbox => box.posted(outbox, post, Date.now()));
    this.#store(post.key);
    this.flush();
  }

  /** Sends what may be sent, unless the server asked for a pause. */
  flush(): void {
    if (this.#pause !== undefined) return;
    for (const { key, room, author, text } of box.due(this.#cell.get().outbox)) {
      if (!this.#wire.send({ type: 'send', key, room, author, text })) return;
      this.#change(outbox => box.sent(outbox, key));
      this.#deadlines.set(
        key,
        setTimeout(() => this.#wire.restart(), patience),
      );
    }
  }

  /** The connection went away: what was on its way is sent again on the next one. */
  interrupt(): void {
    for (const timer of this.#deadlines.values()) clearTimeout(timer);
    this.#deadlines.clear();
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#change(box.interrupted);
  }

  /** The server keeps a post as this message. */
  acknowledge(key: string, seq: number): void {
    this.#tries = 0;
    this.#answered(key);
    this.#keep.write(shelf + key, undefined);
    this.#recognise(key, seq, true);
    this.flush();
  }

  /** The server did not keep a post. */
  fail(key: string, failure: Failure): void {
    this.#answered(key);
    if (passing(failure.status)) {
      const until = this.#rest();
      this.#change(outbox => box.postponed(outbox, key, pauseReason(failure.status), until));
      return;
    }
    this.#change(outbox => box.refused(outbox, key, reasonOf(failure)));
    this.#store(key);
    this.flush();
  }

  /** A message came: it may be a post that is not acknowledged yet. */
  meet(message: Message): void {
    const entry = box.sighted(this.#cell.get().outbox, message);
    if (entry) this.#recognise(entry.key, message.seq, false);
  }

  /** The messages of a room are there up to its `reach`: posts among them need no place of their own. */
  settle({ name, reach }: Room): void {
    this.#change(outbox => box.landed(outbox, name, reach));
  }

  /** Tries a refused post once more. */
  retry(key: string): void {
    this.#change(outbox => box.again(outbox, key));
    this.#store(key);
    this.flush();
  }

  /** Forgets a post; one that is on its way may arrive all the same. */
  discard(key: string): void {
    this.#answered(key);
    this.#keep.write(shelf + key, undefined);
    this.#change(outbox => box.dropped(outbox, key));
  }

  /** Another window changed what is kept: a post that it delivered or discarded is done here too. */
  heed(name: string): void {
    const key = name.slice(shelf.length);
    const { outbox } = this.#cell.get();
    const mine = name.startsWith(shelf) && outbox.find(entry => entry.key === key);
    if (!mine || mine.state === 'sent' || mine.state === 'kept' || mine.unkept || this.#keep.read(name)) return;
    this.#change(entries => box.dropped(entries, key));
  }

  #recognise(key: string, seq: number, certain: boolean): void {
    const entry = this.#cell.get().outbox.find(({ key: known }) => known === key);
    if (!entry) return;
    this.#cell.update(state => withRoom(state, owned(roomIn(state, entry.room), seq, key)));
    if (certain) this.#own.remember(roomIn(this.#cell.get(), entry.room));
    this.#change(outbox => box.known(outbox, key, seq, certain));
    this.settle(roomIn(this.#cell.get(), entry.room));
  }

  /** Sends nothing for a while. Returns when that is over. */
  #rest(): number {
    if (this.#pause !== undefined) return this.#resume;
    const end = () => {
      this.#pause = undefined;
      this.flush();
    };
    const wait = backoff(this.#tries++, { most: 15_000 });
    this.#resume = Date.now() + wait;
    this.#pause = setTimeout(end, wait);
    return this.#resume;
  }

  #answered(key: string): void {
    clearTimeout(this.#deadlines.get(key));
    this.#deadlines.delete(key);
  }

  #store(key: string): void {
    const entry = this.#cell.get().outbox.find(known => known.key === key);
    const write = () => this.#keep.write(shelf + key, entry);
    let isKept = write();
    if (!isKept) {
      this.#drafts.dropCopies();
      isKept = write();
    }
    this.#change(outbox => box.storedAs(outbox, key, isKept));
  }

  #change(change: (outbox: box.Outbox) => box.Outbox): void {
    this.#cell.update(state => {
      const outbox = change(state.outbox);
      return outbox === state.outbox ? state : { ...state, outbox };
    });
  }
}
