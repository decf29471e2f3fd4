/** What stands in the way of others for as long as the owner does not put it right, such as a setting or a proxy's. */
export type Misconfiguration = 'host' | 'origin' | 'editor origin' | 'upgrade' | 'connections' | 'address';

/** Says of each kind of obstacle what it is and how to remove it, and says it once, however often others meet it. */
export class Advice {
  readonly #warn: (sentence: string) => void;
  readonly #given = new Set<Misconfiguration>();

  constructor(warn: (sentence: string) => void) {
    this.#warn = warn;
  }

  give(kind: Misconfiguration, sentence: string): void {
    if (this.#given.has(kind)) return;
    this.#given.add(kind);
    this.#warn(`${sentence} (said once)`);
  }
}
