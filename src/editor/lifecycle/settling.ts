/** Milliseconds after the last change when a draft goes live, */
const SETTLED = 300;
/** and how many more where it looks as if a change is still to come. */
const DOUBTFUL = 2200;

/** Waits until nothing has changed for a while. */
export class Settling {
  #timer: NodeJS.Timeout | undefined;
  /** What was begun last; undefined where nothing is waited for. */
  #begun: object | undefined;

  /** Whether something has changed and is waited for. */
  get isPending(): boolean {
    return this.#begun !== undefined;
  }

  /** Does a work after a while, longer where `isDoubtful` finds so, and not what was to be done before. */
  begin(work: () => void, isDoubtful: () => Promise<boolean>): void {
    this.calm();
    const begun = {};
    this.#begun = begun;
    const wait = async () => {
      const more = (await isDoubtful().catch(() => false)) ? DOUBTFUL : 0;
      if (this.#begun === begun) this.#timer = setTimeout(end, more);
    };
    const end = () => {
      this.calm();
      work();
    };
    this.#timer = setTimeout(wait, SETTLED);
  }

  /** Waits for nothing any more. */
  calm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begun = undefined;
  }
}
