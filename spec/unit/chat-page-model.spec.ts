import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressOf, entryAddressOf, roomName, signInHref } from '../../public/chat/model/address.ts';
import { segments } from '../../public/chat/model/links.ts';
import * as box from '../../public/chat/model/outbox.ts';
import { mergedPositions, storedReadPositions, unreadIn } from '../../public/chat/model/read-positions.ts';
import { MANY, MAX_UNREAD, noticed, startOf, withHeads, withRoomRead, wrote } from '../../public/chat/model/reading.ts';
import * as model from '../../public/chat/model/room.ts';
import {
  adjacentRoom,
  type ChatState,
  choices,
  initialChatState,
  listedRooms,
  naturally,
  roomIn,
  step,
  titleOf,
  withRoom,
  withRoomShown,
  withRooms,
} from '../../public/chat/model/state.ts';
import { Calendar, dayOf, GROUP_WINDOW_MS, type TimelineItem, timeline } from '../../public/chat/model/timeline.ts';
import {
  aboutOf,
  frameOf,
  isTransient,
  pauseReason,
  roomRefusal,
  type ShownEntries,
  type ShownMessage,
  type ShownPage,
} from '../../public/chat/model/wire.ts';
import { backoff } from '../../public/ui/socket.ts';
import { monogram } from '../../src/model/look.ts';
import { shownName } from '../../src/model/name.ts';
import { processorMs } from '../support/growth.ts';
import { numRuns } from '../support/random.ts';

const NOON = new Date(2026, 10, 22, 12).getTime();
const MINUTE = 60_000;

const said = (
  seq: number,
  { author = 'ann', text = `t${seq}`, at = NOON + seq, room = 'lobby', by = '' } = {},
): ShownMessage => ({
  room,
  seq,
  id: `id${seq}`,
  author,
  ...(by && { by }),
  text,
  at: new Date(at).toISOString(),
});
const sayings = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => said(from + index));
const page = (messages: readonly ShownMessage[], seq = messages.at(-1)?.seq ?? 0, epoch = 'e'): ShownPage => ({
  messages,
  cursor: `${epoch}:${seq}`,
  gap: false,
});
/** A page of the log in which these messages were posted. */
const log = (messages: readonly ShownMessage[], seq?: number, epoch?: string): ShownEntries => {
  const { cursor, gap } = page(messages, seq, epoch);
  return { entries: messages.map(message => ({ seq: message.seq, kind: 'message', message })), cursor, gap };
};
const lobby = model.unknown('lobby');
const holding = (...messages: ShownMessage[]) => model.opened(lobby, page(messages));
const seqs = ({ messages }: model.Room) => messages.map(({ seq }) => seq);

const post = (key: string, room = 'lobby') => ({ key, room, author: 'ann', text: key });
const written = (...keys: string[]) =>
  keys.reduce<box.Outbox>((outbox, key) => box.posted(outbox, post(key), NOON), []);
const keys = (entries: readonly box.OutboxItem[]) => entries.map(({ key }) => key);

describe('the timeline', () => {
  const items = (room: model.Room, outbox: box.Outbox = []) => timeline(room, outbox).flatMap(chunk => chunk.items);
  const kinds = (list: readonly TimelineItem[]) => list.map(({ kind }) => kind);
  const opens = (list: readonly TimelineItem[]) => list.flatMap(item => (item.kind === 'line' ? [item.opens] : []));

  it('is empty where nothing was said', () => {
    expect(timeline(model.opened(lobby, page([], 0)), [])).toEqual([]);
  });

  it('groups what one author says without a long pause', () => {
    const at = [0, MINUTE, MINUTE + GROUP_WINDOW_MS, MINUTE + 2 * GROUP_WINDOW_MS + 1].map(later => NOON + later);
    expect(opens(items(holding(...at.map((at, index) => said(index + 1, { at })))))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('opens a group where the author is another', () => {
    const room = holding(said(1), said(2, { author: 'bob' }), said(3, { author: 'bob' }), said(4));
    expect(opens(items(room))).toEqual([true, true, false, true]);
  });

  it('puts a line above the first message of each day, at its local midnight, and opens a group there', () => {
    const night = new Date(2026, 10, 22, 23, 59).getTime();
    const list = items(holding(said(1, { at: night }), said(2, { at: night + 2 * MINUTE })));
    expect(kinds(list)).toEqual(['day', 'line', 'day', 'line']);
    expect(opens(list)).toEqual([true, true]);
    const midnights = [22, 23].map(day => new Date(2026, 10, day).getTime());
    expect(list.flatMap(item => (item.kind === 'day' ? [item.at] : []))).toEqual(midnights);
  });

  it('makes no day of a clock that went back', () => {
    const list = items(holding(said(1), said(2, { at: NOON - 24 * 60 * MINUTE }), said(3)));
    expect(kinds(list)).toEqual(['day', 'line', 'line', 'line']);
  });

  it('says that messages are not kept any more where the server said so, not where the numbers jump', () => {
    const lagging = model.lagging(holding(said(3)));
    const page = log([said(7)]);
    expect(kinds(items(model.continued(lagging, { ...page, gap: true })))).toEqual(['day', 'line', 'gap', 'line']);
    expect(kinds(items(model.continued(lagging, page)))).toEqual(['day', 'line', 'line']);
  });

  it('puts the new line once, above the first message that is unread', () => {
    const room = model.withUnreadLine(holding(...sayings(1, 4)), 2);
    expect(kinds(items(room))).toEqual(['day', 'line', 'line', 'new', 'line', 'line']);
    expect(kinds(items(model.withUnreadLine(room, 4)))).not.toContain('new');
  });

  it('puts the new line above the first message that is there, where the earlier ones are not kept any more', () => {
    const room = model.withUnreadLine({ ...holding(said(7), said(8)), older: 'lost' }, 2);
    expect(kinds(items(room))).toEqual(['day', 'new', 'line', 'line']);
    expect(kinds(items({ ...room, older: 'more' }))).not.toContain('new');
  });

  it("marks names that look alike and are not the same, but for one's own", () => {
    const room = model.owned(
      holding(...['ann', '\u0430nn', 'bob', 'Bоb', 'eve'].map((author, index) => said(index + 1, { author }))),
      3,
      'k',
    );
    const alike = (name: string) =>
      timeline(room, [], { name }).flatMap(({ items }) =>
        items.flatMap(item => (item.kind === 'line' ? [item.alike] : [])),
      );
    expect(alike('bob')).toEqual(['\u0430nn', 'ann', undefined, 'bob', undefined]);
    expect(alike('Eve').at(-1)).toBe('Eve');
  });

  it("shows messages by the names of now, those of who has gone by none, and one's own as one's own on any device", () => {
    const room = holding(
      said(1, { author: 'Ann', by: 'p1' }),
      said(2, { author: 'Anna', by: 'p1' }),
      said(3, { author: 'Bob', by: 'p2' }),
      said(4, { author: 'Cal', by: 'p3' }),
      said(5, { author: 'clock', by: 'p4' }),
      said(6, { author: 'Dan', by: 'p5' }),
      said(7, { author: 'a guest' }),
    );
    const authors = new Map([
      ['p1', { id: 'p1', kind: 'person', name: 'Anna' }],
      ['p2', { id: 'p2', kind: 'person', name: 'Bob', gone: true as const }],
      ['p3', { id: 'p3', kind: 'person', name: 'Cal', gone: true as const }],
      ['p4', { id: 'p4', kind: 'bot', name: 'clock', gone: true as const }],
    ]);
    const lines = timeline(room, [], { me: 'p1', authors }).flatMap(({ items }) =>
      items.flatMap(item =>
        item.kind === 'line' ? [`${item.author}${item.mine ? ', mine' : ''}${item.opens ? ', opens' : ''}`] : [],
      ),
    );
    expect(lines).toEqual([
      'Anna, mine, opens',
      'Anna, mine',
      'Former member, opens',
      'Former member, opens',
      'clock, opens',
      'Dan, opens',
      'a guest, opens',
    ]);
    expect(model.lastOwn(room, 'p1')?.seq).toBe(2);
  });

  it("opens a group where somebody else has one's name", () => {
    const room = model.owned(holding(said(1), said(2)), 2, 'k');
    expect(opens(items(room))).toEqual([true, true]);
  });

  it('shows a post below the messages until it is one of them, under one key', () => {
    let room = holding(said(1));
    let outbox = box.withSent(written('a', 'b'), 'a');
    const shown = () => items(room, outbox).flatMap(item => (item.kind === 'line' ? [item.key] : []));
    expect(shown()).toEqual(['1-id1', 'a', 'b']);
    outbox = box.known(outbox, 'a', 2, true);
    room = model.owned(room, 2, 'a');
    expect(shown()).toEqual(['1-id1', 'a', 'b']);
    room = model.arrived(room, 'e:2', said(2, { text: 'a' }));
    expect(shown()).toEqual(['1-id1', 'a', 'b']);
    outbox = box.withoutDelivered(outbox, 'lobby', 2);
    expect(keys(outbox)).toEqual(['b']);
    expect(shown()).toEqual(['1-id1', 'a', 'b']);
  });

  it('keeps what a bot answered where it was asked, below which others go on', () => {
    const outbox = box.answered(box.withSent(written('a', 'b'), 'a'), 'a', { author: 'helper', text: 'be kind' }, 1);
    const shown = (room: model.Room) =>
      items(room, outbox).flatMap(item => (item.kind === 'line' ? [[item.key, item.outboxItem?.answer?.text]] : []));
    const [one, a, b] = [
      ['1-id1', undefined],
      ['a', 'be kind'],
      ['b', undefined],
    ];
    expect(shown(holding(said(1)))).toEqual([one, a, b]);
    expect(shown(model.arrived(holding(said(1)), 'e:2', said(2)))).toEqual([one, a, ['2-id2', undefined], b]);
  });

  it('leaves out what was written elsewhere', () => {
    expect(items(holding(), box.posted([], post('a', 'side'), NOON))).toEqual([]);
  });

  it('keeps its chunks when a page comes before them, but for the first message', () => {
    const room = model.opened(lobby, page(sayings(101, 150)));
    const [alone, ...before] = timeline(room, []);
    const after = timeline(model.extended(room, page(sayings(51, 100))), []);
    expect(alone!.items.filter(({ kind }) => kind === 'line')).toHaveLength(1);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after.flatMap(chunk => chunk.items).filter(({ kind }) => kind === 'line')).toHaveLength(100);
  });
});

describe('links', () => {
  const hrefs = (text: string) => segments(text).flatMap(({ href }) => href ?? []);

  it.each([
    ['see https://ok.example/?q=1&r=2.', 'https://ok.example/?q=1&r=2'],
    ['(https://en.example/wiki/A_(b))', 'https://en.example/wiki/A_(b)'],
    ['<https://x.example/z>, and so on', 'https://x.example/z'],
    ['HTTPS://BIG.example', 'https://big.example/'],
    ['http://a.example/"onmouseover="x', 'http://a.example/'],
    ['https://a.example/!?…', 'https://a.example/'],
  ])('are found within a sentence: %s', (text, href) => {
    expect(hrefs(text)).toEqual([href]);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'xhttps://a.example',
    'http://',
    'a.example',
  ])('are nothing but http and https: %s', text => {
    expect(segments(text)).toEqual([{ text }]);
  });

  it('leave the text as it is, whatever it is, and lead to http or https only', () => {
    const bit = fc.constantFrom(
      'http://',
      'https://',
      'a',
      '.',
      ')',
      '(',
      ' ',
      ']',
      'javascript:',
      '\n',
      '"',
      '@',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(bit, fc.string())), bits => {
        const text = bits.join('');
        const found = segments(text);
        expect(found.map(segment => segment.text).join('')).toBe(text);
        for (const { href } of found) expect(href ?? 'https:').toMatch(/^https?:/);
      }),
    );
  });

  it('are found at once in a long text of brackets', () => {
    const text = `https://a.example/${')'.repeat(100_000)}`;
    expect(processorMs(() => expect(hrefs(text)).toEqual(['https://a.example/']))).toBeLessThan(2_000);
  });
});

describe('the outbox', () => {
  it('lets one post of a room go at a time, in the order in which they were written', () => {
    let outbox = box.posted(written('a', 'b'), post('c', 'side'), NOON);
    expect(keys(box.due(outbox))).toEqual(['a', 'c']);
    outbox = box.withSent(outbox, 'a');
    expect(keys(box.due(outbox))).toEqual(['c']);
    outbox = box.known(outbox, 'a', 1, true);
    expect(keys(box.due(outbox))).toEqual(['b', 'c']);
  });

  it('sends what was not answered again under its key, before what came later', () => {
    const outbox = box.interrupted(box.withSent(written('a', 'b'), 'a'));
    expect(keys(box.due(outbox))).toEqual(['a']);
  });

  it('keeps a post that has to wait at its place, with the reason', () => {
    const outbox = box.postponed(box.withSent(written('a', 'b'), 'a'), 'a', 'Too many', NOON);
    expect(keys(box.due(outbox))).toEqual(['a']);
    expect(outbox[0]).toMatchObject({ state: 'waiting', reason: 'Too many' });
  });

  it('lets the others pass a post that is refused, and sends it again only when told to', () => {
    const outbox = box.refused(box.withSent(written('a', 'b'), 'a'), 'a', 'No');
    expect(keys(box.due(outbox))).toEqual(['b']);
    expect(keys(box.due(box.interrupted(outbox)))).toEqual(['b']);
    expect(box.again(outbox, 'a')[0]).toMatchObject({ key: 'a', state: 'waiting', reason: undefined });
  });

  it('gives posts ascending times, however the clock goes', () => {
    const outbox = box.posted(written('a', 'b'), post('c'), NOON - MINUTE);
    expect(outbox.map(({ at }) => at - NOON)).toEqual([0, 1, 2]);
  });

  it('knows which posts stand behind another one, and which would be lost with the window', () => {
    const outbox = box.postponed(box.posted(written('a', 'b'), post('c', 'side'), NOON), 'a', 'Too many', NOON);
    expect(outbox.filter(entry => box.isBehind(outbox, entry)).map(({ key }) => key)).toEqual(['b']);
    expect(box.atRisk(outbox)).toBe(false);
    const unkept = box.storedAs(outbox, 'b', false);
    expect(box.atRisk(unkept)).toBe(true);
    expect(box.atRisk(box.storedAs(unkept, 'b', true))).toBe(false);
    expect(box.storedAs(outbox, 'b', true)).toBe(outbox);
  });

  it('takes what an earlier visit left once, in order, and as not sent', () => {
    const [a, b] = box.withSent(written('a', 'b'), 'a') as [box.OutboxItem, box.OutboxItem];
    const now = box.posted([], post('c'), NOON + MINUTE);
    const outbox = box.restored(now, [b, a]);
    expect(keys(outbox)).toEqual(['a', 'b', 'c']);
    expect(outbox[0]!.state).toBe('waiting');
    expect(box.restored(outbox, [a, b])).toBe(outbox);
  });

  it('goes on behind a post that a bot answered, and takes no message for it', () => {
    const answer = { author: 'helper', text: 'be kind' };
    const outbox = box.answered(box.withSent(written('a', 'b'), 'a'), 'a', answer, 1);
    expect(keys(box.due(outbox))).toEqual(['b']);
    expect(box.matchingItem(outbox, said(1, { text: 'a' }))).toBeUndefined();
    expect(box.interrupted(outbox)[0]).toMatchObject({ state: 'answered', answer });
  });

  it('recognises a live message as a post that is sent and not yet answered', () => {
    const outbox = box.withSent(written('a', 'b'), 'a');
    expect(box.matchingItem(outbox, said(1, { text: 'a' }))?.key).toBe('a');
    for (const other of [{ text: 'b' }, { text: 'a', author: 'bob' }, { text: 'a', room: 'side' }])
      expect(box.matchingItem(outbox, said(1, other))).toBeUndefined();
  });

  it('forgets a post only when the server keeps it and the page shows it', () => {
    const outbox = box.known(box.withSent(written('a'), 'a'), 'a', 5, true);
    expect(box.withoutDelivered(outbox, 'lobby', 4)).toBe(outbox);
    expect(box.withoutDelivered(outbox, 'side', 5)).toBe(outbox);
    expect(box.withoutDelivered(outbox, 'lobby', 5)).toEqual([]);
    expect(box.withoutDelivered(box.known(written('a'), 'a', 5, false), 'lobby', 5)).toHaveLength(1);
  });
});

describe('the pause before the next try', () => {
  it('doubles up to a limit and is spread over its upper half', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (tries, chance) => {
        const pause = backoff(tries, { random: () => chance });
        const most = Math.min(30_000, 1_000 * 2 ** tries);
        expect(pause).toBeGreaterThanOrEqual(most / 2);
        expect(pause).toBeLessThanOrEqual(most);
      }),
    );
    expect([0, 1, 2, 9].map(tries => backoff(tries, { random: () => 0, least: 100, most: 1_000 }))).toEqual([
      50, 100, 200, 500,
    ]);
  });

  it('is taken for what passes by itself, and not for what is refused', () => {
    expect([408, 429, 500, 503, 504].every(isTransient)).toBe(true);
    expect([400, 404, 413, 422].some(isTransient)).toBe(false);
  });
});

describe('a room', () => {
  it('takes live messages as they join on, each once', () => {
    let room = holding(...sayings(1, 3));
    for (const seq of [3, 4, 4, 2, 5]) room = model.arrived(room, `e:${seq}`, said(seq));
    expect(seqs(room)).toEqual([1, 2, 3, 4, 5]);
    expect(room).toMatchObject({ reach: 5, newest: 5, behind: false });
  });

  it('asks for what is missing instead of showing a message that does not join on', () => {
    let room = model.arrived(holding(...sayings(1, 3)), 'e:6', said(6));
    expect(seqs(room)).toEqual([1, 2, 3]);
    expect(room).toMatchObject({ reach: 3, newest: 6, behind: true });
    expect(model.cursorIn(room)).toBe('e:3');
    room = model.continued(room, log(sayings(3, 5)));
    expect(room).toMatchObject({ reach: 5, behind: true });
    room = model.continued(room, log(sayings(6, 6)));
    expect(seqs(room)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(room.behind).toBe(false);
  });

  it('goes on behind a gap with what is still kept', () => {
    const behind = model.lagging(model.withNewest(holding(...sayings(1, 3)), 'e:9'));
    const room = model.continued(behind, { ...log(sayings(8, 9)), gap: true });
    expect(seqs(room)).toEqual([1, 2, 3, 8, 9]);
    expect(room.behind).toBe(false);
  });

  it('ends at the cursor where nothing of the gap is kept', () => {
    const room = model.continued(model.lagging(holding(...sayings(1, 3))), { ...log([], 9), gap: true });
    expect(room).toMatchObject({ reach: 9, newest: 9, behind: false });
  });

  const another: readonly [how: string, change: (room: model.Room) => model.Room][] = [
    ['a live message', room => model.arrived(room, 'f:2', said(2))],
    ['the list of rooms', room => model.withNewest(room, 'f:2')],
    ['what follows', room => model.continued(room, log([], 2, 'f'))],
    ['what is before', room => model.extended(room, page([], 2, 'f'))],
  ];
  it.each(another)('lets everything go when another epoch is told by %s', (_, change) => {
    const room = change(holding(...sayings(1, 3)));
    expect(room).toMatchObject({ epoch: 'f', messages: [], loaded: false, renewed: true, reach: 2, newest: 2 });
  });

  it('has the messages of another epoch in place of its own', () => {
    const room = model.opened(holding(...sayings(1, 3)), page(sayings(1, 2), 2, 'f'));
    expect(seqs(room)).toEqual([1, 2]);
    expect(room).toMatchObject({ epoch: 'f', loaded: true, renewed: true, reach: 2, newest: 2 });
  });

  it('puts earlier messages before the others, each once, until the first', () => {
    let room = holding(...sayings(101, 150));
    expect(room.older).toBe('more');
    room = model.extended(model.extending(room, 'loading'), page(sayings(51, 101)));
    expect(seqs(room)).toEqual(sayings(51, 150).map(({ seq }) => seq));
    expect(room.older).toBe('more');
    expect(model.extended(room, page(sayings(1, 50))).older).toBe('none');
    expect(model.extended(room, page([], 50)).older).toBe('lost');
  });

  it('misses nothing any more when the last message that it missed comes live', () => {
    const room = model.continued(model.arrived(holding(...sayings(1, 3)), 'e:8', said(8)), log(sayings(4, 7)));
    expect(room.behind).toBe(true);
    expect(model.arrived(room, 'e:8', said(8)).behind).toBe(false);
  });

  it('shows a message as it is now, by its id, each entry as often as it comes', () => {
    const edited = { ...said(2), text: 'now', edited: new Date(NOON).toISOString() };
    const removed = { ...edited, text: '', removed: true as const };
    let room = holding(...sayings(1, 3));
    for (const cursor of ['e:4', 'e:4', 'e:2']) room = model.arrived(room, cursor, edited);
    expect(room.messages).toEqual([said(1), edited, said(3)]);
    expect(room).toMatchObject({ reach: 4, newest: 4, behind: false });
    room = model.arrived(room, 'e:5', removed);
    // An older edit that comes late does not bring it back.
    room = model.arrived(room, 'e:4', edited);
    expect(room.messages).toEqual([said(1), removed, said(3)]);
    expect(model.arrived(room, 'e:6', said(6)).messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 6]);
  });

  it('catches up with what was edited and removed meanwhile', () => {
    const edited = { ...said(1), text: 'now', edited: new Date(NOON).toISOString() };
    const room = model.arrived(holding(...sayings(1, 3)), 'e:9', said(9));
    const { entries } = log([said(4)]);
    const later = [
      ...entries,
      { seq: 5, kind: 'edit', message: edited },
      { seq: 6, kind: 'unheard of', message: said(3) },
    ];
    const now = model.continued(room, { entries: later, cursor: 'e:8', gap: false });
    expect(now.messages).toEqual([edited, said(2), said(3), said(4)]);
    expect(now).toMatchObject({ reach: 8, newest: 9, behind: true });
  });

  it('knows which of its own messages is the last that is there', () => {
    const own = [1, 2, 3].reduce((room, seq) => model.owned(room, seq, `k${seq}`), holding(...sayings(1, 4)));
    expect(model.lastOwn(own)).toEqual(said(3));
    const removed = model.arrived(own, 'e:5', { ...said(3), text: '', removed: true });
    expect(model.lastOwn(removed)).toEqual(said(2));
    expect(model.lastOwn(holding(...sayings(1, 4)))).toBeUndefined();
  });

  it('is as the server has it, in whatever order live messages and pages come', () => {
    const event = fc.record({ live: fc.boolean(), seq: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), events => {
        let room = holding(...sayings(1, 3));
        for (const { live, seq } of events) {
          if (live) room = model.arrived(room, `e:${seq}`, said(seq));
          else if (room.behind)
            room = model.continued(room, log(sayings(room.reach + 1, Math.min(room.reach + 4, 30))));
          const all = sayings(1, room.reach).map(message => message.seq);
          expect([seqs(room), room.behind]).toEqual([all, room.newest > room.reach]);
        }
      }),
      numRuns(100),
    );
  });

  it('is loaded afresh when it is far behind', () => {
    const room = holding(...sayings(1, 3));
    expect(model.outrun(model.withNewest(room, 'e:253'))).toBe(false);
    expect(model.outrun(model.withNewest(room, 'e:254'))).toBe(true);
  });

  it('holds a limited number of messages, and knows that there are more', () => {
    let room = holding(...sayings(1, 50));
    for (let seq = 51; seq <= model.MAX_HELD_MESSAGES + 400; seq++) room = model.arrived(room, `e:${seq}`, said(seq));
    expect(room.messages.length).toBeLessThanOrEqual(model.MAX_HELD_MESSAGES + 200);
    expect(room.messages.at(-1)!.seq).toBe(model.MAX_HELD_MESSAGES + 400);
    expect(room.older).toBe('more');
    const trimmed = model.trimmed(room, 10);
    expect(trimmed).toMatchObject({ older: 'more', origin: model.MAX_HELD_MESSAGES + 391 });
    expect(trimmed.messages).toHaveLength(10);
  });
});

describe('what is unread', () => {
  const at = (here: string, attended: boolean): ChatState => ({
    ...initialChatState(here),
    attended,
    readPositions: new Map([['lobby', 'e:1']]),
  });
  const told = (state: ChatState, seq: number) => {
    const before = roomIn(state, 'lobby');
    return noticed(withRoom(state, model.arrived(before, `e:${seq}`, said(seq))), 'lobby', before);
  };
  const loaded = (state: ChatState) => withRoom(state, holding(said(1)));
  const unread = (state: ChatState) => listedRooms(state).find(({ name }) => name === 'lobby')!.unread;

  it('is counted in the list and in the title while nobody looks, below a line', () => {
    const state = told(told(loaded(at('side', true)), 2), 3);
    expect(unread(state)).toBe(2);
    expect(titleOf(listedRooms(state), state.here, 'flowchat')).toBe('(2) #side · flowchat');
    expect(roomIn(state, 'lobby').line).toBe(1);
  });

  it('is nothing where a person looks at it', () => {
    const state = told(loaded(at('lobby', true)), 2);
    expect(unread(state)).toBe(0);
    expect(roomIn(state, 'lobby').line).toBeUndefined();
    expect(unread(withRoomRead(told(loaded(at('lobby', false)), 2)))).toBe(0);
  });

  it('is read on from where one stopped, where the newest page does not have that place', () => {
    const newest = page(sayings(951, 1_000));
    expect(startOf(newest, 'e:920')).toBe('e:895');
    expect(startOf(newest, 'e:10')).toBe('e:0');
    expect(startOf(newest, 'e:949')).toBe('e:924');
    for (const mark of ['e:950', 'e:960', 'e:1000', 'f:920', undefined]) expect(startOf(newest, mark)).toBeUndefined();
    const many = page(sayings(MAX_UNREAD + 1_000, MAX_UNREAD + 1_001));
    expect(startOf(many, 'e:1000')).toBeUndefined();
    const room = model.opened(lobby, page(sayings(896, 940)), newest);
    expect(room).toMatchObject({ reach: 940, newest: 1_000, latest: 1_000, behind: true, loaded: true });
    expect(model.lacking(room)).toBe(true);
    expect(model.continued(room, log(sayings(941, 1_000)))).toMatchObject({ reach: 1_000, behind: false });
  });

  it('is marked forward only when another window has read as well', () => {
    const rooms = new Map([['c', { ...model.unknown('c'), epoch: 'e' }]]);
    const mine = new Map(Object.entries({ a: 'e:5', b: 'e:5', c: 'e:5', d: 'e:5' }));
    const theirs = new Map(Object.entries({ a: 'e:3', b: 'e:9', c: 'old:9', d: 'new:1', f: 'e:2' }));
    expect(Object.fromEntries(mergedPositions(mine, theirs, rooms))).toEqual({
      a: 'e:5',
      b: 'e:9',
      c: 'e:5',
      d: 'new:1',
      f: 'e:2',
    });
  });

  it('is kept for the rooms that were read last', () => {
    const readPositions = new Map(Array.from({ length: 1_200 }, (_, index) => [`r${index}`, `e:${index}`]));
    expect(storedReadPositions(readPositions)).toHaveLength(1_000);
    const read = withRoomRead({
      ...initialChatState('r3'),
      readPositions,
      rooms: new Map([['r3', model.opened(model.unknown('r3'), page(sayings(1, 9)))]]),
    });
    expect(storedReadPositions(read.readPositions).at(-1)).toEqual(['r3', 'e:9']);
  });

  it('is never what one wrote oneself', () => {
    expect(unread(wrote(told(loaded(at('lobby', false)), 2), 'lobby', 2))).toBe(0);
  });

  it('is all of a history that was replaced', () => {
    expect(unreadIn(model.withNewest(holding(said(1)), 'f:2'), new Map([['lobby', 'e:1']]))).toBe(2);
  });
});

describe('rooms', () => {
  it.each([
    ['https://a.example/', 'lobby'],
    ['https://a.example/x/#/design', 'design'],
    ['https://a.example/?room=design', 'design'],
    ['https://a.example/#/%C3%9Cber%20Raum!', 'uber-raum'],
    ['https://a.example/#/%E0%A4%A', 'e0-a4-a'],
    ['https://a.example/#/!!!', 'lobby'],
    ['https://a.example/#garden', 'garden'],
    ['https://a.example/#/garden/42', 'garden'],
    ['https://a.example/#', 'lobby'],
    ['https://a.example/?room=tea#/garden', 'garden'],
  ])('are named by the address: %s', (href, room) => {
    expect(addressOf(href).room).toBe(room);
  });

  it.each([
    ['#/garden/42', { room: 'garden', seq: 42 }],
    ['#garden/42', { room: 'garden', seq: 42 }],
    ['#/garden/0', { room: 'garden' }],
    ['#/garden/4x', { room: 'garden' }],
    ['#/garden/', { room: 'garden' }],
  ])('have addresses that lead to a message: %s', (hash, address) => {
    expect(addressOf(`https://a.example/${hash}`)).toEqual(address);
  });

  it.each([
    ['https://a.example/#/!!!', '!!!'],
    ['https://a.example/#/%E6%97%A5%E6%9C%AC%E8%AA%9E', '日本語'],
    ['https://a.example/?room=%E2%80%A6', '…'],
    ['https://a.example/#garden', undefined],
    ['https://a.example/', undefined],
  ])('say so where an address names none: %s', (href, unknown) => {
    expect(addressOf(href).unknown).toBe(unknown);
  });

  it('of signing in says where to go afterwards, which is a page of ours', () => {
    const of = (hash: string) => entryAddressOf(`https://a.example/x/${hash}`);
    expect(of(signInHref('tea'))).toEqual({ how: 'sign-in', to: '#/tea' });
    expect(of('#!sign-in?to=editor/')).toEqual({ how: 'sign-in', to: 'editor/' });
    expect(of('#!sign-in?to=people%2F%23bans')).toEqual({ how: 'sign-in', to: 'people/#bans' });
    expect(of('#!sign-in/provider-failed')).toEqual({ how: 'sign-in', fault: 'provider-failed' });
    for (const to of ['https%3A%2F%2Fevil.example', '%2F%2Fevil.example', 'editor%2F..%2F..%2F', '%23!setup', '%'])
      expect(of(`#!sign-in?to=${to}`)).toEqual({ how: 'sign-in' });
  });

  it('stand in the list by what is new, by where one was, and as people count', () => {
    const names = ['room-10', 'lobby', 'room-2', 'tea', 'room-1', 'news'];
    const rooms = names.map(name => ({ ...model.unknown(name), epoch: 'e', newest: 1, latest: 1 }));
    const readPositions = new Map(names.filter(name => name !== 'news').map(name => [name, 'e:1']));
    const state = { ...withRooms(initialChatState('lobby'), rooms), readPositions, visited: new Set(['tea']) };
    const order = (of: ChatState) => listedRooms(of).map(({ name }) => name);
    expect(order(state)).toEqual(['lobby', 'news', 'tea', 'room-1', 'room-2', 'room-10']);
    // The room on show stays where it was, and goes to its place when it is left.
    const news = withRoomRead(withRoomShown(state, 'news'));
    expect(order(news)).toEqual(order(state));
    const read = new Map(news.readPositions).set('news', 'e:1');
    expect(order(withRoomShown({ ...news, readPositions: read }, 'lobby'))).toEqual([
      'lobby',
      'tea',
      'news',
      'room-1',
      'room-2',
      'room-10',
    ]);
    expect(naturally(['b2', 'b10', 'b1', 'a', 'b02'])).toEqual(['a', 'b1', 'b02', 'b2', 'b10']);
  });

  it('are forgotten when one only looked at them and nobody wrote', () => {
    const looked = withRoom(
      withRoomShown(initialChatState('lobby'), 'mistyped'),
      model.opened(model.unknown('mistyped'), page([], 0)),
    );
    expect(withRoomShown(looked, 'lobby').names).toEqual(['lobby']);
    const outbox = box.posted([], post('a', 'mistyped'), NOON);
    expect(withRoomShown({ ...looked, outbox }, 'lobby').names).toEqual(['lobby', 'mistyped']);
  });

  it('come in one step, however many there are', () => {
    const heads = Array.from({ length: 20_000 }, (_, index) => ({ room: `room-${index}`, cursor: 'e:3', newest: 3 }));
    expect(heads.length).toBeGreaterThan(MANY);
    const spent = processorMs(() => {
      const fresh = withHeads(initialChatState('lobby'), heads, false);
      expect(listedRooms(fresh).slice(0, 2)).toMatchObject([{ name: 'lobby' }, { name: 'room-0', unread: 3 }]);
      expect(roomIn(fresh, 'room-7').line).toBe(0);
      const caughtUp = withHeads(initialChatState('lobby'), heads, true);
      expect(listedRooms(caughtUp).some(({ unread }) => unread > 0)).toBe(false);
      expect(withHeads(caughtUp, heads, false)).toBe(caughtUp);
    });
    expect(spent).toBeLessThan(5_000);
  });

  it('have nothing unread in them where only something became of what was read', () => {
    const heads = (seq: number, newest: number) => [{ room: 'tea', cursor: `e:${seq}`, newest }];
    let state = withHeads(initialChatState('lobby'), heads(3, 3), true);
    const unread = () => listedRooms(state).find(({ name }) => name === 'tea')!.unread;
    state = withHeads(state, heads(5, 3), false);
    expect(unread()).toBe(0);
    state = withRoom(state, model.arrived(roomIn(state, 'tea'), 'e:6', said(2)));
    expect(unread()).toBe(0);
    state = withHeads(state, heads(7, 7), false);
    expect(unread()).toBeGreaterThan(0);
  });

  it('are found by what is typed, and made where there is none of that name', () => {
    const rooms = ['a-tea', 'room-10', 'tea', 'tea-time'].map(name => ({ name, unread: 0, stuck: false }));
    const found = (typed: string) => choices(rooms, typed).map(({ name, isNew }) => (isNew ? `+${name}` : name));
    expect(found('tea')).toEqual(['tea', 'tea-time', 'a-tea']);
    expect(found('room-1')).toEqual(['room-10', '+room-1']);
    expect(found('Über Raum')).toEqual(['+uber-raum']);
    expect(found('日本語')).toEqual([]);
    expect(found('')).toEqual(['a-tea', 'room-10', 'tea', 'tea-time']);
    expect([step(0, -1, 3), step(2, 1, 3), step(0, 1, 3), step(0, 1, 0)]).toEqual([2, 0, 1, -1]);
  });

  it('have names that the server takes, whatever a person types', () => {
    fc.assert(fc.property(fc.string(), typed => expect(roomName(typed)).toMatch(/^([a-z0-9][a-z0-9-]{0,63})?$/)));
  });

  it('follow each other round and round, all of them or those with something new', () => {
    const rooms = ['lobby', 'a', 'b'].map((name, index) => ({ name, unread: index % 2, stuck: false }));
    expect(adjacentRoom(rooms, 'b', 1, false)).toBe('lobby');
    expect(adjacentRoom(rooms, 'lobby', -1, false)).toBe('b');
    expect(adjacentRoom(rooms, 'b', 1, true)).toBe('a');
    expect(adjacentRoom(rooms.slice(0, 1), 'lobby', 1, true)).toBe('lobby');
  });
});

describe('a day', () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it.each([
    ['Africa/Cairo', 2026, 3, 24],
    ['Asia/Beirut', 2026, 2, 29],
    ['America/Santiago', 2026, 8, 6],
    ['America/Havana', 2026, 2, 8],
    ['America/New_York', 2026, 10, 1],
    ['Pacific/Kiritimati', 2026, 10, 22],
  ])('ends at midnight, also where the clock is changed then: %s', (tz, year, month, date) => {
    process.env.TZ = tz;
    for (const day of [date - 1, date, date + 1]) {
      const { start, end } = dayOf(new Date(year, month, day, 12).getTime());
      for (const at of [start, end - 1]) expect(new Date(at).getDate()).toBe(new Date(year, month, day).getDate());
      for (const at of [start - 1, end]) expect(new Date(at).getDate()).not.toBe(new Date(year, month, day).getDate());
      expect(dayOf(end).start).toBe(end);
    }
    const late = new Date(year, month, date + 1, 0, 20).getTime();
    expect(new Calendar('en-GB').day(late, late)).toBe('Today');
  });
});

describe('a name', () => {
  it.each([
    ['ann', 'ann'],
    ['\u202eadmin\u2066', 'admin'],
    ['ann\nbob\u001b', 'annbob'],
    ['\u200b', 'nameless'],
    ['\u3164', 'nameless'],
    ['👩‍🚀', '👩‍🚀'],
    ['نامه\u200cای', 'نامه\u200cای'],
    [`a${'\u0301'.repeat(60)}`, 'a\u0301\u0301\u0301\u0301'],
  ])('is shown without what would change its surroundings: %j', (name, shown) => {
    expect(shownName(name)).toBe(shown);
  });

  it.each([
    ['Ann', 'An'],
    ['Ann Lee', 'AL'],
    ['ann_b.lee', 'AL'],
    ['x', 'X'],
    ['李小龍', '李'],
    ['👩‍🚀 Sam', '👩‍🚀'],
    ['', '?'],
  ])('has initials: %s', (name, letters) => {
    expect(monogram(name)).toBe(letters);
  });
});

describe('a refusal', () => {
  it('has words for people, whatever the server says', () => {
    for (const status of [400, 403, 404, 418, 422, 429, 503, 599])
      for (const words of [roomRefusal({ status }), pauseReason({ status })]) expect(words).toMatch(/^[A-Z][^;:]+$/);
  });

  it('takes what a server says that there is, and nothing of another form', () => {
    expect(aboutOf({ can: ['post'], limits: { text: 9, odd: 'x' }, title: 'x' })).toEqual({
      title: 'x',
      can: ['post'],
      limits: { text: 9 },
    });
    expect(aboutOf({ can: [], limits: {}, watched: true })).toMatchObject({ watched: true });
    for (const odd of [undefined, null, 7, 'x', [], {}, { can: 'post', limits: {} }, { can: [], limits: null }])
      expect(aboutOf(odd)).toBeUndefined();
  });

  it('is told apart by its code from others with its status', () => {
    const of503 = (['server-full', 'graph-stopped', 'rolled-back', 'store-failed'] as const).map(code =>
      pauseReason({ status: 503, code }),
    );
    expect(new Set(of503).size).toBe(of503.length);
    expect(pauseReason({ status: 503, code: 'server-full' })).toBe(pauseReason({ status: 503 }));
  });
});

describe("the server's frames", () => {
  it.each(['', 'null', '[]', '5', '{"type":"later"}', '{"type":"toString"}', '{"type":"ack","key":"k"}', '{"type":'])(
    'are left alone where they are none: %s',
    text => {
      expect(frameOf(text)).toBeUndefined();
    },
  );

  it('are read', () => {
    const frame = { type: 'ack', key: 'k', seq: 1, room: 'lobby', cursor: 'e:1' };
    expect(frameOf(JSON.stringify(frame))).toEqual(frame);
  });
});
