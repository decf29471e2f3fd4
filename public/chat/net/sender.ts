import type { ChatMessage, PrivateAnswer } from '../../../src/model/chat.ts';
import type { Failure } from '../../ui/api.ts';
import { backoff } from '../../ui/socket.ts';
import type { StateStore } from '../../ui/store.ts';
import * as box from '../model/outbox.ts';
import { owned, type Room } from '../model/room.ts';
import { type ChatState, can, roomIn, withRoom } from '../model/state.ts';
import { isTransient, pauseReason, reasonOf } from '../model/wire.ts';
import type { FrameSender } from './connection.ts';
import type { BrowserStorage, Drafts, OwnMessages } from './storage.ts';

const timeoutMs = 15_000;
const outboxKey = 'post/';

/**
 * Delivers posts to the server in order. Each is sent until it is answered, under one idempotency key. Unanswered posts
 * are saved in the browser, and sent on the next visit.
 */
export class Sender {
  readonly #store: StateStore<ChatState>;
  readonly #storage: BrowserStorage;
  readonly #drafts: Drafts;
  readonly #own: OwnMessages;
  readonly #connection: FrameSender;
  readonly #deadlines = new Map<string, ReturnType<typeof setTimeout>>();
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** When the pause ends, in milliseconds since 1970. */
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

  /** Takes over unsent posts of an earlier visit or a closed window. */
  collect(): void {
    const names = this.#storage.names(outboxKey);
    const items = names.map(name => this.#storage.read<box.OutboxItem>(name)).filter(item => item !== undefined);
    this.#change(outbox => box.restored(outbox, items));
  }

  /** Adds a new post, and sends it when possible. */
  post(post: Pick<box.OutboxItem, 'key' | 'room' | 'author' | 'text'>): void {
    this.#change(outbox => box.posted(outbox, post, Date.now()));
    this.#saveUnsent(post.key);
    this.flush();
  }

  /** Sends due posts, unless the server requested a pause, or the graph accepts none. */
  flush(): void {
    if (this.#pause !== undefined || !can(this.#store.get(), 'post')) return;
    for (const { key, room, author, text } of box.due(this.#store.get().outbox)) {
      if (!this.#connection.send({ type: 'send', key, room, author, text, owner: this.#own.key })) return;
      this.#change(outbox => box.withSent(outbox, key));
      this.#deadlines.set(
        key,
        setTimeout(() => this.#connection.restart(), timeoutMs),
      );
    }
  }

  /** The connection was lost: posts without an answer are sent again on the next one. */
  interrupt(): void {
    for (const timer of this.#deadlines.values()) clearTimeout(timer);
    this.#deadlines.clear();
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#change(box.interrupted);
  }

  /** The server accepted a post as the message with this number. */
  acknowledge(key: string, seq: number): void {
    this.#tries = 0;
    this.#answered(key);
    this.#storage.write(outboxKey + key, undefined);
    this.#recognise(key, seq, true);
    this.flush();
  }

  /** A bot answered a post; it is not stored and stays in this page only. */
  answer(key: string, { author, text }: PrivateAnswer): void {
    this.#tries = 0;
    this.#answered(key);
    this.#storage.write(outboxKey + key, undefined);
    this.#change(outbox => {
      const room = outbox.find(item => item.key === key)?.room;
      return room === undefined
        ? outbox
        : box.answered(outbox, key, { author, text }, roomIn(this.#store.get(), room).reach);
    });
    this.flush();
  }

  /** The server refused a post. */
  fail(key: string, failure: Failure): void {
    this.#answered(key);
    if (isTransient(failure.status)) {
      const until = this.#rest();
      this.#change(outbox => box.postponed(outbox, key, pauseReason(failure), until));
      return;
    }
    const answered = failure.code === 'held' ? box.held : box.refused;
    this.#change(outbox => answered(outbox, key, reasonOf(failure)));
    this.#saveUnsent(key);
    this.flush();
  }

  /** A message arrived: it may be a post that isn't acknowledged yet, or that a moderator has approved. */
  meet(message: ChatMessage): void {
    const item = box.matchingItem(this.#store.get().outbox, message);
    if (item?.state === 'held') this.acknowledge(item.key, message.seq);
    else if (item) this.#recognise(item.key, message.seq, false);
  }

  /** Removes delivered posts that the log shows as messages, that is up to the room's `reach`. */
  settle({ name, reach, messages }: Room): void {
    if (this.#store.get().outbox.some(({ state, room }) => state === 'held' && room === name))
      for (const message of messages)
        if (box.matchingItem(this.#store.get().outbox, message)?.state === 'held') this.meet(message);
    this.#change(outbox => box.withoutDelivered(outbox, name, reach));
  }

  /** Sends a refused post again. */
  retry(key: string): void {
    this.#change(outbox => box.again(outbox, key));
    this.#saveUnsent(key);
    this.flush();
  }

  /** Drops a post. If it was already sent, it may still arrive. */
  discard(key: string): void {
    this.#answered(key);
    this.#storage.write(outboxKey + key, undefined);
    this.#change(outbox => box.withoutItem(outbox, key));
  }

  /** Another window changed the storage: applies its removals of posts. */
  heed(name: string): void {
    const key = name.slice(outboxKey.length);
    const { outbox } = this.#store.get();
    const mine = name.startsWith(outboxKey) && outbox.find(item => item.key === key);
    if (!mine || ['sent', 'kept', 'answered'].includes(mine.state) || mine.unkept || this.#storage.read(name)) return;
    this.#change(items => box.withoutItem(items, key));
  }

  #recognise(key: string, seq: number, certain: boolean): void {
    const item = this.#store.get().outbox.find(({ key: known }) => known === key);
    if (!item) return;
    this.#store.update(state => withRoom(state, owned(roomIn(state, item.room), seq, key)));
    if (certain) this.#own.remember(roomIn(this.#store.get(), item.room));
    this.#change(outbox => box.known(outbox, key, seq, certain));
    this.settle(roomIn(this.#store.get(), item.room));
  }

  /** Pauses sending. Returns when the pause ends, in milliseconds since 1970. */
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
    const item = this.#store.get().outbox.find(known => known.key === key);
    const write = () => this.#storage.write(outboxKey + key, item);
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
