import { type Template, template } from './template.ts';

/** A body of a request or answer, with its MIME type. */
export interface Body {
  readonly type: string;
  readonly write: Template;
}

const JSON_TYPE = 'application/json';
const HTML: ReadonlyMap<string, string> = new Map(
  Object.entries({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }),
);
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, character => HTML.get(character)!);

/**
 * Parses a template of a body. In JSON, judged by the text or type, each string is a template; in HTML and XML, values
 * from packets are escaped. Throws a sentence for an invalid template.
 */
export function bodyOf(text: string, type = ''): Body {
  if (type !== '' && !/^[\w.+-]+\/[\w.+-]+(\s*;\s*[\w-]+=[\w."-]+)*$/.test(type))
    throw new Error(`TYPE must be a MIME type such as text/plain, not "${type.slice(0, 60)}"`);
  const json = type === '' || /\bjson\b/.test(type) ? jsonIn(text) : undefined;
  if (json !== undefined) return { type: type || JSON_TYPE, write: writer(json) };
  if (/\bjson\b/.test(type)) throw new Error('BODY is no JSON; it looks like {"hello": "{{query.name}}"}');
  const isMarkup = /\b(html|xml)\b/.test(type);
  return { type: type || 'text/plain; charset=utf-8', write: template(text, isMarkup ? escapeHtml : undefined) };
}

/** The object or list of a JSON text. */
function jsonIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return;
  }
}

/** Writes JSON whose strings are templates. */
function writer(json: unknown): Template {
  const made = (value: unknown): ((packet: unknown) => unknown) => {
    if (typeof value === 'string') return template(value);
    if (Array.isArray(value)) {
      const all = value.map(made);
      return packet => all.map(each => each(packet));
    }
    if (typeof value !== 'object' || value === null) return () => value;
    const all = Object.entries(value).map(([name, each]) => [name, made(each)] as const);
    return packet => Object.fromEntries(all.map(([name, each]) => [name, each(packet)]));
  };
  const fill = made(json);
  return packet => JSON.stringify(fill(packet));
}
