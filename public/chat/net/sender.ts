import { backoff } from '../../ui/reconnect.ts';
import type { StateStore } from '../../ui/store.ts';
import * as box from '../model/outbox.ts';
import { owned, type Room } from '../model/room.ts';
import { type ChatState, roomIn, withRoom } from '../model/state.ts';
import { type ChatMessage, type Failure, isTransient, pauseReason, reasonOf } from '../model/wire.ts';
import type { FrameSender } from './connection.ts';
import type { BrowserStorage, Drafts, OwnMessages } from './storage.ts';

const timeoutMs = 15_000;
const outboxKey = 'post/';

/**
 * Carries posts to the server: in order, each until it is answered, under the key it got at first. What is not
 * answered is kept in the browser, and goes out on the next visit.
 */
export class Sender {
  readonly #store: StateStore<ChatState>;
  readonly #storage: BrowserStorage;
  readonly #drafts: Drafts;
  readonly #own: OwnMessages;
  readonly #connection: FrameSender;
  readonly #deadlines = new Map<string, ReturnType<typeof setTimeout>>();
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** When the pause is over. */
  #resume = 0;
  #tries = 0;

  constructor(
    store: StateStore<ChatState>,
    storage: BrowserStorage,
    drafts: Drafts,
    own: OwnMessages,
    connection: FrameSender,
  ) {
    this.#store = store;
    this.#storage = storage;
    this.#drafts = drafts;
    this.#own = own;
    this.#connection = connection;
  }

  /** Takes what an earlier visit, or a window that is closed by now, left behind. */
  collect(): void {
    const names = this.#storage.names(outboxKey);
    const entries = names.map(name => this.#storage.read<box.OutboxItem>(name)).filter(entry => entry !== undefined);
    this.#change(outbox => box.restored(outbox, entries));
  }

  /** Takes a new post. */
  post(post: Pick<box.OutboxItem, 'key' | 'room' | 'author' | 'text'>): void {
    this.#change(outbox => box.posted(outbox, post, Date.now()));
    this.#saveUnsent(post.key);
    this.flush();
  }

  /** Sends what may be sent, unless the server asked for a pause. */
  flush(): void {
    if (this.#pause !== undefined) return;
    for (const { key, room, author, text } of box.due(this.#store.get().outbox)) {
      if (!this.#connection.send({ type: 'send', key, room, author, text })) return;
      this.#change(outbox => box.withSent(outbox, key));
      this.#deadlines.set(
        key,
        setTimeout(() => this.#connection.restart(), timeoutMs),
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
    this.#storage.write(outboxKey + key, undefined);
    this.#recognise(key, seq, true);
    this.flush();
  }

  /** The server did not keep a post. */
  fail(key: string, failure: Failure): void {
    this.#answered(key);
    if (isTransient(failure.status)) {
      const until = this.#rest();
      this.#change(outbox => box.postponed(outbox, key, pauseReason(failure), until));
      return;
    }
    this.#change(outbox => box.refused(outbox, key, reasonOf(failure)));
    this.#saveUnsent(key);
    this.flush();
  }

  /** A message came: it may be a post that is not acknowledged yet. */
  meet(message: ChatMessage): void {
    const entry = box.matchingItem(this.#store.get().outbox, message);
    if (entry) this.#recognise(entry.key, message.seq, false);
  }

  /** The messages of a room are there up to its `reach`: posts among them need no place of their own. */
  settle({ name, reach }: Room): void {
    this.#change(outbox => box.withoutDelivered(outbox, name, reach));
  }

  /** Tries a refused post once more. */
  retry(key: string): void {
    this.#change(outbox => box.again(outbox, key));
    this.#saveUnsent(key);
    this.flush();
  }

  /** Forgets a post; one that is on its way may arrive all the same. */
  discard(key: string): void {
    this.#answered(key);
    this.#storage.write(outboxKey + key, undefined);
    this.#change(outbox => box.withoutItem(outbox, key));
  }

  /** Another window changed what is kept: a post that it delivered or discarded is done here too. */
  heed(name: string): void {
    const key = name.slice(outboxKey.length);
    const { outbox } = this.#store.get();
    const mine = name.startsWith(outboxKey) && outbox.find(entry => entry.key === key);
    if (!mine || mine.state === 'sent' || mine.state === 'kept' || mine.unkept || this.#storage.read(name)) return;
    this.#change(entries => box.withoutItem(entries, key));
  }

  #recognise(key: string, seq: number, certain: boolean): void {
    const entry = this.#store.get().outbox.find(({ key: known }) => known === key);
    if (!entry) return;
    this.#store.update(state => withRoom(state, owned(roomIn(state, entry.room), seq, key)));
    if (certain) this.#own.remember(roomIn(this.#store.get(), entry.room));
    this.#change(outbox => box.known(outbox, key, seq, certain));
    this.settle(roomIn(this.#store.get(), entry.room));
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

  #saveUnsent(key: string): void {
    const entry = this.#store.get().outbox.find(known => known.key === key);
    const write = () => this.#storage.write(outboxKey + key, entry);
    let isKept = write();
    if (!isKept) {
      this.#drafts.dropCopies();
      isKept = write();
    }
    this.#change(outbox => box.storedAs(outbox, key, isKept));
  }

  #change(change: (outbox: box.Outbox) => box.Outbox): void {
    this.#store.update(state => {
      const outbox = change(state.outbox);
      return outbox === state.outbox ? state : { ...state, outbox };
    });
  }
}
