import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { TurnWriter } from '../../src/delivery/turn-writer.ts';
import { numRuns } from '../support/random.ts';
import { turn } from '../support/topic.ts';

/** A connection that keeps what is written to it; a slow one takes the next write only when `next` is called. */
class Wire extends Writable {
  readonly writes: Buffer[] = [];
  readonly #slow: boolean;
  next = () => {};
  written = () => {};

  constructor({ slow = false } = {}) {
    super({ highWaterMark: 1 });
    this.#slow = slow;
  }

  get text(): string {
    return this.writes.map(String).join('');
  }

  override _write(bytes: Buffer, _: unknown, done: () => void): void {
    this.writes.push(bytes);
    this.written();
    if (this.#slow) this.next = done;
    else done();
  }
}

function connection(options?: { slow: boolean }) {
  const wire = new Wire(options);
  return { wire, writer: new TurnWriter(wire) };
}

const [a, b, c] = ['a', 'b', 'c'].map(text => Buffer.from(text)) as [Buffer, Buffer, Buffer];

// The clock stands still, so that no write takes long.
beforeAll(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.advanceTimersByTime(50));
afterAll(() => void jest.useRealTimers());

describe('TurnWriter', () => {
  it('writes what a connection is sent in one turn at once, in order, at the end of that turn', async () => {
    const { wire, writer } = connection();
    for (const bytes of [a, b, a, c]) writer.send(bytes);
    await Promise.resolve();
    expect(wire.writes).toEqual([]);
    await turn();
    expect(wire.writes.map(String)).toEqual(['abac']);
    writer.send(b);
    await turn();
    expect(wire.writes.map(String)).toEqual(['abac', 'b']);
  });

  it('joins once what many are sent, and copies nothing for a single message', async () => {
    const many = Array.from({ length: 5 }, () => connection());
    for (const bytes of [a, b]) for (const { writer } of many) writer.send(bytes);
    const [one, ...others] = many as [(typeof many)[number], ...typeof many];
    one.writer.send(c);
    await turn();
    expect(one.wire.text).toBe('abc');
    expect(new Set(others.map(({ wire }) => wire.writes[0])).size).toBe(1);
    for (const { writer } of many) writer.send(b);
    await turn();
    for (const { wire } of many) expect(wire.writes.at(-1)).toBe(b);
  });

  it('keeps no more than 64 kB until the end of the turn', async () => {
    const { wire, writer } = connection();
    const large = Buffer.alloc(40_000, 'x');
    writer.send(large);
    expect(writer.backlog).toBe(40_000);
    writer.send(large);
    expect(wire.text).toHaveLength(80_000);
    writer.send(a);
    await turn();
    expect(wire.text).toBe(`${'x'.repeat(80_000)}a`);
  });

  it('counts what is not written yet, and has drained when all of it has left', async () => {
    const { wire, writer } = connection({ slow: true });
    writer.send(a);
    expect(writer.backlog).toBe(1);
    let isOver = false;
    const drained = writer.drained().then(() => {
      isOver = true;
    });
    expect(wire.text).toBe('a');
    writer.send(b);
    expect(writer.backlog).toBe(2);
    await turn();
    expect(isOver).toBe(false);
    wire.next();
    await turn();
    wire.next();
    await drained;
    expect(wire.text).toBe('ab');
    expect(writer.backlog).toBe(0);
  });

  it('waits no longer for a connection that has closed, and writes nothing to it', async () => {
    const { wire, writer } = connection({ slow: true });
    writer.send(a);
    const drained = writer.drained();
    writer.send(b);
    wire.destroy();
    await drained;
    await turn();
    expect(wire.text).toBe('a');
  });

  it('leaves the server nine times as much time after writing to many as that took, at most 50 ms', async () => {
    const { wire, writer } = connection();
    for (const [took, rest] of [
      [3, 27],
      [400, 50],
    ] as const) {
      wire.written = () => void jest.advanceTimersByTime(took);
      writer.send(a);
      await turn();
      wire.written = () => {};
      writer.send(b);
      jest.advanceTimersByTime(rest - 1);
      await turn();
      expect(wire.text).toBe('a');
      writer.send(c);
      jest.advanceTimersByTime(1);
      expect(wire.writes.splice(0).map(String)).toEqual(['a', 'bc']);
    }
  });

  it('gives each connection what it was sent, however turns and connections interleave', async () => {
    const bytes = [a, b, c, Buffer.alloc(30_000, 'l')] as const;
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.tuple(fc.constant('send'), fc.nat({ max: 2 }), fc.nat({ max: 3 })) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('all'), fc.constant(0), fc.nat({ max: 3 })) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('turn', 'flush'), fc.nat({ max: 2 }), fc.constant(0)) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const connections = [connection(), connection(), connection()];
        const sent = ['', '', ''];
        for (const [what, which, kind] of steps) {
          if (what === 'turn') await turn();
          else if (what === 'flush') connections[which]!.writer.flush();
          else
            for (const [i, { writer }] of connections.entries()) {
              if (what === 'send' && i !== which) continue;
              writer.send(bytes[kind]!);
              sent[i] += String(bytes[kind]);
            }
        }
        await turn();
        expect(connections.map(({ wire }) => wire.text)).toEqual(sent);
      }),
      numRuns(100),
    );
  });
});
