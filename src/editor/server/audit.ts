import { appendFileSync, chmodSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, type Payload } from '../../model/payload.ts';
import { SECRET_FIELD } from '../watch/redact.ts';

/** Who has tried to change what, and how that ended. */
export interface AuditEntry {
  /** The name of the level of the secret: `editor` or `viewer`. */
  readonly by: string;
  /** The connection's number. */
  readonly client: number;
  /** The address, as a keyed hash. */
  readonly from: string;
  readonly protocol: string;
  readonly command: string;
  /** Without the secret. */
  readonly payload: Payload;
  readonly outcome: 'ok' | 'refused' | 'failed';
  /** The sentence with which it was refused, or the error. */
  readonly why?: string;
}

/** What changes something, by the capability that it needs. */
const CHANGING: ReadonlySet<string | undefined> = new Set([
  'protocol:graph',
  'network:control',
  'network:persist',
  'component:setsource',
  'protocol:runtime',
]);
const CHANGING_FLOWCHAT: ReadonlySet<string> = new Set([
  'edit',
  'publish',
  'discard',
  'rollback',
  'accept',
  'hold',
  'check',
]);

/** Whether a command is one for the audit log; `needs` is the capability that it needs. */
export function isAudited(
  said: Pick<AuditEntry, 'protocol' | 'command' | 'payload'>,
  needs: string | undefined,
): boolean {
  if (said.protocol !== 'flowchat') return CHANGING.has(needs);
  return CHANGING_FLOWCHAT.has(said.command) || (said.command === 'open' && said.payload.hold !== undefined);
}

/** Bytes of the log, beyond which it becomes `audit.log.1` and a new one begins. */
const MAX_BYTES = 10 * 1024 * 1024;
/** Characters of a value, and of all of them, that are kept. */
const MAX_TEXT_LENGTH = 100;
const MAX_PAYLOAD_LENGTH = 1000;
const MAX_LIST_ITEMS = 10;
/** Milliseconds in which the places that nodes are dragged to become one line. */
const DRAG_MS = 2000;
const OWN = 0o600;

/** What a chain of drags is so far. */
interface Drag {
  readonly at: string;
  readonly entry: AuditEntry;
  readonly nodes: Set<unknown>;
  readonly timer: NodeJS.Timeout;
}

/**
 * The audit log: a line of JSON for each deed, in `audit.log`, which only the server's user can read. A line that can't be
 * written is lost, and nothing else; `failed` hears of the first of them.
 */
export class Audit {
  readonly #file: string;
  readonly #most: number;
  readonly #failed: (error: Error) => void;
  #drag: Drag | undefined;
  #size: number | undefined;
  #lost = false;

  constructor(folder: string, failed: (error: Error) => void, most = MAX_BYTES) {
    this.#file = join(folder, 'audit.log');
    this.#most = most;
    this.#failed = failed;
  }

  /** Takes a deed down, a drag after a while. Never throws. */
  take(entry: AuditEntry): void {
    // Of an edit that was done, each change is a line; of one that was refused, nothing was done.
    for (const each of entry.outcome === 'ok' ? changesIn(entry) : [entry]) this.#note(each);
  }

  #note(entry: AuditEntry): void {
    if (!isDrag(entry)) {
      this.flush();
      this.#write(new Date().toISOString(), entry, payloadExcerpt(entry.payload));
      return;
    }
    if (this.#drag?.entry.client !== entry.client || this.#drag.entry.payload.graph !== entry.payload.graph) {
      this.flush();
      const timer = setTimeout(() => this.flush(), DRAG_MS).unref();
      this.#drag = { at: new Date().toISOString(), entry, nodes: new Set(), timer };
    }
    this.#drag.nodes.add(entry.payload.id);
  }

  /** Writes what it has held back. To be called before the process ends. */
  flush(): void {
    if (!this.#drag) return;
    const { at, entry, nodes, timer } = this.#drag;
    this.#drag = undefined;
    clearTimeout(timer);
    this.#write(at, entry, payloadExcerpt({ graph: entry.payload.graph, moved: [...nodes] }));
  }

  #write(at: string, { by, client, from, protocol, command, outcome, why }: AuditEntry, what: string): void {
    const reason = why !== undefined && { why: cut(why, MAX_PAYLOAD_LENGTH) };
    const line = JSON.stringify({ at, by, client, from, protocol, command, what, outcome, ...reason });
    try {
      this.#size ??= prepare(this.#file);
      if (this.#size > this.#most) {
        renameSync(this.#file, `${this.#file}.1`);
        this.#size = 0;
      }
      // What was lost may have left half a line.
      const text = `${this.#lost ? '\n' : ''}${line}\n`;
      appendFileSync(this.#file, text, { mode: OWN });
      this.#size += Buffer.byteLength(text);
      this.#lost = false;
    } catch (error) {
      if (!this.#lost) this.#failed(new Error(`${this.#file} can't be written: ${(error as Error).message}`));
      this.#lost = true;
    }
  }
}

/** Makes sure that only its owner can read the file, if there is one. Returns its size. */
function prepare(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return 0;
  chmodSync(file, OWN);
  return found.size;
}

/** The changes that an edit is made of, as if each had come alone. */
function changesIn(entry: AuditEntry): readonly AuditEntry[] {
  const { changes } = entry.payload;
  if (entry.protocol !== 'flowchat' || entry.command !== 'edit' || !Array.isArray(changes)) return [entry];
  return changes.filter(isRecord).map(({ command, payload }) => ({
    ...entry,
    protocol: 'graph',
    command: String(command),
    payload: isRecord(payload) ? payload : {},
  }));
}

/** A changenode that only says where the node is. */
function isDrag({ command, outcome, payload }: AuditEntry): boolean {
  const { metadata } = payload;
  if (command !== 'changenode' || outcome !== 'ok' || !isRecord(metadata)) return false;
  const names = Object.keys(metadata);
  return names.length > 0 && names.every(name => /^(x|y|width|height|selected|pinned)$/.test(name));
}

/** A payload as short JSON: what is long is cut, and what is called a secret is not told. */
export function payloadExcerpt(payload: Payload): string {
  const short = (key: string, value: unknown) => {
    if (SECRET_FIELD.test(key)) return '…';
    if (typeof value === 'string') return cut(value, MAX_TEXT_LENGTH);
    if (Array.isArray(value) && value.length > MAX_LIST_ITEMS) {
      return [...value.slice(0, MAX_LIST_ITEMS), `… (${value.length} in all)`];
    }
    return value;
  };
  return cut(JSON.stringify(payload, short), MAX_PAYLOAD_LENGTH);
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
}
