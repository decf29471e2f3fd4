import { excerpt } from '../../model/words.ts';
import type { RemovedMessage } from '../../store/store.ts';

/** Names of fields whose values must not appear in editors or logs. */
export const SECRET_FIELD = /secret|passw|token|authori[sz]ation|cookie|credential|api-?_?key|private-?_?key/i;
const HIDDEN = '(not shown)';
/** Characters shown of a text. */
const MAX_TEXT_LENGTH = 2048;
/** Entries shown of an object or array. */
const MAX_ENTRIES = 100;
const MAX_LEVELS = 8;
/** Values and characters shown of a whole packet. */
const MAX_VALUES = 1000;
const MAX_CHARACTERS = 16_384;

interface Budget {
  values: number;
  letters: number;
}

/** A short plain-JSON copy of a packet's data without secrets. Omissions are marked. Never throws. */
export function redacted(data: unknown): unknown {
  try {
    return copy(data, { values: MAX_VALUES, letters: MAX_CHARACTERS }, MAX_LEVELS);
  } catch {
    return '(can not be read)';
  }
}

function copy(value: unknown, budget: Budget, levels: number): unknown {
  budget.values -= 1;
  if (budget.values < 0) return '…';
  switch (typeof value) {
    case 'string':
      return shortened(value, budget);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyObject(value, budget, levels);
    case 'undefined':
      return null;
    default:
      return `(a ${typeof value})`;
  }
}

function copyObject(value: object, budget: Budget, levels: number): unknown {
  if (value instanceof Error) return shortened(`${value.name}: ${value.message}`, budget);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '(no date)' : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `(${counted(value.byteLength, 'byte')})`;
  if (levels === 0) return '…';
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ENTRIES).map(item => copy(item, budget, levels - 1));
    const more = value.length - items.length;
    return more > 0 ? [...items, `… ${counted(more, 'more item')}`] : items;
  }
  const keys = Object.keys(value);
  const fields = keys.slice(0, MAX_ENTRIES).map((key): [string, unknown] => {
    const shown = SECRET_FIELD.test(key) ? HIDDEN : copy((value as Record<string, unknown>)[key], budget, levels - 1);
    return [shortened(key, budget), shown];
  });
  const more = keys.length - fields.length;
  return Object.fromEntries(more > 0 ? [...fields, ['…', counted(more, 'more field')]] : fields);
}

function shortened(text: string, budget: Budget): string {
  const most = Math.min(MAX_TEXT_LENGTH, Math.max(0, budget.letters));
  budget.letters -= Math.min(text.length, most);
  if (text.length <= most) return text;
  return `${excerpt(text, most)} (${counted(text.length, 'character')})`;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

/** A text truncated by `redacted`; matches its beginning. */
const CUT = /^(.+)… \([\d,]+ characters?\)$/s;
/** The strings in JSON text, which may be truncated. */
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

  /** Whether one of the ids belongs to a removed message. */
  has(ids: Iterable<string>): boolean {
    for (const id of ids) if (this.#ids.has(id)) return true;
    return false;
  }

  /** Whether plain data contains the text or the id of a removed message, also within JSON and truncated texts. */
  isIn(data: unknown): boolean {
    return stringsIn(data).some(text => this.#ids.has(text) || this.#isText(text));
  }

  /** As `isIn`, for texts only. */
  isTextIn(data: unknown): boolean {
    return stringsIn(data).some(text => this.#isText(text));
  }

  #isText(text: string): boolean {
    if (this.#texts.has(text)) return true;
    const [, beginning] = CUT.exec(text) ?? [];
    return beginning !== undefined && [...this.#texts].some(removed => removed.startsWith(beginning));
  }
}

/** All strings in plain data, including those in JSON texts. */
function stringsIn(data: unknown): readonly string[] {
  if (typeof data !== 'string') return Object.values(Object(data)).flatMap(stringsIn);
  if (!/^\s*[[{]/.test(data)) return [data];
  return [data, ...Array.from(data.matchAll(STRINGS), ([string]) => unquoted(string))];
}

/** The value of a JSON string; a truncated one is marked as such. */
function unquoted(string: string): string {
  try {
    return JSON.parse(string);
  } catch {
    return string.slice(1);
  }
}

/** Ids of the messages whose texts are in a packet: `id` in a post, `about` in a change. */
export function shownMessages(data: unknown, ids = new Set<string>()): Set<string> {
  if (typeof data !== 'object' || data === null) return ids;
  const { id, about, text } = data as Record<string, unknown>;
  if (typeof text === 'string' && text !== '') for (const one of [id, about]) if (typeof one === 'string') ids.add(one);
  for (const value of Object.values(data)) shownMessages(value, ids);
  return ids;
}

/** Whether a packet is the receipt of a repeated post whose message was removed meanwhile. */
export function isLateRepeat(data: unknown): boolean {
  const { message, kind, changed } = Object(data) as Record<string, unknown>;
  return Object(message).removed === true && kind === undefined && changed === undefined;
}
