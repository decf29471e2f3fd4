/** What the browser keeps between visits, as JSON under a prefix; where it keeps nothing, this does not fail. */
export class Keep {
  readonly #prefix: string;
  readonly #storage: Storage | undefined;

  constructor(prefix: string, storage: () => Storage) {
    this.#prefix = prefix;
    try {
      this.#storage = storage();
    } catch {
      this.#storage = undefined;
    }
  }

  /** What is kept under a name; undefined where there is nothing, or nothing readable. */
  read<T>(name: string): T | undefined {
    try {
      return JSON.parse(this.#storage?.getItem(this.#prefix + name) ?? '') as T;
    } catch {
      return undefined;
    }
  }

  /** Keeps a value, or forgets it where it is undefined. False where the storage is full or forbidden, and has what it had. */
  write(name: string, value: unknown): boolean {
    try {
      if (value === undefined) this.#storage?.removeItem(this.#prefix + name);
      else this.#storage?.setItem(this.#prefix + name, JSON.stringify(value));
      return this.#storage !== undefined;
    } catch {
      return false;
    }
  }

  /** The names that begin like this. */
  names(beginning: string): string[] {
    const start = this.#prefix + beginning;
    return Object.keys(this.#storage ?? {})
      .filter(key => key.startsWith(start))
      .map(key => key.slice(this.#prefix.length));
  }

  /** Calls back with the name of what another window of this browser changed. */
  watch(changed: (name: string) => void): void {
    addEventListener('storage', ({ key, storageArea }) => {
      if (storageArea === this.#storage && key?.startsWith(this.#prefix)) changed(key.slice(this.#prefix.length));
    });
  }
}
