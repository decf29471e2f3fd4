import { excerpt } from '../../model/words.ts';
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
