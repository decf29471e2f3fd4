import { type Archived, Misplaced } from '../store/archive.ts';
import { message, usualAt } from '../store/message.ts';

/** Reads messages from JSON lines, and checks that each is the next one of its room. */
export class Lines {
  /** The number of the line that was read last. */
  number = 0;
  readonly #name: string;
  readonly #source: AsyncIterable<Buffer>;

  /** `name` is what faults call the source. */
  constructor(name: string, source: AsyncIterable<Buffer>) {
    this.#name = name;
    this.#source = source;
  }

  /** Throws Misplaced where a line is to blame, and a sentence where there is nothing to be read. */
  async *messages(): AsyncGenerator<Archived> {
    const rooms = new Map<string, Archived>();
    const ids = new Set<string>();
    for await (const line of this.#lines()) {
      this.number += 1;
      // npm says first what it runs, to stdout too, unless it is told to be silent.
      if (line.trim() === '' || line.startsWith('> ')) continue;
      const next = parse(line);
      const { room, seq, id, time } = next;
      const last = rooms.get(room) ?? { seq: seq - 1, time: 0 };
      if (seq !== last.seq + 1)
        throw new Misplaced(`seq must be ${last.seq + 1}, the next of room ${room}, not ${seq}`);
      if (time <= last.time) throw new Misplaced(`time must be later than that of the message before in room ${room}`);
      if (ids.has(id)) throw new Misplaced(`the id ${JSON.stringify(id)} is there twice`);
      ids.add(id);
      rooms.set(room, next);
      yield next;
    }
  }

  /** Splits at line feeds only: texts may have every other kind of line break in them. */
  async *#lines(): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let rest = '';
    for await (const chunk of this.#chunks()) {
      const lines = (rest + decode(decoder, chunk)).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
    yield rest + decode(decoder);
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    try {
      yield* this.#source;
    } catch (error) {
      throw new Error(`${this.#name} can't be read: ${(error as Error).message}`);
    }
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new Misplaced('what follows this line is not UTF-8');
  }
}

function parse(line: string): Archived {
  let found: Partial<Archived> | null;
  try {
    found = JSON.parse(line);
  } catch {
    throw new Misplaced('this is no JSON');
  }
  const { room, seq, id, author, text, at, time, key } = Object(found) as Partial<Archived>;
  for (const [name, value] of Object.entries({ room, id, author, text, ...(key !== undefined && { key }) })) {
    if (typeof value !== 'string' || value === '' || !value.isWellFormed() || value.includes('\0')) {
      throw new Misplaced(`${name} must be a text of well-formed Unicode without U+0000 that is not empty`);
    }
  }
  if (!(Number.isSafeInteger(seq) && seq! >= 1)) throw new Misplaced('seq must be a whole number of at least 1');
  if (!(typeof time === 'number' && time > 0 && time < LATEST)) throw new Misplaced('time must be seconds since 1970');
  const clock = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(clock) || new Date(clock).toISOString() !== at)
    throw new Misplaced('at must be an instant such as 2026-11-22T08:00:00.000Z');
  const usual = usualAt(Math.round(time * 1e6));
  if (clock > usual) throw new Misplaced(`at can't be later than ${new Date(usual).toISOString()}, which time says`);
  const kept = message(room!, seq!, id!, author!, text!, { micros: Math.round(time * 1e6), at: clock });
  if (kept.time !== time) throw new Misplaced(`time must be in whole microseconds, such as ${kept.time}`);
  return key === undefined ? kept : { ...kept, key };
}

/** Seconds; about the year 2106, up to which they tell whole microseconds apart. */
const LATEST = 2 ** 32;
