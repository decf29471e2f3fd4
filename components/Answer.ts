import { Component } from 'noflo';
import { type AnyPacket, awaitedId } from '../src/behaviour/fields.ts';
import { settingsReader, wholeAt } from '../src/behaviour/settings.ts';
import { type Template, template } from '../src/behaviour/template.ts';
import type { Reply } from '../src/model/packets.ts';
import { anyPacket, setting } from '../src/model/port-options.ts';

/** What an answer says, and of what MIME type it is. */
interface Body {
  readonly type: string;
  readonly write: Template;
}

const JSON_TYPE = 'application/json';
const HTML: ReadonlyMap<string, string> = new Map(
  Object.entries({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }),
);
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, character => HTML.get(character)!);

/**
 * Reads a template for a body. What is JSON, or is said to be, has templates in its texts; in HTML and XML, what comes in with a
 * packet is escaped. Throws a sentence for what is none of these.
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

/** The object or list that a text says as JSON. */
function jsonIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return;
  }
}

/** Writes JSON whose texts are templates. */
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

/** The reply to what asked with a packet. */
export function answerTo(packet: AnyPacket, status: number, { type, write }: Body): Reply {
  return Object.freeze({ id: awaitedId(packet), status, body: write(packet), type });
}

/** Answers a question itself. */
export const getComponent = () => {
  const status = (value: unknown) => wholeAt('STATUS', value, 200, 299);
  const settings = {
    status: setting({
      datatype: 'int',
      title: 'Status',
      default: 200,
      description: 'Of HTTP, from 200 to 299',
      check: status,
    }),
    type: setting({
      datatype: 'string',
      title: 'Type',
      description: 'MIME type; without one application/json for JSON, else text/plain',
      check: (value: string) => bodyOf('{}', value),
    }),
    body: setting({
      datatype: 'string',
      title: 'Answer',
      lines: 'many',
      required: true,
      description: 'A template such as "Hello {{query.name}}", or JSON with templates in its texts',
      check: (value: string) => bodyOf(value),
    }),
  };
  const read = settingsReader(settings, values => ({
    status: status(values.status),
    body: bodyOf(String(values.body), String(values.type ?? '').trim()),
  }));
  return new Component({
    description: 'Answers a question itself, such as GET /api/hello',
    icon: 'comment-o',
    inPorts: { in: anyPacket('Packet that awaits an answer, such as a question'), ...settings },
    outPorts: { out: { datatype: 'object', schema: 'chat/reply', description: 'Reply with this body' } },
    process(input, output) {
      const said = read(input);
      if (!said) return;
      if (!input.hasData('in')) return output.done();
      output.sendDone({ out: answerTo(input.getData('in'), said.status, said.body) });
    },
  });
};
