import { randomUUID } from 'node:crypto';
import type { DirectoryRecord } from '../model/directory.ts';
import type { Entry, Message } from '../model/packets.ts';
import { type DecidedRecords, RecordsStale } from './directory.ts';
import { type FoldedMessage, fold } from './fold.ts';
import { entryOf, isSame, message, newId, nextMoment, ownerHash, selected, wellFormed } from './message.ts';
import { EMPTY_SLICE, MessageWindow } from './message-cache.ts';
import { RoomIndex } from './room-index.ts';
import {
  type AppendResult,
  ChangeRefused,
  type ChangeResult,
  KeyReused,
  type LogSlice,
  type MessageRange,
  type MessageSelection,
  type NewChange,
  type NewMessage,
  type RoomHead,
  type Selected,
  type Slice,
  type StoreBackend,
} from './store.ts';

/** A message's state besides its present version. */
interface Known {
  readonly seq: number;
  readonly owner: string | null;
  readonly key: string | undefined;
  /** The text it was posted with, which its key is compared with. */
  readonly posted: string;
  /** Earlier edited texts, newest last. */
  readonly former: readonly string[];
}

/** Limit of remembered earlier texts, so that editors can find copies; editors store fewer requests. */
const MAX_FORMER = 500;

/** A change of a message in the window. */
type Change = Omit<Entry, 'message'>;

interface Room {
  readonly window: MessageWindow;
  /** By the message's id. */
  readonly known: Map<string, Known>;
  /** Ids by key. */
  readonly keyed: Map<string, string>;
  /** The newest change of each message by its sequence number, oldest change first. */
  readonly changes: Map<number, Change>;
  /** Number of the newest entry. */
  last: number;
}

/** Keeps the newest messages of each room while the process runs; a key is dropped with its message. */
export class Memory implements StoreBackend {
  readonly #epoch = randomUUID().slice(0, 8);
  readonly #secret = randomUUID();
  latest = 0;
  readonly #rooms = new Map<string, Room>();
  readonly #list = new RoomIndex((room, after) => this.#rooms.get(room)?.window.next(after));
  /** The newest record of each key, newest last. */
  readonly #records = new Map<string, { readonly at: number; readonly record: DirectoryRecord }>();
  #recorded = 0;
  #keep = 50;
  #commits = 0;

  /** Sets the number of messages per room; older ones are dropped at once. */
  keep(most: number): void {
    this.#keep = most;
    for (const room of this.#rooms.values()) this.#trim(room);
  }

  async epoch(): Promise<string> {
    return this.#epoch;
  }

  async append(draft: NewMessage, decided?: DecidedRecords): Promise<AppendResult> {
    if (decided && decided.at !== this.#recorded) throw new RecordsStale();
    const formed = wellFormed(draft);
    const { room: name, author, by, text, key, owner } = formed;
    const room = this.#rooms.get(name) ?? newRoom();
    const id = key === undefined ? undefined : room.keyed.get(key);
    if (key !== undefined && id !== undefined) {
      const { seq, posted } = room.known.get(id)!;
      const known = room.window.at(seq)!;
      const isOther = !known.removed && !isSame({ ...known, text: posted }, formed);
      if (decided || isOther) throw new KeyReused(key);
      return { message: known, fresh: false };
    }
    const moment = nextMoment(this.latest);
    this.latest = moment.micros;
    room.last += 1;
    const kept = message(name, room.last, newId(), author, by ?? null, text, moment);
    room.window.push(kept);
    room.known.set(kept.id, { seq: kept.seq, owner: ownerHash(this.#secret, owner), key, posted: text, former: [] });
    if (key !== undefined) room.keyed.set(key, kept.id);
    this.#rooms.set(name, room);
    this.#list.add(name, kept.seq, true);
    this.#trim(room);
    this.#commits++;
    if (decided) this.#write(decided.records);
    return { message: kept, fresh: true };
  }

  async change(draft: NewChange): Promise<ChangeResult> {
    const room = this.#rooms.get(draft.room) ?? newRoom();
    const known = room.known.get(draft.about);
    const before = known && room.window.at(known.seq);
    const now = Date.now();
    const subject = known && before && folded(before, known.owner);
    const outcome = fold(subject, draft, ownerHash(this.#secret, draft.owner), now);
    if ('refused' in outcome) throw new ChangeRefused(outcome.refused);
    if (!known || !before) throw new ChangeRefused('missing');
    const { message: after, reaction } = outcome;
    if (after === subject) return { message: before };
    const at = new Date(now).toISOString();
    const changed = unfolded(before, after);
    room.last += 1;
    const about = { about: before.id, at, ...(reaction && { reaction }) };
    const change: Change = { seq: room.last, id: newId(), kind: draft.kind, ...about };
    room.window.replace(changed);
    if (draft.kind === 'edit')
      room.known.set(before.id, { ...known, former: [...known.former, before.text].slice(-MAX_FORMER) });
    if (draft.kind === 'remove') room.known.set(before.id, { ...known, posted: '', former: [] });
    // The newest change replaces older ones.
    room.changes.delete(before.seq);
    room.changes.set(before.seq, change);
    this.#list.add(draft.room, room.last, false);
    if (draft.kind === 'remove') this.#list.drop(draft.room, before.seq);
    this.#commits++;
    const texts = draft.kind === 'remove' && { texts: [before.text, known.posted, ...known.former] };
    return { message: changed, entry: Object.freeze({ ...change, message: changed }), ...texts };
  }

  async read(name: string, { after, before, since, limit }: MessageRange): Promise<Slice> {
    const room = this.#rooms.get(name);
    if (!room) return EMPTY_SLICE;
    const { window, last } = room;
    const messages = after === undefined ? window.before(before ?? last + 1, limit, since) : window.after(after, limit);
    return { messages: Object.freeze(messages), first: window.oldest ?? last + 1, last };
  }

  async entries(name: string, { after, limit }: Pick<MessageRange, 'after' | 'limit'>): Promise<LogSlice> {
    const room = this.#rooms.get(name);
    if (!room) return { entries: [], first: 1, last: 0 };
    const { window, last, changes } = room;
    const from = after ?? Math.max(0, last - limit);
    const changed = [...changes].filter(([, { seq }]) => seq > from);
    const entries = [
      ...window.after(from, limit).map(entryOf),
      ...changed.map(([seq, change]) => Object.freeze({ ...change, message: window.at(seq)! })),
    ];
    entries.sort((one, other) => one.seq - other.seq);
    return { entries: Object.freeze(entries.slice(0, limit)), first: window.oldest ?? last + 1, last };
  }

  async rooms(after?: string, limit?: number): Promise<readonly RoomHead[]> {
    return this.#list.list(after, limit);
  }

  async has(room: string): Promise<boolean> {
    return this.#list.has(room);
  }

  async knows(room: string, key: string): Promise<boolean> {
    return this.#rooms.get(room)?.keyed.has(key) === true;
  }

  /** Complete in one call, as little is in memory. */
  async select(selection: MessageSelection): Promise<Selected> {
    const rooms = 'room' in selection ? [this.#rooms.get(selection.room) ?? newRoom()] : [...this.#rooms.values()];
    return selected(
      selection,
      rooms.flatMap(({ window }) => window.after(0, window.size)),
    );
  }

  async records(after: number) {
    const records = [...this.#records.values()].flatMap(({ at, record }) => (at > after ? [record] : []));
    return { records, at: this.#recorded };
  }

  async record(records: readonly DirectoryRecord[], at: number): Promise<number> {
    if (at !== this.#recorded) throw new RecordsStale();
    this.#write(records);
    this.#commits++;
    return this.#recorded;
  }

  #write(records: readonly DirectoryRecord[]): void {
    this.#recorded += 1;
    for (const record of records) {
      const key = `${record.kind} ${record.key}`;
      this.#records.delete(key);
      this.#records.set(key, { at: this.#recorded, record });
    }
  }

  health(): undefined {}

  commits() {
    return { count: this.#commits, seconds: 0 };
  }

  async settled(): Promise<void> {}

  async close(): Promise<void> {
    this.#rooms.clear();
  }

  #trim({ window, known, keyed, changes }: Room): void {
    while (window.size > this.#keep) {
      const { room, id, seq } = window.shift()!;
      const key = known.get(id)?.key;
      if (key !== undefined) keyed.delete(key);
      known.delete(id);
      changes.delete(seq);
      this.#list.drop(room, seq);
    }
  }
}

function folded({ text, at, edited, removed, reactions }: Message, owner: string | null): FoldedMessage {
  return {
    text,
    at: Date.parse(at),
    owner,
    edited: edited === undefined ? null : Date.parse(edited),
    removed: removed ? 0 : null,
    reactions: reactions ? JSON.stringify(reactions) : null,
  };
}

/** A message with its changes. */
function unfolded({ room, seq, id, author, by, time }: Message, now: FoldedMessage): Message {
  return message(room, seq, id, author, by ?? null, now.text, { micros: Math.round(time * 1e6), at: now.at }, now);
}

function newRoom(): Room {
  return { window: new MessageWindow(), known: new Map(), keyed: new Map(), changes: new Map(), last: 0 };
}
