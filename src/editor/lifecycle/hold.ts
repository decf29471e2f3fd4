import type { Client } from '../protocol/message.ts';

/** How changes go live: each shortly after it was made, or all when somebody says so. */
export type Mode = 'at once' | 'hold';

/** Which mode holds: an editor that publishes by a button holds the draft, and it stays held while changes wait, or code. */
export class Hold {
  readonly #holders = new Set<Client>();
  readonly #code: { readonly isEmpty: boolean };
  #mode: Mode = 'at once';

  /** Code that is drafted goes live only when somebody publishes it. */
  constructor(code: { readonly isEmpty: boolean }) {
    this.#code = code;
  }

  get mode(): Mode {
    return this.#code.isEmpty ? this.#mode : 'hold';
  }

  /** An editor wants the draft held, or the changes to go live at once. */
  set(client: Client, wanted: boolean): void {
    if (wanted) this.#holders.add(client);
    else this.#holders.clear();
    this.#mode = wanted ? 'hold' : 'at once';
  }

  /** Keeps what waits from going live, whoever is there. */
  keep(): void {
    this.#mode = 'hold';
  }

  leave(client: Client): void {
    this.#holders.delete(client);
  }

  /** It need not be held any more, unless somebody wants that. */
  release(): void {
    if (this.#holders.size === 0) this.#mode = 'at once';
  }
}
