import { dropOldest } from '../model/cached.ts';
import { type AnyPacket, fieldAt } from './fields.ts';

/** Keys that are remembered, and how often a post is sent again before it is counted once more. */
const MAX_KEYS = 10_000;
const MAX_RETRIES = 20;

/** Recognises posts that are sent again under their key, so that these are counted once. */
export class Retries {
  /** How often each post was sent again, the oldest first. */
  readonly #retries = new Map<string, number>();

  /** Counts a repetition of a post. False if the post is new, has no key, or was repeated too often, so that it counts itself. */
  countRetry(post: AnyPacket): boolean {
    const known = keyOf(post);
    const retries = known === undefined ? undefined : this.#retries.get(known);
    if (retries === undefined || retries >= MAX_RETRIES) return false;
    this.#keep(known!, retries + 1);
    return true;
  }

  /** Call for each post that is counted. */
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
