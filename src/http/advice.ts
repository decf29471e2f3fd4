/** What stands in the way of others for as long as the owner does not put it right, such as a setting or a proxy's. */
export type Obstacle = 'host' | 'origin' | 'editor origin' | 'upgrade' | 'connections' | 'address';

/** Says of each kind of obstacle what it is and how to remove it, and says it once, however often others meet it. */
export class Advice {
  readonly #warn: (sentence: string) => void;
  readonly #given = new Set<Obstacle>();

  constructor(warn: (sentence: string) => void) {
    this.#warn = warn;
  }

  give(obstacle: Obstacle, sentence: string): void {
    if (this.#given.has(obstacle)) return;
    this.#given.add(obstacle);
    this.#warn(`${sentence} (said once)`);
  }
}
