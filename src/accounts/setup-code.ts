import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile, replacePrivate } from '../files/contents.ts';
import type { SharedDirectory } from '../store/directory.ts';

/** An unguessable code. */
export const newCode = (): string => randomBytes(24).toString('base64url');

/** The code for the first owner's set-up. It is also in DATA/setup-code until there is an owner, at any process. */
export class SetupCode {
  readonly #file: string;
  readonly #directory: SharedDirectory;
  /** The code shared by all processes; undefined if there is only one, which makes its own. */
  readonly #shared: string | undefined;
  readonly #end: () => void;

  constructor(data: string, directory: SharedDirectory, shared?: string) {
    this.#file = join(data, 'setup-code');
    this.#directory = directory;
    this.#shared = shared;
    this.#end = directory.follow(records => {
      if (records.some(({ kind }) => kind === 'person') && directory.now.owners.length === 1) removeFile(this.#file);
    });
  }

  /** Undefined once there is an owner. */
  now(): string | undefined {
    if (this.#directory.now.owners.length > 0) {
      removeFile(this.#file);
      return;
    }
    const kept = this.#kept();
    const code = this.#shared ?? kept ?? newCode();
    if (kept !== code) replacePrivate(this.#file, `${code}\n`);
    return code;
  }

  close(): void {
    this.#end();
  }

  #kept(): string | undefined {
    try {
      return readFileSync(this.#file, 'utf8').trim();
    } catch {
      return undefined;
    }
  }
}
