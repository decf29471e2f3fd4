import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { readOpen } from '../../files/contents.ts';
import { secretFault } from '../../settings.ts';
import type { Right } from '../message.ts';

/** The rights of a secret, and the name to log for them. */
export interface Grant {
  readonly rights: ReadonlySet<Right>;
  /** `editor`, `moderator` or `viewer`, or an owner's name. */
  readonly by: string;
}

interface Known {
  readonly secret: string;
  readonly viewSecret: string | undefined;
  readonly settingsSecret?: string | undefined;
  /** Whether `secret` may submit source. */
  readonly code: boolean;
}

/** Limit of a submitted secret, in characters. */
const MAX_SHOWN = 4096;
const OWN = 0o600;
const OTHERS = 0o077;

/** Checks secrets. Stores only digests, and compares them in constant time. */
export class Secrets {
  readonly #known: readonly (readonly [digest: Buffer, level: Grant])[];

  /** Throws if two secrets are equal. */
  constructor({ secret, viewSecret, settingsSecret, code }: Known) {
    if (secret === viewSecret) throw new Error("EDITOR_VIEW_SECRET must differ from the editor's secret");
    if (secret === settingsSecret) throw new Error("EDITOR_SETTINGS_SECRET must differ from the editor's secret");
    const editor: Grant = {
      by: 'editor',
      rights: new Set<Right>(['watch', 'settings', 'edit', ...(code ? ['code' as const] : [])]),
    };
    const viewer: Grant = { by: 'viewer', rights: new Set<Right>(['watch']) };
    const moderator: Grant = { by: 'moderator', rights: new Set<Right>(['settings']) };
    this.#known = [
      [digest(secret), editor],
      ...(settingsSecret === undefined ? [] : ([[digest(settingsSecret), moderator]] as const)),
      ...(viewSecret === undefined ? [] : ([[digest(viewSecret), viewer]] as const)),
    ];
  }

  /** What a submitted secret grants; undefined if it is wrong. */
  rightsOf(shown: unknown): Grant | undefined {
    if (typeof shown !== 'string' || shown.length > MAX_SHOWN) return;
    const shownDigest = digest(shown);
    return this.#known.filter(([known]) => timingSafeEqual(known, shownDigest)).map(([, level]) => level)[0];
  }
}

/** The secret in `data`, generated on first use, readable by the server's user only. Throws a sentence on failure. */
export function loadOrCreateSecret(data: string): string {
  const file = join(data, 'editor-secret');
  const secret = loadOrCreate(file, () => randomBytes(24).toString('base64url'));
  const fault = secretFault(secret);
  if (fault) throw new Error(`${file} holds no good secret: one has ${fault}; delete the file and one is made`);
  return secret;
}

/** This runtime's UUID v4 in `data`, generated on first use. Throws a sentence on failure. */
export function loadOrCreateId(data: string): string {
  const file = join(data, 'runtime-id');
  const id = loadOrCreate(file, randomUUID);
  if (/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i.test(id)) return id;
  throw new Error(`${file} holds no UUID v4; delete the file and one is made`);
}

/** A file's content without its line end; creates the file if it is missing. */
function loadOrCreate(file: string, make: () => string): string {
  try {
    return read(file) ?? create(file, make()) ?? read(file) ?? '';
  } catch (error) {
    throw new Error(`${file} can't be kept: ${(error as Error).message}; mend it, or choose another folder with DATA`);
  }
}

/** Undefined without a file. Makes a file private if others can read it. */
function read(file: string): string | undefined {
  const descriptor = open(file);
  if (descriptor === undefined) return;
  try {
    const text = readOpen(descriptor);
    if (fstatSync(descriptor).mode & OTHERS) fchmodSync(descriptor, OWN);
    return text.replace(/\r?\n$/, '');
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Creates a file atomically. Undefined if another process was faster. */
function create(file: string, content: string): string | undefined {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const descriptor = openSync(temporary, 'wx', OWN);
  try {
    fchmodSync(descriptor, OWN);
    writeSync(descriptor, `${content}\n`);
    fsyncSync(descriptor);
    linkSync(temporary, file);
    return content;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    // Not every file system has hard links.
    if (!/^(EPERM|ENOSYS|ENOTSUP|EOPNOTSUPP)$/.test(code ?? '')) throw error;
    renameSync(temporary, file);
    return content;
  } finally {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
  }
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
