import mustache from 'mustache';
import { fieldAt, pathOf } from './fields.ts';
import { millisecondsAt } from './settings.ts';

/** Limit of a template and of its result, in characters. */
const MAX_TEMPLATE = 16_000;
const MAX_TEXT = 64_000;

/** Makes a text from a packet: `{{who.name}}` is replaced by that field, or by nothing if it is missing. */
export type Template = (packet: unknown) => string;

/** Escapes a value for a format such as HTML. */
type EscapeText = (text: string) => string;

/** Compiles a mustache template with fields and comments, without sections. Throws a sentence for anything else. */
export function template(text: string, escapeText: EscapeText = plain => plain): Template {
  if (text.length > MAX_TEMPLATE) throw new Error(`a template has at most ${MAX_TEMPLATE} characters`);
  const parts = tokens(text).map(([type, value]) => {
    if (type === 'text') return value;
    if (type === '!') return '';
    if (type === 'name' || type === '&') return pathOf(value);
    throw new Error(`a template has tags of fields such as {{who.name}}, and no {{${type}${value}}}`);
  });
  return packet => {
    let made = '';
    for (const part of parts) made += typeof part === 'string' ? part : escapeText(written(fieldAt(packet, part)));
    if (made.length > MAX_TEXT) throw new Error(`a template made more than ${MAX_TEXT} characters`);
    return made;
  };
}

/**
 * Milliseconds of a time such as `30 s`, or of a template such as `{{params.minutes}} min`, applied to each packet.
 * Throws a sentence for an invalid time or one longer than `most`; a template's result is limited to `most`.
 */
export function timeTemplate(port: string, value: unknown, most: number, tooLong: string): (packet: unknown) => number {
  const text = String(value);
  if (text.includes('{{')) {
    const made = template(text);
    return packet => Math.min(millisecondsAt(port, made(packet)), most);
  }
  const milliseconds = millisecondsAt(port, text);
  if (milliseconds > most) throw new Error(tooLong);
  return () => milliseconds;
}

function tokens(text: string): readonly [type: string, value: string][] {
  try {
    return mustache.parse(text) as unknown as [string, string][];
  } catch (error) {
    throw new Error(`this is no template: ${(error as Error).message}`);
  }
}

function written(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(written).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
