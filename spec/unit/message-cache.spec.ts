import { describe, expect, it } from '@jest/globals';
import type { Message } from '../../src/model/packets.ts';
import { message } from '../../src/store/message.ts';
import { MessageCache } from '../../src/store/message-cache.ts';

/** A disk with `length` messages in each room, that says what it was asked. */
function disk(length: number) {
  const asked: string[] = [];
  const made = (room: string, seq: number) =>
    message(room, seq, `id-${seq}`, 'ann', null, 'x'.repeat(700), { micros: seq, at: 0 });
  return {
    asked,
    made,
    read(room: string, before: number, limit: number) {
      asked.push(room);
      const end = Math.min(before - 1, length);
      const start = Math.max(1, end - limit + 1);
      const messages: Message[] = Array.from({ length: Math.max(0, end - start + 1) }, (_, i) => made(room, start + i));
      return length > 0 ? { messages, first: 1, last: length } : undefined;
    },
  };
}

const seqs = (recent: MessageCache, room: string) =>
  recent
    .held(room)
    ?.window.after(0, 1e9)
    .map(({ seq }) => seq);

describe('Recent', () => {
  it('asks for a room once, and for no more than its depth', () => {
    const source = disk(9);
    const recent = new MessageCache(source, 4);
    expect([seqs(recent, 'a'), seqs(recent, 'a')]).toEqual([
      [6, 7, 8, 9],
      [6, 7, 8, 9],
    ]);
    expect(recent.held('a')?.first).toBe(1);
    expect(source.asked).toEqual(['a']);
  });

  it('holds nothing of a room that has no messages', () => {
    const source = disk(0);
    const recent = new MessageCache(source);
    expect([recent.held('a'), recent.held('a')]).toEqual([undefined, undefined]);
    expect(source.asked).toEqual(['a', 'a']);
  });

  it('takes a new message in and lets the oldest go', () => {
    const source = disk(9);
    const recent = new MessageCache(source, 3);
    recent.held('a');
    const added = source.made('a', 10);
    expect(recent.add(added)).toBe(added);
    expect(seqs(recent, 'a')).toEqual([8, 9, 10]);
    expect([recent.at('a', 10), recent.at('a', 7), recent.at('b', 1)]).toEqual([added, undefined, undefined]);
  });

  it('asks for what came before a new message only when it is read', () => {
    const source = disk(9);
    const recent = new MessageCache(source, 3);
    recent.add(source.made('a', 10));
    expect(source.asked).toEqual([]);
    expect(seqs(recent, 'a')).toEqual([8, 9, 10]);
  });

  it('gives the object that it has for a message that it has read before', () => {
    const recent = new MessageCache(disk(9), 3);
    const held = recent.held('a')?.window.at(9);
    expect(recent.add(disk(9).made('a', 9))).toBe(held);
  });

  it('begins anew where messages are missing between what it has and what comes', () => {
    const source = disk(13);
    const recent = new MessageCache(source, 3);
    recent.add(source.made('a', 10));
    recent.add(source.made('a', 13));
    expect(seqs(recent, 'a')).toEqual([11, 12, 13]);
  });

  it('drops the rooms that were not used for the longest time when all is too heavy', () => {
    const source = disk(4);
    // Four messages of about 1,000 characters each in a room.
    const recent = new MessageCache(source, 4, 13_000);
    for (const room of ['a', 'b', 'c', 'a', 'd']) recent.held(room);
    source.asked.length = 0;
    for (const room of ['a', 'c', 'd']) recent.held(room);
    expect(source.asked).toEqual([]);
    recent.held('b');
    expect(source.asked).toEqual(['b']);
  });

  it('is not lighter than what it holds after rooms came and went', () => {
    const source = disk(4);
    const recent = new MessageCache(source, 4, 9_000);
    for (let i = 0; i < 50; i++) {
      recent.held(`room-${i}`);
      recent.add(source.made(`room-${i}`, 5));
      recent.add(source.made(`other-${i}`, 5));
    }
    source.asked.length = 0;
    recent.held('room-49');
    expect(source.asked).toEqual([]);
  });

  it('gives the same list of the newest messages until one comes or changes', () => {
    const recent = new MessageCache(disk(4), 4);
    const newest = () => recent.held('a')!.window.before(100, 3);
    const texts = () => newest().map(({ seq, text }) => `${seq}${text[0]}`);
    const first = newest();
    expect(newest()).toBe(first);
    expect(
      recent
        .held('a')!
        .window.before(3, 3)
        .map(({ seq }) => seq),
    ).toEqual([1, 2]);
    recent.add(message('a', 5, 'id-5', 'ann', null, 'yes', { micros: 5, at: 0 }));
    expect(texts()).toEqual(['3x', '4x', '5y']);
    recent.change(6, message('a', 4, 'id-4', 'ann', null, 'no', { micros: 4, at: 0 }));
    expect(texts()).toEqual(['3x', '4n', '5y']);
    expect(first.map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  describe('filled with what was read elsewhere', () => {
    const source = disk(0);
    const from = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, (_, i) => source.made('a', first + i));
    const filled = (first: number, last: number) => {
      const recent = new MessageCache(source, 5);
      recent.fill('a', { messages: from(first, last), first: 1, last });
      return recent;
    };

    it('gives the parts that it has whole, and no others', () => {
      const recent = filled(6, 9);
      const part = (range: object) => recent.slice('a', { limit: 2, ...range })?.messages.map(({ seq }) => seq);
      expect([part({}), part({ before: 8 }), part({ after: 5 }), part({ after: 9 })]).toEqual([
        [8, 9],
        [6, 7],
        [6, 7],
        [],
      ]);
      expect([part({ before: 7 }), part({ limit: 5 }), part({ after: 4 })]).toEqual(Array(3).fill(undefined));
      const micros = (seq: number) => seq / 1e6;
      expect([part({ since: micros(8) }), part({ limit: 9, since: micros(6) })]).toEqual([[9], [7, 8, 9]]);
      expect(part({ limit: 9, since: micros(5) })).toBeUndefined();
      expect(new MessageCache(source).slice('a', { limit: 2 })).toBeUndefined();
      const all = filled(1, 3).slice('a', { limit: 9 });
      expect([all?.messages.length, all?.first, all?.last]).toEqual([3, 1, 3]);
    });

    it('joins it with the messages that came meanwhile, but not with changes', () => {
      const recent = new MessageCache(source, 5);
      recent.add(source.made('a', 10));
      recent.fill('a', { messages: from(6, 9), first: 1, last: 9 });
      expect(recent.slice('a', { limit: 5 })?.last).toBe(10);
      expect(seqs(recent, 'a')).toEqual([6, 7, 8, 9, 10]);

      const changed = new MessageCache(source, 5);
      changed.add(source.made('a', 10));
      changed.change(11, source.made('a', 7));
      changed.fill('a', { messages: from(6, 9), first: 1, last: 9 });
      expect(changed.slice('a', { limit: 5 })).toBeUndefined();
    });

    it('keeps what is newer or more', () => {
      const recent = filled(6, 9);
      recent.fill('a', { messages: from(9, 9), first: 1, last: 9 });
      recent.fill('a', { messages: from(2, 6), first: 1, last: 6 });
      expect(seqs(recent, 'a')).toEqual([5, 6, 7, 8, 9]);
      recent.fill('a', { messages: from(10, 12), first: 1, last: 12 });
      expect(seqs(recent, 'a')).toEqual([10, 11, 12]);
    });
  });
});
