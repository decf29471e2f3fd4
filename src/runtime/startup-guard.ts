import type { Component, createNetwork } from 'noflo';
import { loop } from './watchdog.ts';

type Network = Awaited<ReturnType<typeof createNetwork>>;

/** Milliseconds that the nodes of a revision have to start. */
const START_TIMEOUT_MS = 5000;

/** The time in which a revision starts, when whatever fails keeps it from living, and names its node. */
export class StartupGuard {
  readonly #starting = new Set<string>();
  #fault: Error | undefined;
  #over = false;

  get over(): boolean {
    return this.#over;
  }

  failed(node: string, error: unknown): Error {
    this.#fault ??= new Error(`${node} does not start: ${error instanceof Error ? error.message : error}`);
    return this.#fault;
  }

  /** Hears of nodes of a network that can't be made or set up; `slots` are their numbers at the event loop. */
  attend(network: Network, slots: ReadonlyMap<string, number>): void {
    const addNode = network.addNode.bind(network);
    network.addNode = async (node: { id: string }, options: object) => {
      try {
        const process = await (addNode as (...args: unknown[]) => ReturnType<typeof addNode>)(node, options);
        this.#attendSetUp(node.id, process.component!, slots.get(node.id)!);
        return process;
      } catch (error) {
        throw this.failed(node.id, error);
      }
    };
  }

  /** Resolves when all has started and is open. Rejects with the first fault, or when starting takes too long. */
  async limit(starting: Promise<unknown>, network: Network): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const [node = 'the graph'] = this.#starting;
        reject(this.failed(node, `it takes more than ${START_TIMEOUT_MS / 1000} s`));
      }, START_TIMEOUT_MS);
    });
    try {
      await Promise.race([starting, late]);
      clearTimeout(timer);
      if (!this.#fault) await this.#opened(network);
    } finally {
      clearTimeout(timer);
      this.#over = true;
    }
    if (this.#fault) throw this.#fault;
  }

  /**
   * Waits for nodes that say of themselves when what their initial packets name is open, such as a database that is updated;
   * how long that may take is their own affair.
   */
  async #opened({ processes }: Network): Promise<void> {
    for (const { id, component } of Object.values(processes)) {
      try {
        await (component as { opened?(): Promise<void> }).opened?.();
      } catch (error) {
        throw this.failed(id, error);
      }
    }
  }

  /** A setUp gives a promise or calls back, as NoFlo has it. */
  #attendSetUp(node: string, component: Component, slot: number): void {
    const setUp = component.setUp.bind(component);
    component.setUp = async () => {
      this.#starting.add(node);
      try {
        await new Promise<void>((resolve, reject) => {
          const before = loop.enter(slot);
          try {
            const promise: Promise<void> | undefined = setUp(error => (error ? reject(error) : resolve()));
            promise?.then(resolve, reject);
          } finally {
            loop.leave(before);
          }
        });
        this.#starting.delete(node);
      } catch (error) {
        throw this.failed(node, error);
      }
    };
  }
}
