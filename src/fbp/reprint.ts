import { equal } from './same.ts';
import { find, type Json, memberOf, plain } from './shape.ts';

const BRACKETS = { array: ['[', ']'], object: ['{', '}'] } as const;

/** One value of an object or array, and what stands for it so far: the value, or the member where it has a name. */
export interface Slot {
  readonly name?: string;
  readonly value: unknown;
  readonly before?: Json | undefined;
}

/** An object or array of which is known what each of its values was; those that were keep their order. */
export class Slots {
  readonly type: 'array' | 'object';
  readonly list: readonly Slot[];

  constructor(type: 'array' | 'object', list: readonly Slot[]) {
    this.type = type;
    this.list = list;
  }
}

/** Prints JSON as another value, with the smallest difference to its text. */
export class Reprint {
  readonly #text: string;
  readonly #eol: string;
  readonly #unit: string;

  constructor(text: string) {
    this.#text = text;
    this.#eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
    this.#unit = /[\n\r]([ \t]+)"/.exec(text)?.[1] ?? '  ';
  }

  /** `value` may have `Slots` within. */
  print(before: Json, value: unknown): string {
    const { type, offset, length } = before;
    if (value instanceof Slots && value.type === type) return this.#container(before, value.list);
    if (!(value instanceof Slots) && equal(plain(before), value)) return this.#text.slice(offset, offset + length);
    if (type === 'array' && Array.isArray(value)) return this.#container(before, paired(before, value));
    const isObject = !(value instanceof Slots) && typeof value === 'object' && value !== null && !Array.isArray(value);
    if (type === 'object' && isObject) return this.#container(before, named(before, value));
    return this.#fresh(value, this.#indent(offset), false);
  }

  #container(before: Json, slots: readonly Slot[]): string {
    const { offset, length, children = [] } = before;
    const [open, close] = BRACKETS[before.type === 'array' ? 'array' : 'object'];
    if (slots.length === 0)
      return children.length === 0 ? this.#text.slice(offset, offset + length) : `${open}${close}`;
    const leads = new Map(
      children.map((child, at) => [child, this.#text.slice(endOf(children[at - 1], offset), child.offset)]),
    );
    const indent = this.#indent(offset);
    const last = children.at(-1);
    const usual = last ? (leads.get(last) ?? '').replace(',', '') : this.#eol + indent + this.#unit;
    const texts = slots.map((slot, at) => {
      const lead = leads.get(slot.before as Json) ?? usual;
      const comma = at > 0 && !lead.includes(',') ? ',' : '';
      return comma + (at === 0 ? lead.replace(',', '') : lead) + this.#slot(slot, last, usual);
    });
    const tail = last ? this.#text.slice(endOf(last, offset), offset + length - 1) : this.#eol + indent;
    return `${open}${texts.join('')}${tail}${close}`;
  }

  #slot({ name, value, before }: Slot, sibling: Json | undefined, lead: string): string {
    const [key, inner] = before?.type === 'property' ? (before.children ?? []) : [undefined, before];
    const indent = /[\n\r]([ \t]*)$/.exec(lead)?.[1] ?? '';
    const isShort = sibling !== undefined && !/[\n\r]/.test(this.#text.slice(sibling.offset, endOf(sibling, 0)));
    const said = inner ? this.print(inner, value) : this.#fresh(value, indent, isShort);
    if (name === undefined) return said;
    const isSame = key && inner && key.value === name;
    return (isSame ? this.#text.slice(key.offset, inner.offset) : `${JSON.stringify(name)}: `) + said;
  }

  #fresh(value: unknown, indent: string, isShort: boolean): string {
    if (value instanceof Slots) return this.#freshSlots(value, indent);
    const text = JSON.stringify(value, null, this.#unit);
    return isShort ? text.replaceAll(/\n[ \t]*/g, ' ') : text.replaceAll('\n', this.#eol + indent);
  }

  #freshSlots({ type, list }: Slots, indent: string): string {
    const lead = this.#eol + indent + this.#unit;
    const [open, close] = BRACKETS[type];
    if (list.length === 0) return open + close;
    const texts = list.map(slot => lead + this.#slot(slot, undefined, lead));
    return open + texts.join(',') + this.#eol + indent + close;
  }

  /** White space at the start of the line of an offset. */
  #indent(offset: number): string {
    const start = Math.max(this.#text.lastIndexOf('\n', offset - 1), this.#text.lastIndexOf('\r', offset - 1)) + 1;
    return /^[ \t]*/.exec(this.#text.slice(start, offset))?.[0] ?? '';
  }
}

function endOf(before: Json | undefined, parent: number): number {
  return before ? before.offset + before.length : parent + 1;
}

function named(before: Json, value: object): Slot[] {
  const members = (before.children ?? []).map(json => ({ json, name: memberOf(json)[0]?.name ?? '' }));
  const kept = members.flatMap(({ json, name }) =>
    Object.hasOwn(value, name) && find(before, name) === json.children?.[1]
      ? [{ name, value: (value as Record<string, unknown>)[name], before: json }]
      : [],
  );
  const names = new Set(kept.map(({ name }) => name));
  const added = Object.entries(value).filter(([name]) => !names.has(name));
  return [...kept, ...added.map(([name, inner]) => ({ name, value: inner }))];
}

/** The values of an array: the same from the start on, the same up to the end, and between them one for another. */
function paired({ children = [] }: Json, values: readonly unknown[]): Slot[] {
  const isSame = (json: Json | undefined, value: unknown) => json !== undefined && equal(plain(json), value);
  const most = Math.min(children.length, values.length);
  let start = 0;
  while (start < most && isSame(children[start], values[start])) start += 1;
  let end = 0;
  while (end < most - start && isSame(children.at(-1 - end), values.at(-1 - end))) end += 1;
  return values.map((value, at) => {
    const isEnd = at >= values.length - end;
    const from = isEnd ? at - values.length + children.length : at;
    return { value, before: isEnd || from < children.length - end ? children[from] : undefined };
  });
}
