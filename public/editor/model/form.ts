import type { Declared } from './component.ts';
import { quoted } from './sentence.ts';

/** The kind of field that a port is set by. */
export type Kind = 'text' | 'number' | 'choice' | 'switch' | 'json';

export function kindOf({ datatype, values }: Pick<Declared, 'datatype' | 'values'>): Kind {
  if (values.length > 0) return 'choice';
  if (datatype === 'boolean') return 'switch';
  if (['int', 'integer', 'number'].includes(datatype)) return 'number';
  return ['string', 'color', 'date'].includes(datatype) ? 'text' : 'json';
}

/** What stands in the field. */
export function typed(data: unknown, kind: Kind): string {
  if (data === undefined) return '';
  return kind === 'json' && typeof data !== 'string'
    ? JSON.stringify(data, null, 2)
    : typeof data === 'string'
      ? data
      : JSON.stringify(data);
}

export type Parsed = { readonly data: unknown } | { readonly fault: string };

/** The packet that a person means by what is typed; none where the field is empty. A number stays a text where it was one, as in .fbp files. */
export function parsed(text: string, datatype: string, kind: Kind, before: unknown): Parsed {
  const words = text.trim();
  if (kind === 'text') return { data: text === '' ? undefined : text };
  if (words === '') return { data: undefined };
  if (kind === 'number') {
    const number = Number(words);
    if (!Number.isFinite(number)) return { fault: `${quoted(words)} is no number; write one such as 50` };
    if (datatype !== 'number' && !Number.isInteger(number)) return { fault: `${quoted(words)} is no whole number` };
    return { data: typeof before === 'number' ? number : words };
  }
  if (kind === 'switch') return { data: typeof before === 'boolean' ? words === 'true' : words };
  if (kind === 'choice') return { data: words };
  try {
    return { data: JSON.parse(words) };
  } catch {
    // Where any packet will do, what is no JSON is a text.
    if (datatype === 'all' || datatype === 'bang') return { data: text };
    return { fault: 'this is no JSON; write it as in {"key": "value"}' };
  }
}
