import { appendFileSync, chmodSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, type Payload } from '../../model/payload.ts';
import { excerpt } from '../../model/words.ts';
import { SECRET_FIELD } from '../watch/redact.ts';

/** An attempted change, with its author and outcome. */
export interface AuditEntry {
  /** The name of the level of the secret: `editor` or `viewer`. */
  readonly by: string;
  /** The connection's number. */
  readonly client: number;
  /** Keyed hash of the address. */
  readonly from: string;
  readonly protocol: string;
  readonly command: string;
  /** Payload without the secret. */
  readonly payload: Payload;
  readonly outcome: 'ok' | 'refused' | 'failed';
  /** Why it was refused, or the error. */
  readonly why?: string;
}

/** Bytes after which the log is rotated to `audit.log.1`. */
const MAX_BYTES = 10 * 1024 * 1024;
/** Limits of a value and of a payload, in characters. */
const MAX_TEXT_LENGTH = 100;
const MAX_PAYLOAD_LENGTH = 1000;
const MAX_LIST_ITEMS = 10;
/** Milliseconds within which drags of nodes are combined into one line. */
const DRAG_MS = 2000;
const OWN = 0o600;

/** A series of drags of a node. */
interface Drag {
  readonly at: string;
  readonly entry: AuditEntry;
  readonly nodes: Set<unknown>;
  readonly timer: NodeJS.Timeout;
}

/**
 * The audit log: a JSON line per entry in `audit.log`, readable by the server's user only. A line that can't be written
 * is lost; `failed` is called for the first such line.
 */
export class Audit {
  readonly #file: string;
  readonly #most: number;
  readonly #failed: (error: Error) => void;
  readonly #also: (lines: readonly string[]) => void;
  #drag: Drag | undefined;
  /** Lines to be written. */
  #lines: string[] = [];
  #size: number | undefined;
  #lost = false;

  /** `also` gets each line as well. */
  constructor(
    folder: string,
    failed: (error: Error) => void,
    most = MAX_BYTES,
    also: (lines: readonly string[]) => void = () => {},
  ) {
    this.#file = join(folder, 'audit.log');
    this.#most = most;
    this.#also = also;
    this.#failed = failed;
  }

  /** Logs an entry; drags are delayed. Never throws. */
  take(entry: AuditEntry): void {
    // Each change of a successful edit gets a line; a refused edit gets a single one.
    for (const each of entry.outcome === 'ok' ? changesIn(entry) : [entry]) this.#note(each);
    this.#write();
  }

  #note(entry: AuditEntry): void {
    if (!isDrag(entry)) {
      this.#endDrag();
      this.#add(new Date().toISOString(), entry, payloadExcerpt(entry.payload));
      return;
    }
    if (this.#drag?.entry.client !== entry.client || this.#drag.entry.payload.graph !== entry.payload.graph) {
      this.#endDrag();
      const timer = setTimeout(() => this.flush(), DRAG_MS).unref();
      this.#drag = { at: new Date().toISOString(), entry, nodes: new Set(), timer };
    }
    this.#drag.nodes.add(entry.payload.id);
  }

  /** Writes delayed lines. Call it before the process ends. */
  flush(): void {
    this.#endDrag();
    this.#write();
  }

  #endDrag(): void {
    if (!this.#drag) return;
    const { at, entry, nodes, timer } = this.#drag;
    this.#drag = undefined;
    clearTimeout(timer);
    this.#add(at, entry, payloadExcerpt({ graph: entry.payload.graph, moved: [...nodes] }));
  }

  #add(at: string, { by, client, from, protocol, command, outcome, why }: AuditEntry, what: string): void {
    const reason = why !== undefined && { why: cut(why, MAX_PAYLOAD_LENGTH) };
    this.#lines.push(`${JSON.stringify({ at, by, client, from, protocol, command, what, outcome, ...reason })}\n`);
  }

  /** Writes all lines at once, as an edit may have thousands. */
  #write(): void {
    const lines = this.#lines.join('');
    if (lines === '') return;
    this.#also(this.#lines);
    this.#lines = [];
    try {
      this.#size ??= prepare(this.#file);
      if (this.#size > this.#most) {
        renameSync(this.#file, `${this.#file}.1`);
        this.#size = 0;
      }
      // A failed write may have left half a line.
      const text = `${this.#lost ? '\n' : ''}${lines}`;
      appendFileSync(this.#file, text, { mode: OWN });
      this.#size += Buffer.byteLength(text);
      this.#lost = false;
    } catch (error) {
      if (!this.#lost) this.#failed(new Error(`${this.#file} can't be written: ${(error as Error).message}`));
      this.#lost = true;
    }
  }
}

/** Makes the file, if it exists, readable by its owner only. Returns its size. */
function prepare(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return 0;
  chmodSync(file, OWN);
  return found.size;
}

/** The changes of an edit, as if they had been sent individually. */
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

/** Whether a changenode only moves the node. */
function isDrag({ command, outcome, payload }: AuditEntry): boolean {
  const { metadata } = payload;
  if (command !== 'changenode' || outcome !== 'ok' || !isRecord(metadata)) return false;
  const names = Object.keys(metadata);
  return names.length > 0 && names.every(name => /^(x|y|width|height|selected|pinned)$/.test(name));
}

/** A payload as JSON, with long values truncated and secrets hidden. */
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
  return text.length > most ? `${excerpt(text, most)} (${text.length} characters)` : text;
}
