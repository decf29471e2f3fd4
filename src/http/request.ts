import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import * as v from 'valibot';
import type { Visitor } from '../accounts/accounts.ts';
import { hookPath, isSigned, signedBody } from '../behaviour/signature.ts';
import type { Request } from '../gate/gate.ts';
import { CursorText, OwnerKey, PostKey } from '../model/chat.ts';
import { isBefore, isSameEpoch } from '../model/events.ts';
import { MAX_BODY_BYTES, MAX_KEY_LENGTH, MIN_OWNER_LENGTH } from '../model/limits.ts';
import { RefusalError } from './answer.ts';

const MAX_JSON_DEPTH = 32;

type Fields = Readonly<Record<string, unknown>>;

const NOTHING = Object.freeze({});
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Makes a question of an HTTP request whose URL is relative to BASE_PATH; synchronously if it has no body. Throws or
 * rejects with RefusalError: 400 for a bad encoding, U+0000, a lone surrogate or a broken body, 413 above 64 KiB, 415
 * for a type other than JSON or a form.
 */
export function toRequest(message: IncomingMessage, from: string, visitor: Visitor): Request | Promise<Request> {
  const { method = 'GET', url = '/', headers } = message;
  const cut = url.indexOf('?');
  const { path, token } = hookPath(decode(cut < 0 ? url : url.slice(0, cut)));
  const asked = cut < 0 ? NOTHING : fields(url.slice(cut + 1));
  const query = resumed(asked, headers['last-event-id']);
  const asking = (body: Request['body'], bytes?: Buffer): Request => {
    const key =
      headers['idempotency-key'] === undefined ? undefined : headerText(message, 'Idempotency-Key', PostKey, 1);
    const ownerKey =
      headers['owner-key'] === undefined ? undefined : headerText(message, 'Owner-Key', OwnerKey, MIN_OWNER_LENGTH);
    return {
      method: method === 'HEAD' ? 'GET' : method,
      path,
      query,
      body,
      from,
      who: visitor.who,
      ...(key !== undefined && { key }),
      ...(ownerKey !== undefined && { owner: ownerOf(ownerKey) }),
      ...(bytes && (token !== undefined || isSigned(headers)) && { signed: signedBody(text(bytes), headers, token) }),
    };
  };
  if (method === 'GET' || method === 'HEAD') return asking(NOTHING);
  return readBytes(message).then(async bytes => asking(await fieldsIn(bytes, headers), bytes));
}

/** The hash of an Owner-Key for the graph; it can't be used as key. */
export function ownerOf(ownerKey: string): string {
  return createHash('sha256').update(ownerKey).digest('base64url');
}

/** The value of a header. Throws RefusalError if it is repeated, or has a wrong length. */
function headerText(
  message: IncomingMessage,
  name: string,
  schema: typeof PostKey | typeof OwnerKey,
  shortest: number,
): string {
  // Node joins the values of a repeated header.
  const [value = '', second] = message.headersDistinct[name.toLowerCase()]!;
  if (second === undefined && v.is(schema, value)) return value;
  throw new RefusalError(
    'key-invalid',
    `there is at most one ${name}, and it has ${shortest} to ${MAX_KEY_LENGTH} characters`,
  );
}

/** A cursor of no history: resuming from it reports a gap. */
const LOST = '-:0';

/** `Last-Event-ID` as a query parameter, for clients that can't send the header. */
const LAST_EVENT_ID = /^last-?event-?id$/i;

/**
 * The query with `after` set to where a client resumes an event stream: from the header, or from the address, which may
 * still have the original position. The latest position wins. An invalid cursor yields a gap instead of a refusal, as
 * the client would retry it forever.
 */
function resumed(
  query: Readonly<Record<string, string>>,
  header: string | readonly string[] = '',
): Readonly<Record<string, string>> {
  if (query === NOTHING && header === '') return query;
  const name = Object.keys(query).find(name => LAST_EVENT_ID.test(name));
  const known = [String(header), name === undefined ? '' : query[name]!].filter(id => id !== '');
  if (known.length === 0) return query;
  const cursors = known.map(id => (v.is(CursorText, id) ? id : LOST));
  const began = v.is(CursorText, query.after) ? [query.after] : [];
  return Object.freeze({ ...query, after: [...cursors, ...began].reduce(later) });
}

/** The later of two cursors; the first if they are of different histories. */
function later(one: string, other: string): string {
  return isSameEpoch(one, other) && !isBefore(other, one) ? other : one;
}

function decode(text: string): string {
  if (!text.includes('%')) return clean(text);
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new RefusalError(
      'unreadable',
      'the URL or form has a percent sign that is not followed by UTF-8 in hexadecimal',
    );
  }
  return clean(decoded);
}

function clean(text: string): string {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new RefusalError(
      'character-invalid',
      'the request has the character U+0000 or half a surrogate pair; leave it out',
    );
  }
  return text;
}

/** The fields of a URL-encoded query or form; the last of a repeated one wins. */
function fields(encoded: string): Readonly<Record<string, string>> {
  decode(encoded);
  return Object.freeze(Object.fromEntries(new URLSearchParams(encoded)));
}

function fieldsIn(bytes: Buffer, headers: IncomingHttpHeaders): Fields | Promise<Fields> {
  const type = headers['content-type'] ?? '';
  const [kind] = type.toLowerCase().split(';', 1) as [string];
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new RefusalError(
      'unsupported-media-type',
      `a body with Content-Encoding ${encoding} is not taken; send it plain`,
    );
  if (bytes.length === 0) return NOTHING;
  switch (kind.trim()) {
    case 'application/json':
      return object(text(bytes));
    case 'application/x-www-form-urlencoded':
      return fields(text(bytes));
    case 'multipart/form-data':
      return multipart(bytes, type);
    default:
      throw new RefusalError(
        'unsupported-media-type',
        `the type ${kind || 'of the body'} is not taken; send application/json, application/x-www-form-urlencoded or multipart/form-data`,
      );
  }
}

function readBytes(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = Number(message.headers['content-length'] ?? 0) > MAX_BODY_BYTES ? Number.POSITIVE_INFINITY : 0;
    const tooLarge = () =>
      reject(new RefusalError('payload-too-large', `a body may have ${MAX_BODY_BYTES} bytes at most`));
    if (length > MAX_BODY_BYTES) tooLarge();
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) tooLarge();
      else chunks.push(chunk);
    });
    message.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    // A caller that disconnects within its body gets no answer.
    message.on('error', () => reject(new RefusalError('unreadable', 'the body broke off')));
  });
}

function text(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RefusalError('unreadable', 'the body is not UTF-8');
  }
}

/** The fields of a JSON object, frozen deeply. Throws RefusalError if it is no object, or a text has U+0000 or a lone surrogate. */
export function object(body: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new RefusalError('unreadable', 'this is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RefusalError('unreadable', 'this must be a JSON object, such as {"author":"ann","text":"hi"}');
  }
  frozenJson(value, 1);
  return value as Record<string, unknown>;
}

/** Freezes parsed JSON. Throws RefusalError if it is nested too deep or has an invalid text. */
function frozenJson(value: unknown, depth: number): void {
  if (typeof value === 'string') clean(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_JSON_DEPTH) throw new RefusalError('unreadable', `JSON may be nested ${MAX_JSON_DEPTH} deep at most`);
  for (const [name, part] of Object.entries(value)) {
    clean(name);
    frozenJson(part, depth + 1);
  }
  Object.freeze(value);
}

async function multipart(bytes: Buffer, type: string): Promise<Readonly<Record<string, unknown>>> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
  } catch {
    throw new RefusalError('unreadable', 'the body is not multipart/form-data as its type says');
  }
  const found: Record<string, string> = Object.create(null);
  for (const [name, value] of form) {
    if (typeof value !== 'string') throw new RefusalError('file-refused', `${name} is a file; send it as text`);
    found[clean(name)] = clean(value);
  }
  // Invalid UTF-8 was replaced by U+FFFD above.
  text(bytes);
  return Object.freeze({ ...found });
}
