import { dropOldest } from '../model/cached.ts';
import { type AnyPacket, fieldAt } from './fields.ts';

/** Limits: remembered keys, and repetitions of a post after which it is counted again. */
const MAX_KEYS = 10_000;
const MAX_RETRIES = 20;

/** Recognises posts that are repeated under their key, to count them once. */
export class Retries {
  /** Number of repetitions by post, oldest first. */
  readonly #retries = new Map<string, number>();

  /**
   * Counts a repetition of a post. False if the post is new, has no key, or was repeated too often, so that it has to
   * be counted.
   */
  countRetry(post: AnyPacket): boolean {
    const known = keyOf(post);
    const retries = known === undefined ? undefined : this.#retries.get(known);
    if (retries === undefined || retries >= MAX_RETRIES) return false;
    this.#keep(known!, retries + 1);
    return true;
  }

  /** Call for each counted post. */
  counted(post: AnyPacket): void {
    const known = keyOf(post);
    if (known !== undefined) this.#keep(known, 0);
  }

  #keep(known: string, retries: number): void {
    this.#retries.delete(known);
    this.#retries.set(known, retries);
    dropOldest(this.#retries, MAX_KEYS);
  }
}

function keyOf(post: AnyPacket): string | undefined {
  if (fieldAt(post, ['key']) === undefined) return undefined;
  return JSON.stringify(['from', 'room', 'key'].map(name => fieldAt(post, [name])));
}
