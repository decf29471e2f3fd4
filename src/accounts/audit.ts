import { chmodSync, existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Something that was done about people, without secrets and without what anybody wrote. */
export interface AuditedDeed {
  readonly what: string;
  /** The id of who did it; `operator` of a command. */
  readonly by?: string;
  /** Whom or what it was done to. */
  readonly on?: string;
  /** A keyed hash of the address. */
  readonly from?: string;
  readonly detail?: string;
}

/** The most that is told of it at once. */
const MAX_TOLD = 500;

/** What was done about people, one JSON object a line in DATA/people.log: only ever appended to. */
export class PeopleLog {
  readonly #file: string;
  readonly #warn: (sentence: string) => void;
  #written: Promise<void> = Promise.resolve();

  constructor(data: string, warn: (sentence: string) => void) {
    this.#file = join(data, 'people.log');
    this.#warn = warn;
  }

  note(deed: AuditedDeed): void {
    const line = `${JSON.stringify({ at: new Date().toISOString(), ...deed })}\n`;
    this.#written = this.#written.then(async () => {
      try {
        const isNew = !existsSync(this.#file);
        await appendFile(this.#file, line, { mode: 0o600 });
        if (isNew) chmodSync(this.#file, 0o600);
      } catch (error) {
        this.#warn(`${this.#file} can't be written, so it lacks "${deed.what}": ${(error as Error).message}`);
      }
    });
  }

  /** The newest deeds, the newest first. */
  async newest(): Promise<readonly object[]> {
    await this.#written;
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(line => line !== '')
      .slice(-MAX_TOLD)
      .reverse()
      .map(line => JSON.parse(line) as object);
  }
}
