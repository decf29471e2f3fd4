import type { Rows } from './credentials.ts';

/** Lifetime of a page's token in milliseconds. */
const LENT_MS = 12 * 3_600_000;

const model = 'lentToken';
interface LentToken {
  readonly id: string;
  readonly person: string;
  readonly until: number;
}

/**
 * Tokens that pages keep in memory, stored as hashes. They end by themselves, or with the person's sessions. Calls
 * reject if the database can't be used.
 */
export class LentTokens {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Stores a token's hash for a page of a person. Returns when it ends. */
  async lend(person: string, hash: string, now = Date.now()): Promise<number> {
    const until = now + LENT_MS;
    await this.#rows.deleteMany({ model, where: [{ field: 'until', operator: 'lte', value: now }] });
    await this.#rows.create({ model, data: { hash, person, until } });
    return until;
  }

  /** The person of a token; undefined if it has ended. */
  async find(hash: string, now = Date.now()): Promise<LentToken | undefined> {
    const good = { field: 'until', operator: 'gt', value: now } as const;
    const found = await this.#rows.findOne<LentToken>({ model, where: [{ field: 'hash', value: hash }, good] });
    return found ?? undefined;
  }

  /** Ends one token, or all of a person. */
  async end(which: { readonly hash: string } | { readonly person: string }): Promise<void> {
    const [[field, value] = ['', '']] = Object.entries(which);
    await this.#rows.deleteMany({ model, where: [{ field, value }] });
  }
}
