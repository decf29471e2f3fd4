import type { Client } from '../message.ts';

/** How changes go live: automatically after a short delay, or on request. */
export type Mode = 'at once' | 'hold';

/**
 * The publish mode: an editor with a publish button holds the draft; it stays held while there are unpublished changes
 * or code.
 */
export class PublishMode {
  readonly #holders = new Set<Client>();
  readonly #needingCode: () => readonly string[];
  #mode: Mode = 'at once';

  /** Drafted code goes live on request only; subgraphs go live with the graph. */
  constructor(needingCode: () => readonly string[]) {
    this.#needingCode = needingCode;
  }

  get mode(): Mode {
    return this.#needingCode().length === 0 ? this.#mode : 'hold';
  }

  /** Sets the mode of one editor. */
  set(client: Client, wanted: boolean): void {
    if (wanted) this.#holders.add(client);
    else this.#holders.clear();
    this.#mode = wanted ? 'hold' : 'at once';
  }

  /** Holds the draft, independently of connected clients. */
  holdForAll(): void {
    this.#mode = 'hold';
  }

  drop(client: Client): void {
    this.#holders.delete(client);
  }

  /** Ends the hold, unless an editor wants it. */
  release(): void {
    if (this.#holders.size === 0) this.#mode = 'at once';
  }
}

/** Milliseconds after the last change until a draft goes live. */
const DEBOUNCE_MS = 300;
/**
 * Additional delay in milliseconds if further changes are likely: a person needs some seconds for the next step of an
 * insertion.
 */
const DOUBTFUL_DEBOUNCE_MS = 20_000;

/** Debounces changes. */
export class Debounce {
  #timer: NodeJS.Timeout | undefined;
  /** Identifies the latest pending work; undefined if there is none. */
  #begun: object | undefined;

  /** Whether work is pending. */
  get isPending(): boolean {
    return this.#begun !== undefined;
  }

  /** Schedules work in place of earlier work, with the longer delay if `isDoubtful` resolves to true. */
  begin(work: () => void, isDoubtful: () => Promise<boolean>): void {
    this.cancel();
    const begun = {};
    this.#begun = begun;
    const wait = async () => {
      const more = (await isDoubtful().catch(() => false)) ? DOUBTFUL_DEBOUNCE_MS : 0;
      if (this.#begun === begun) this.#timer = setTimeout(end, more);
    };
    const end = () => {
      this.cancel();
      work();
    };
    this.#timer = setTimeout(wait, DEBOUNCE_MS);
  }

  /** Cancels pending work. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begun = undefined;
  }
}
