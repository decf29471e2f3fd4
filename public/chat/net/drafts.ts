import type { Keep } from './keep.ts';

const shelf = 'draft/';

/**
 * What one is about to send, room by room. Each window has its own drafts, which outlive a reload, and leaves copies
 * behind, which the next window takes where it has none; it removes a copy only where it wrote the same text itself.
 */
export class Drafts {
  readonly #window: Keep;
  readonly #copies: Keep;
  /** What no storage takes. */
  readonly #memory = new Map<string, string>();

  /** `own` lasts as long as the window, `shared` is seen by all windows. */
  constructor(own: Keep, shared: Keep) {
    this.#window = own;
    this.#copies = shared;
  }

  /** Whether a draft would be lost if this window were closed. */
  get atRisk(): boolean {
    return [...this.#memory.values()].some(text => text.trim() !== '');
  }

  /** The draft for a room; empty where there is none. */
  read(room: string): string {
    const name = shelf + room;
    return this.#memory.get(room) ?? this.#window.read<string>(name) ?? this.#copies.read<string>(name) ?? '';
  }

  /** Keeps a draft, or forgets it where it is empty. False where it is only in this window's memory. */
  write(room: string, text: string): boolean {
    const name = shelf + room;
    const before = this.read(room);
    // An empty draft is kept as well, so that the copy of another window does not come in its place.
    const isOwned = this.#window.write(name, text);
    const isCopy = text || this.#copies.read(name) === before;
    const isCopied = isCopy ? this.#copies.write(name, text || undefined) : true;
    const isKept = isOwned || (isCopied && text !== '');
    if (isKept) this.#memory.delete(room);
    else this.#memory.set(room, text);
    return isKept || text === '';
  }

  /** Leaves a copy of each draft that another window has written over in the meantime; to be called when this one is closed. */
  leave(): void {
    for (const name of this.#window.names(shelf)) {
      const text = this.#window.read<string>(name);
      if (text && this.#copies.read(name) === undefined) this.#copies.write(name, text);
    }
  }

  /** Gives up the copies, to make room for what is more important. */
  dropCopies(): void {
    for (const name of this.#copies.names(shelf)) this.#copies.write(name, undefined);
  }
}
