import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { atRisk } from '../../public/chat/model/outbox.ts';
import {
  type ChatState,
  can,
  initialChatState,
  roomIn,
  withRoom,
  withRoomShown,
  withStored,
} from '../../public/chat/model/state.ts';
import type { ReceivedFrame, ShownEntries, ShownMessage, ShownPage } from '../../public/chat/model/wire.ts';
import { AccountApi, KnownPeople } from '../../public/chat/net/account.ts';
import { Api, type RangeQuery } from '../../public/chat/net/api.ts';
import { Polling } from '../../public/chat/net/connection.ts';
import { HistoryLoader, Rooms } from '../../public/chat/net/rooms.ts';
import { Sender } from '../../public/chat/net/sender.ts';
import {
  BrowserStorage,
  Drafts,
  OwnMessages,
  ReadPositionStore,
  storedPositionsIn,
} from '../../public/chat/net/storage.ts';
import { Subscriptions } from '../../public/chat/net/subscriptions.ts';
import { EditorConnection } from '../../public/editor/net/connection.ts';
import { ApiError } from '../../public/ui/api.ts';
import { closeReason, lossReason, ReconnectingSocket } from '../../public/ui/socket.ts';
import { StateStore } from '../../public/ui/store.ts';
import type { ClientFrame } from '../../src/model/chat-frames.ts';
import { type Syntax, sources } from '../support/source.ts';
import { unrefTimers } from '../support/timers.ts';

// The page's timers end with the page.
unrefTimers();

/** What a browser keeps, up to so many characters. */
function storage(most = Number.POSITIVE_INFINITY): Storage {
  const values: Record<string, string> = {};
  const methods = {
    getItem: (key: string) => (Object.hasOwn(values, key) ? values[key]! : null),
    removeItem: (key: string) => delete values[key],
    setItem(key: string, value: string) {
      const others = Object.entries(values).filter(([name]) => name !== key);
      const size = others.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
      if (size + key.length + value.length > most) throw new Error('QuotaExceededError');
      values[key] = value;
    },
  };
  // Like a browser's, it has what is kept as properties of its own.
  return new Proxy(values, { get: (_, name) => methods[name as keyof typeof methods] }) as unknown as Storage;
}

const keepIn = (kept: Storage) => new BrowserStorage('', () => kept);
/** Lets everything happen that is due. */
const settled = () => new Promise(resolve => setTimeout(resolve));

/** A server with as many messages in its rooms as it is told, without a network in between. */
class Server {
  readonly lengths = new Map<string, number>();
  readonly asked: string[] = [];
  isOnline = true;

  message(room: string, seq: number): ShownMessage {
    return { room, seq, id: `${room}${seq}`, author: 'zoe', text: `t${seq}`, at: new Date(seq).toISOString() };
  }

  rooms = async () => {
    if (!this.isOnline) throw new ApiError(0);
    return [...this.lengths].map(([room, seq]) => ({ room, cursor: `e:${seq}` }));
  };

  messages = async (room: string, { after, limit = 50 }: RangeQuery = {}): Promise<ShownPage> => {
    if (!this.isOnline) throw new ApiError(0);
    this.asked.push(room);
    const newest = this.lengths.get(room) ?? 0;
    const from = after === undefined ? Math.max(0, newest - limit) : Number(after.split(':')[1]);
    const to = Math.min(newest, from + limit);
    const messages = Array.from({ length: to - from }, (_, index) => this.message(room, from + index + 1));
    return { messages, cursor: `e:${to}`, gap: false };
  };

  entries = async (room: string, range: RangeQuery): Promise<ShownEntries> => logOf(await this.messages(room, range));
}

/** The part of a log in which the messages of a page were posted. */
const logOf = ({ messages, ...page }: ShownPage): ShownEntries => ({
  ...page,
  entries: messages.map(message => ({ seq: message.seq, kind: 'message', message })),
});

/** The parts of the page that bring messages, at a server that lets 100 rooms be heard. */
class Reader {
  readonly server = new Server();
  readonly heard = new Set<string>();
  readonly refused: string[] = [];
  readonly store: StateStore<ChatState>;
  readonly feed: Subscriptions;
  readonly #history: HistoryLoader;
  restarts = 0;
  isLive = true;

  constructor(here: string, marks: [string, string][] = []) {
    this.store = new StateStore<ChatState>({ ...initialChatState(here), readPositions: new Map(marks) });
    const keep = keepIn(storage());
    const readMarks = new ReadPositionStore(this.store, keep);
    const rooms = new Rooms(this.store, (room, before) => readMarks.notice(room, before));
    const api = this.server as unknown as Api;
    const wire = {
      mostHeard: 100,
      send: (request: ClientFrame) => this.#take(request),
      restart: () => this.restarts++,
    };
    this.#history = new HistoryLoader(api, rooms, new OwnMessages(keep), name => this.feed.hear(name));
    this.feed = new Subscriptions(
      api,
      rooms,
      this.#history,
      wire,
      heads => readMarks.list(heads),
      feature => can(this.store.get(), feature),
    );
  }

  #take(request: ClientFrame): boolean {
    if (!this.isLive) return false;
    if (request.type === 'unsubscribe') this.heard.delete(request.room);
    if (request.type !== 'subscribe') return true;
    if (this.heard.size >= 100 && !this.heard.has(request.room)) this.refused.push(request.room);
    else this.heard.add(request.room);
    return true;
  }

  async open(name: string): Promise<void> {
    this.store.update(state => withRoomShown(state, name));
    await this.#history.load(name);
  }

  /** Somebody writes; whoever hears the room is told. */
  say(name: string): void {
    const seq = (this.server.lengths.get(name) ?? 0) + 1;
    this.server.lengths.set(name, seq);
    if (this.heard.has(name)) this.feed.receive(`e:${seq}`, this.server.message(name, seq));
  }

  get shown(): number[] {
    return this.here.messages.map(({ seq }) => seq);
  }

  get here() {
    const state = this.store.get();
    return roomIn(state, state.here);
  }
}

describe('the room on show', () => {
  const names = Array.from({ length: 250 }, (_, index) => `room-${index}`);

  it('is heard, though there are more rooms than may be heard, and each one is walked through', async () => {
    const reader = new Reader('lobby');
    for (const name of names) reader.say(name);
    await reader.feed.connected();
    await settled();
    expect(reader.heard.size).toBe(100);
    for (const name of [...names, ...names.slice(0, 5)]) {
      await reader.open(name);
      reader.say(name);
      const newest = reader.server.lengths.get(name)!;
      expect(reader.shown.at(-1)).toBe(newest);
      expect(reader.heard.size).toBeLessThanOrEqual(100);
    }
    expect(reader.refused).toEqual([]);
    expect(reader.heard).toContain('room-249');
    expect(reader.heard).not.toContain('room-100');
  });

  it('is a new room as well', async () => {
    const reader = new Reader('lobby');
    for (const name of names) reader.say(name);
    await reader.feed.connected();
    await reader.open('brand-new');
    reader.say('brand-new');
    expect(reader.shown).toEqual([1]);
  });

  it.each([
    ['heard by nobody', (reader: Reader) => reader.heard.clear()],
    [
      'without a connection',
      (reader: Reader) => {
        reader.isLive = false;
        reader.feed.disconnected();
      },
    ],
  ])('has what the list tells of: %s', async (_, lose) => {
    const reader = new Reader('lobby');
    reader.say('lobby');
    await reader.feed.connected();
    await settled();
    lose(reader);
    for (let count = 0; count < 120; count++) reader.say('lobby');
    await reader.feed.refresh();
    await settled();
    expect(reader.shown).toHaveLength(121);
    expect(reader.here.behind).toBe(false);
  });

  it('is asked for where the server does not let it be heard, and has no words of the server for it', async () => {
    jest.useFakeTimers();
    const reader = new Reader('lobby');
    reader.say('lobby');
    await reader.feed.connected();
    await jest.advanceTimersByTimeAsync(0);
    reader.heard.clear();
    reader.feed.fail('lobby', { status: 422, title: 'No', detail: 'one connection hears 100 rooms at most' });
    reader.say('lobby');
    await jest.advanceTimersByTimeAsync(15_000);
    expect(reader.shown).toEqual([1, 2]);
    expect(reader.here.fault).toBeUndefined();
    jest.useRealTimers();
  });

  it('is asked for, and no room heard, as long as nothing comes live; with nothing lost in between', async () => {
    const reader = new Reader('lobby');
    reader.say('lobby');
    reader.say('garden');
    await reader.feed.connected();
    await settled();
    expect(reader.heard).toEqual(new Set(['lobby', 'garden']));
    const wire = (...features: string[]) => {
      reader.store.update(state => ({ ...state, about: { can: features, limits: {} } }));
      reader.feed.rewired();
    };
    for (const lacking of [['read', 'rooms', 'listen'], ['read', 'rooms', 'live'], ['read']]) {
      wire(...lacking);
      await settled();
      expect(reader.heard).toEqual(new Set());
      reader.say('lobby');
      reader.feed.poll();
      await settled();
      expect(reader.shown.at(-1)).toBe(reader.server.lengths.get('lobby'));
    }
    const asked = reader.server.asked.length;
    wire('post');
    reader.feed.poll();
    await settled();
    expect(reader.server.asked).toHaveLength(asked);
    reader.say('lobby');
    wire('read', 'rooms', 'listen', 'live');
    await settled();
    expect(reader.heard).toEqual(new Set(['lobby', 'garden']));
    reader.say('lobby');
    expect(reader.shown).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is heard at once after the connection was lost, before the list of rooms has come', async () => {
    const reader = new Reader('lobby');
    reader.say('lobby');
    await reader.feed.connected();
    await settled();
    reader.feed.disconnected();
    reader.heard.clear();
    reader.server.isOnline = false;
    void reader.feed.connected();
    expect(reader.heard).toEqual(new Set(['lobby']));
  });

  it('begins where one stopped to read, however much is unread', async () => {
    const reader = new Reader('lobby', [['lobby', 'e:500']]);
    reader.server.lengths.set('lobby', 1_234);
    await reader.open('lobby');
    await settled();
    expect(reader.shown[0]).toBe(476);
    expect(reader.shown).toHaveLength(1_234 - 475);
    expect(reader.here.line).toBe(500);
    // Nothing of it is read before it was in sight.
    expect(reader.store.get().readPositions.get('lobby')).toBe('e:500');
  });

  it('gives up a connection that owes messages, and none that has told of them', async () => {
    jest.useFakeTimers();
    const reader = new Reader('lobby');
    reader.say('lobby');
    await reader.feed.connected();
    await jest.advanceTimersByTimeAsync(0);
    reader.server.lengths.set('lobby', 2);
    await reader.feed.refresh();
    reader.feed.receive('e:2', reader.server.message('lobby', 2));
    await jest.advanceTimersByTimeAsync(6_000);
    expect(reader.restarts).toBe(0);
    reader.server.lengths.set('lobby', 3);
    await reader.feed.refresh();
    await jest.advanceTimersByTimeAsync(6_000);
    expect(reader.shown).toEqual([1, 2, 3]);
    expect(reader.restarts).toBe(1);
    jest.useRealTimers();
  });
});

describe('a draft', () => {
  it('belongs to its window, and another one takes a copy only where it has none', () => {
    const shared = storage();
    const [one, two] = [storage(), storage()].map(own => new Drafts(keepIn(own), keepIn(shared))) as [Drafts, Drafts];
    one.write('lobby', 'a long draft');
    expect(two.read('lobby')).toBe('a long draft');
    two.write('lobby', 'ok');
    two.write('lobby', '');
    expect(two.read('lobby')).toBe('');
    expect(one.read('lobby')).toBe('a long draft');
    one.leave();
    expect(two.read('lobby')).toBe('');
    expect(new Drafts(keepIn(storage()), keepIn(shared)).read('lobby')).toBe('a long draft');
  });

  it('outlives a reload', () => {
    const [own, shared] = [storage(), storage()];
    new Drafts(keepIn(own), keepIn(shared)).write('lobby', 'hello');
    expect(new Drafts(keepIn(own), keepIn(shared)).read('lobby')).toBe('hello');
    new Drafts(keepIn(own), keepIn(shared)).write('lobby', '');
    expect(new Drafts(keepIn(storage()), keepIn(shared)).read('lobby')).toBe('');
  });

  it('is said to be at risk where nothing keeps it, until it is sent', () => {
    const drafts = new Drafts(keepIn(storage(0)), keepIn(storage(0)));
    expect(drafts.write('lobby', 'hello')).toBe(false);
    expect(drafts.read('lobby')).toBe('hello');
    expect(drafts.atRisk).toBe(true);
    expect(drafts.write('lobby', '')).toBe(true);
    expect(drafts.atRisk).toBe(false);
  });
});

describe('an unsent post', () => {
  const sender = (shared: Storage) => {
    const store = new StateStore<ChatState>(initialChatState('lobby'));
    const keep = keepIn(shared);
    const drafts = new Drafts(keepIn(storage()), keep);
    const wire = { mostHeard: 100, send: () => false, restart: () => undefined };
    return { store, drafts, courier: new Sender(store, keep, drafts, new OwnMessages(keep), wire) };
  };
  const post = { key: 'k', room: 'lobby', author: 'ann', text: 'x'.repeat(300) };

  it('has the room that copies of drafts took', () => {
    const { store, drafts, courier } = sender(storage(600));
    drafts.write('tea', 'y'.repeat(400));
    courier.post(post);
    expect(atRisk(store.get().outbox)).toBe(false);
    expect(drafts.read('tea')).toHaveLength(400);
  });

  it('is said to be at risk where the browser keeps nothing', () => {
    const { store, courier } = sender(storage(50));
    courier.post(post);
    expect(store.get().outbox).toMatchObject([{ key: 'k', state: 'waiting', unkept: true }]);
    courier.discard('k');
    expect(atRisk(store.get().outbox)).toBe(false);
  });
});

describe('a post that a bot answers', () => {
  it('is not sent again, nor kept for the next visit', () => {
    const kept = storage();
    const store = new StateStore<ChatState>(initialChatState('lobby'));
    const sent: unknown[] = [];
    const wire = { mostHeard: 100, send: (frame: object) => sent.push(frame) > 0, restart: () => undefined };
    const keep = keepIn(kept);
    const courier = new Sender(store, keep, new Drafts(keepIn(storage()), keep), new OwnMessages(keep), wire);
    courier.post({ key: 'k', room: 'lobby', author: 'ann', text: '!help' });
    expect(keep.names('post/')).toEqual(['post/k']);
    courier.answer('k', { author: 'helper', text: 'be kind' });
    expect(keep.names('post/')).toEqual([]);
    courier.heed('post/k');
    courier.interrupt();
    courier.flush();
    expect([sent.length, store.get().outbox]).toMatchObject([1, [{ state: 'answered', answer: { text: 'be kind' } }]]);
    courier.discard('k');
    expect(store.get().outbox).toEqual([]);
  });
});

describe('marks in two windows', () => {
  it('only go forward', () => {
    const keep = keepIn(storage());
    const window = (name: string, seq: number) => {
      const room = { ...roomIn(initialChatState(name), name), epoch: 'e', loaded: true, reach: seq, newest: seq };
      const store = new StateStore<ChatState>({
        ...withRoom(initialChatState(name), room),
        readPositions: new Map([['tea', 'e:1']]),
      });
      return { store, marks: new ReadPositionStore(store, keep) };
    };
    const [one, two] = [window('lobby', 7), window('tea', 5)];
    one.marks.change(state => ({ ...state, readPositions: new Map(state.readPositions).set('lobby', 'e:7') }));
    two.marks.change(state => ({ ...state, readPositions: new Map(state.readPositions).set('tea', 'e:5') }));
    one.marks.change(state => ({ ...state, readPositions: new Map(state.readPositions).set('lobby', 'e:8') }));
    expect(Object.fromEntries(storedPositionsIn(keep))).toEqual({ tea: 'e:5', lobby: 'e:8' });
    two.marks.merge('marks');
    expect(Object.fromEntries(two.store.get().readPositions)).toEqual({ tea: 'e:5', lobby: 'e:8' });
  });
});

describe('what one chose or read', () => {
  it('is said to be forgotten where the browser does not keep it, until it does', () => {
    const kept = storage(10);
    const store = new StateStore<ChatState>(initialChatState('lobby'));
    const marks = new ReadPositionStore(store, keepIn(kept));
    const read = (cursor: string) =>
      marks.change(state => ({ ...state, readPositions: new Map(state.readPositions).set('lobby', cursor) }));
    read('e:1');
    expect([...store.get().unkept]).toEqual(['marks']);
    const before = store.get();
    read('e:2');
    expect(store.get().unkept).toBe(before.unkept);
    const chosen = withStored(store.get(), 'name', false);
    expect([...withStored(chosen, 'marks', true).unkept]).toEqual(['name']);
    expect(withStored(chosen, 'theme', true)).toBe(chosen);
  });
});

describe('polling', () => {
  const { fetch, document } = globalThis as { fetch: typeof globalThis.fetch; document?: unknown };
  let answers: ((url: string, init: RequestInit) => Promise<Response>)[];
  let frames: ReceivedFrame[];
  let failures: number;
  let polling: Polling;

  beforeEach(() => {
    answers = [];
    frames = [];
    failures = 0;
    Object.assign(globalThis, {
      document: { hidden: false },
      fetch: (url: string, init: RequestInit) => {
        const next = answers.shift();
        if (next) return next(url, init);
        // A long poll that nothing ends but giving up.
        return new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(new Error('aborted'))));
      },
    });
    polling = new Polling(new Api('http://a.example/api/'), {
      frame: frame => frames.push(frame),
      failed: () => failures++,
    });
    polling.start();
  });
  afterEach(() => {
    polling.stop();
    Object.assign(globalThis, { fetch, document });
  });
  const json =
    (body: unknown, status = 200) =>
    async () =>
      new Response(JSON.stringify(body), { status });
  const server = new Server();

  it('tells what a bot answers to a post that is not kept', async () => {
    const answer = { author: 'helper', text: 'be kind' };
    answers = [json({ answer })];
    polling.send({ type: 'send', key: 'k', room: 'lobby', author: 'ann', text: '!help' });
    await settled();
    await settled();
    expect(frames).toEqual([{ type: 'answer', key: 'k', room: 'lobby', ...answer }]);
  });

  it('tells of messages as a socket does, from a cursor on', async () => {
    const urls: string[] = [];
    const messages = [server.message('lobby', 3), server.message('lobby', 4)];
    const page = logOf({ messages, cursor: 'e:4', gap: false });
    const answer = (body: string) => async (url: string) => {
      urls.push(url);
      return new Response(body);
    };
    answers = [answer(JSON.stringify(page)), answer('{')];
    polling.send({ type: 'subscribe', room: 'lobby', after: 'e:2' });
    await settled();
    await settled();
    expect(frames.map(({ type }) => type)).toEqual(['subscribed', 'message', 'message']);
    expect(frames.at(-1)).toMatchObject({ room: 'lobby', cursor: 'e:4', seq: 4 });
    expect(new URL(urls[1]!).searchParams.get('after')).toBe('e:4');
    // An answer that is none is a connection that does not work.
    expect(failures).toBe(1);
  });

  it('posts under the key, and says what became of it', async () => {
    let sent: RequestInit = {};
    answers = [
      async (_, init) => {
        sent = init;
        return new Response(JSON.stringify(server.message('lobby', 5)), { status: 201 });
      },
      json({ title: 'Unprocessable Entity', status: 422, detail: 'too long' }, 422),
      async () => Promise.reject(new Error('network')),
    ];
    for (const key of ['a', 'b', 'c']) {
      polling.send({ type: 'send', key, room: 'lobby', author: 'ann', text: 'hi', owner: 'my own key' });
      await settled();
    }
    expect(new Headers(sent.headers).get('Idempotency-Key')).toBe('a');
    expect(new Headers(sent.headers).get('Owner-Key')).toBe('my own key');
    expect(frames).toMatchObject([
      { type: 'ack', key: 'a', seq: 5 },
      { type: 'error', key: 'b', status: 422, detail: 'too long' },
    ]);
    expect(failures).toBe(1);
  });

  it('edits, removes and reacts by the id, as whose message it is, and tells it as a socket does', async () => {
    const sent: [string, RequestInit][] = [];
    const message = server.message('lobby', 5);
    const answer = async (url: string, init: RequestInit) => {
      sent.push([url, init]);
      return new Response(JSON.stringify(message));
    };
    answers = [answer, answer, answer, answer];
    polling.send({ type: 'edit', key: 'a', room: 'lobby', id: 'x', text: 'ho', owner: 'my own key' });
    polling.send({ type: 'remove', key: 'b', room: 'lobby', id: 'x', owner: 'my own key' });
    const reaction = { room: 'lobby', id: 'x', emoji: '👍', author: 'ann', owner: 'my own key' };
    polling.send({ type: 'react', key: 'c', ...reaction });
    polling.send({ type: 'unreact', key: 'd', ...reaction });
    await settled();
    expect(sent.map(([url, { method }]) => `${method} ${new URL(url).pathname}`)).toEqual([
      'PATCH /api/rooms/lobby/messages/x',
      'DELETE /api/rooms/lobby/messages/x',
      'PUT /api/rooms/lobby/messages/x/reactions/%F0%9F%91%8D',
      'DELETE /api/rooms/lobby/messages/x/reactions/%F0%9F%91%8D',
    ]);
    expect(sent.map(([, { body }]) => body)).toEqual(['{"text":"ho"}', '{}', '{"author":"ann"}', '{"author":"ann"}']);
    for (const [, { headers }] of sent) expect(new Headers(headers).get('Owner-Key')).toBe('my own key');
    expect(frames).toMatchObject([
      { type: 'ack', key: 'a', seq: 5 },
      { type: 'ack', key: 'b', seq: 5 },
      { type: 'ack', key: 'c', seq: 5 },
      { type: 'ack', key: 'd', seq: 5 },
    ]);
    const { text: _, ...bare } = message;
    const entries = [
      { seq: 6, kind: 'edit', message },
      { seq: 7, kind: 'edit', message: { ...bare, removed: true } },
    ];
    answers = [json({ entries, cursor: 'e:7', gap: false })];
    polling.send({ type: 'subscribe', room: 'lobby', after: 'e:5' });
    await settled();
    expect(frames.slice(5)).toMatchObject([
      { type: 'edit', cursor: 'e:6', seq: 5, text: 't5' },
      { type: 'remove', cursor: 'e:7', seq: 5, removed: true },
    ]);
  });

  it('tells nothing of a room any more that is unsubscribed', async () => {
    let answer: (response: Response) => void = () => undefined;
    answers = [
      () =>
        new Promise(resolve => {
          answer = resolve;
        }),
    ];
    polling.send({ type: 'subscribe', room: 'lobby', after: 'e:2' });
    polling.send({ type: 'unsubscribe', room: 'lobby' });
    answer(new Response(JSON.stringify(logOf({ messages: [server.message('lobby', 3)], cursor: 'e:3', gap: false }))));
    await settled();
    expect(frames).toEqual([]);
    expect(failures).toBe(0);
  });
});

describe('a connection that the server closed', () => {
  const { WebSocket } = globalThis;
  let opened: { close(): void; onopen?(): void; onclose?(event: { code: number; reason: string }): void }[];
  const told: object[] = [];
  const link = (each: object) => void told.push(each);
  beforeEach(() => {
    jest.useFakeTimers();
    opened = [];
    told.length = 0;
    class Fake {
      readonly close = () => {};
      constructor() {
        opened.push(this);
      }
    }
    Object.assign(globalThis, { WebSocket: Fake });
  });
  afterEach(() => {
    jest.useRealTimers();
    Object.assign(globalThis, { WebSocket });
  });

  it.each([
    ['chat', () => new ReconnectingSocket('ws://a.example/', { link, reasonOf: closeReason, message: () => {} })],
    ['editor', () => new EditorConnection('ws://a.example/', { link, message: () => {} })],
  ])('says why until it is made again, however often that fails: %s', (_, make) => {
    const connection = make();
    connection.connect();
    opened[0]!.onopen!();
    opened[0]!.onclose!({ code: 1001, reason: 'the server stops' });
    expect(told.at(-1)).toMatchObject({ kind: 'offline', why: closeReason(1001) });
    jest.runOnlyPendingTimers();
    opened[1]!.onclose!({ code: 1006, reason: '' });
    expect(told.at(-1)).toMatchObject({ kind: 'offline', why: closeReason(1001) });
    jest.runOnlyPendingTimers();
    opened[2]!.onopen!();
    opened[2]!.onclose!({ code: 1006, reason: '' });
    expect(told.at(-1)).toMatchObject({ kind: 'offline', why: undefined });
    connection.drop();
  });
});

describe('the reason of a closed connection', () => {
  /** Every close code that the server's sockets end with, by where it is written. */
  const codes = ['src/delivery', 'src/editor/server'].flatMap(folder =>
    sources(folder).flatMap(({ path, all }) =>
      all.flatMap(({ type, value, key }) => {
        const code = type === 'NumericLiteral' ? value : (key as Syntax | undefined)?.value;
        return typeof code === 'number' && code > 1000 && code < 1016 ? [[path, code] as const] : [];
      }),
    ),
  );

  it('is a sentence for each code that the server closes with', () => {
    expect(codes.length).toBeGreaterThan(8);
    for (const [path, code] of codes)
      for (const words of [closeReason(code), lossReason(code, ''), lossReason(code, 'a viewer is slow')])
        expect([path, code, words]).toEqual([path, code, expect.stringMatching(/^[A-Z][^.]+$/)]);
  });

  it("is the server's own in the editor, where a code has several", () => {
    for (const code of [1008, 1013]) expect(lossReason(code, 'close one; come back')).toBe('Close one; come back');
    expect(lossReason(1001, 'the server stops; come back')).toBe(closeReason(1001));
    for (const code of [1000, 1005, 1006]) expect(lossReason(code, '')).toBeUndefined();
  });
});

describe('what the page knows of people', () => {
  const ann = { id: 'p1', kind: 'person', name: 'Ann' } as const;

  /** A page that shows Ann, and what it asks. */
  function page(more: Partial<ChatState> = {}) {
    const asked: string[] = [];
    const store = new StateStore<ChatState>({
      ...initialChatState('lobby'),
      hasAccounts: true,
      authors: new Map([['p1', ann]]),
      ...more,
    });
    const account = new AccountApi('');
    jest.spyOn(account, 'authors').mockImplementation(async ids => {
      asked.push(ids.join());
      return [{ ...ann, name: 'Anna' }];
    });
    jest.spyOn(account, 'identity').mockImplementation(async () => {
      asked.push('who am I');
      return { accounts: true, who: { ...ann, role: 'owner' }, title: '', editor: false };
    });
    return { asked, store, people: new KnownPeople(store, account, keepIn(storage())) };
  }

  beforeEach(() => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is asked for again where somebody who is shown has another name, and for nobody else', async () => {
    const { asked, store, people } = page();
    expect(people.changed(['p1', 'p2'])).toBe(false);
    await settled();
    await settled();
    expect(asked).toEqual(['p1']);
    expect(store.get().authors.get('p1')?.name).toBe('Anna');
    expect(store.get().peopleVersion).toBe(1);
    people.changed(['p2']);
    await settled();
    expect([asked, store.get().peopleVersion]).toEqual([['p1'], 2]);
  });

  it('has one’s own name and role again where they are others, and the names of rooms of two', async () => {
    const direct = { title: 'Bob', kind: 'direct', isArchived: false, isMine: true } as const;
    const me = { ...ann, role: 'member' } as const;
    const { asked, people } = page({ authors: new Map(), me, made: new Map([['dm-1', direct]]) });
    expect(people.changed(['p1'])).toBe(true);
    await settled();
    expect(asked).toEqual(['who am I']);
  });

  it('asks nothing where nobody has an account', () => {
    const { asked, store, people } = page({ hasAccounts: false });
    expect([people.changed(['p1']), asked, store.get().peopleVersion]).toEqual([false, [], 0]);
  });
});
