import type { RemovedMessage } from '../../store/store.ts';

/** A text that `redacted` has cut: its beginning. */
const CUT = /^(.+)… \([\d,]+ characters?\)$/s;
/** The strings in a text of JSON, whether it is whole or cut. */
const STRINGS = /"(?:[^"\\]|\\.)*(?:"|$)/g;

/** Recognises copies of messages that were removed. */
export class RemovedMessages {
  readonly #ids = new Set<string>();
  readonly #texts = new Set<string>();

  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  add({ id, texts }: RemovedMessage): void {
    this.#ids.add(id);
    for (const text of texts) if (text !== '') this.#texts.add(text);
  }

  clear(): void {
    this.#ids.clear();
    this.#texts.clear();
  }

  /** Whether one of these ids is that of a removed message. */
  has(ids: Iterable<string>): boolean {
    for (const id of ids) if (this.#ids.has(id)) return true;
    return false;
  }

  /** Whether plain data has a text of a removed message, or its id, also in JSON and where it is cut. */
  isIn(data: unknown): boolean {
    return stringsIn(data).some(text => this.#ids.has(text) || this.#isText(text));
  }

  /** The same for the texts only. */
  isTextIn(data: unknown): boolean {
    return stringsIn(data).some(text => this.#isText(text));
  }

  #isText(text: string): boolean {
    if (this.#texts.has(text)) return true;
    const [, beginning] = CUT.exec(text) ?? [];
    return beginning !== undefined && [...this.#texts].some(removed => removed.startsWith(beginning));
  }
}

/** All strings in plain data, and those in JSON among them. */
function stringsIn(data: unknown): readonly string[] {
  if (typeof data !== 'string') return Object.values(Object(data)).flatMap(stringsIn);
  if (!/^\s*[[{]/.test(data)) return [data];
  return [data, ...Array.from(data.matchAll(STRINGS), ([string]) => unquoted(string))];
}

/** What a string in JSON says; one that is cut is marked as such. */
function unquoted(string: string): string {
  try {
    return JSON.parse(string);
  } catch {
    return string.slice(1);
  }
}

/** Ids of the messages whose texts are in packets: a post has it as `id`, a change as `about`. */
export function shownMessages(data: unknown, ids = new Set<string>()): Set<string> {
  if (typeof data !== 'object' || data === null) return ids;
  const { id, about, text } = data as Record<string, unknown>;
  if (typeof text === 'string' && text !== '') for (const one of [id, about]) if (typeof one === 'string') ids.add(one);
  for (const value of Object.values(data)) shownMessages(value, ids);
  return ids;
}

/** Whether a packet is the receipt of a post that came again after its message had been removed. */
export function isLateRepeat(data: unknown): boolean {
  const { message, kind, changed } = Object(data) as Record<string, unknown>;
  return Object(message).removed === true && kind === undefined && changed === undefined;
}
