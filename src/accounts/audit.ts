import { chmodSync, existsSync } from 'node:fs';
import { appendFile, type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replacePrivate } from '../files/contents.ts';
import type { Request } from '../gate/contract.ts';
import { findPath } from '../model/chat-paths.ts';
import type { PeopleAuditEntry } from '../model/directory.ts';
import type { Answer } from '../model/packets.ts';

/** Milliseconds that an entry is kept, and between two looks for older ones. */
export const KEPT_MS = 365 * 86_400_000;
export const PRUNING_MS = 86_400_000;
/** Bytes per read. */
const CHUNK = 65_536;

/** Filters of entries: by kind, by or about a person, before a position. */
export interface AuditQuery {
  readonly what?: string | undefined;
  readonly person?: string | undefined;
  /** The `next` of the previous page. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** A page of entries, newest first. */
export interface AuditPart {
  readonly audit: readonly object[];
  /** The `before` of the next page, if there is one. */
  readonly next?: number;
}

/** The audit log about people. */
export interface AuditLog {
  /** Adds an entry. Entries with equal `once` from several processes are stored once. */
  note(entry: PeopleAuditEntry, once?: string): void;
  /** The newest entries that match, newest first. Rejects if the log can't be read. */
  page(query: AuditQuery): Promise<AuditPart>;
  /** Resolves once everything is written. */
  close(): Promise<void>;
}

/** The room or message in an answer; unchecked, as a graph may answer anything. */
function told(body: string): { readonly room?: string; readonly by?: string } {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}

/**
 * The audited effect of a question on a room or on somebody else's message, judged by the graph's answer; undefined
 * without one. Hidden rooms are not named, nor the partners of direct rooms.
 */
export function roomDeed(
  { method, path, who, body }: Request,
  answer: Answer,
  kindOf: (room: string) => string,
): Pick<PeopleAuditEntry, 'what' | 'on' | 'detail'> | undefined {
  if (answer.status >= 300 || !('body' in answer)) return;
  const { room: named, message, emoji, person } = findPath(path).params ?? {};
  const isMade = path === '/api/rooms' && method === 'POST' && answer.status === 201;
  const room = named ?? (isMade ? told(answer.body).room : undefined);
  if (room === undefined) return;
  const kind = kindOf(room);
  const about = (more: object = {}) => JSON.stringify(kind === 'open' ? { room, ...more } : { kind });
  if (message !== undefined) {
    if (method !== 'DELETE' || emoji !== undefined) return;
    const { by } = told(answer.body);
    return by === who?.id
      ? undefined
      : { what: 'message removed', ...(by !== undefined && { on: by }), detail: about() };
  }
  if (kind === 'direct') return;
  if (isMade) return { what: 'room made', detail: about() };
  if (person !== undefined && method === 'PUT') return { what: 'member added', on: person, detail: about() };
  if (person !== undefined && method === 'DELETE') return { what: 'member removed', on: person, detail: about() };
  const { title, archived } = body;
  return method === 'PATCH' ? { what: 'room changed', detail: about({ title, archived }) } : undefined;
}

const fileIn = (data: string) => join(data, 'people.log');
const lineOf = (entry: PeopleAuditEntry) => `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`;

/** Audits a command in DATA, also beside a running server; does nothing if there are no people. */
export async function noteOrdered(data: string, what: PeopleAuditEntry['what']): Promise<void> {
  if (existsSync(fileIn(data))) await appendFile(fileIn(data), lineOf({ what, by: 'operator' }));
}

/** The audit log about people: one JSON object per line in DATA/people.log, append-only, and pruned after a year. */
export class PeopleLog implements AuditLog {
  readonly #file: string;
  readonly #warn: (sentence: string) => void;
  readonly #pruning: NodeJS.Timeout;
  #written: Promise<void> = Promise.resolve();

  constructor(data: string, warn: (sentence: string) => void) {
    this.#file = fileIn(data);
    this.#warn = warn;
    this.#pruning = setInterval(() => this.prune(), PRUNING_MS).unref();
    this.prune();
  }

  note(entry: PeopleAuditEntry): void {
    const line = lineOf(entry);
    this.#write(`it lacks "${entry.what}"`, async () => {
      const isNew = !existsSync(this.#file);
      await appendFile(this.#file, line, { mode: 0o600 });
      if (isNew) chmodSync(this.#file, 0o600);
    });
  }

  async page({ what, person, before, limit }: AuditQuery): Promise<AuditPart> {
    await this.#written;
    const file = await open(this.#file).catch(() => undefined);
    if (!file) return { audit: [] };
    try {
      const { size } = await file.stat();
      const audit: object[] = [];
      for await (const { text, end } of linesBackwards(file, Math.min(before ?? size, size))) {
        const entry = entryOn(text);
        if (!entry || (what !== undefined && entry.what !== what)) continue;
        if (person !== undefined && entry.by !== person && entry.on !== person) continue;
        if (audit.length === limit) return { audit, next: end };
        audit.push(entry);
      }
      return { audit };
    } finally {
      await file.close();
    }
  }

  /** Deletes entries older than a year. */
  prune(now = Date.now()): void {
    this.#write('what is older than a year is still in it', async () => {
      const text = await readFile(this.#file, 'utf8').catch(() => '');
      const lines = text.split('\n').filter(line => line !== '');
      const first = new Date(now - KEPT_MS).toISOString();
      const kept = lines.filter(line => (entryOn(line)?.at ?? '') >= first);
      if (kept.length < lines.length) replacePrivate(this.#file, kept.map(line => `${line}\n`).join(''));
    });
  }

  close(): Promise<void> {
    clearInterval(this.#pruning);
    return this.#written;
  }

  #write(otherwise: string, work: () => Promise<void>): void {
    this.#written = this.#written.then(work).catch((error: Error) => {
      this.#warn(`${this.#file} can't be written, so ${otherwise}: ${error.message}`);
    });
  }
}

/** The entry on a line; undefined for a damaged line. */
function entryOn(line: string): (PeopleAuditEntry & { readonly at: string }) | undefined {
  try {
    return Object(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** The lines of a file before a position, last one first, each with its end position. */
async function* linesBackwards(file: FileHandle, before: number) {
  let rest = Buffer.alloc(0);
  for (let at = before; at > 0; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK, at));
    at -= chunk.length;
    await file.read(chunk, 0, chunk.length, at);
    rest = Buffer.concat([chunk, rest]);
    for (let cut = rest.lastIndexOf(10, -2); cut >= 0; cut = rest.lastIndexOf(10, -2)) {
      yield { text: rest.toString('utf8', cut + 1), end: at + rest.length };
      rest = rest.subarray(0, cut + 1);
    }
  }
  if (rest.length > 0) yield { text: rest.toString(), end: rest.length };
}
