import type { Component, createNetwork } from 'noflo';
import { inTime } from '../time-limit.ts';
import { loop } from './watchdog.ts';

type Network = Awaited<ReturnType<typeof createNetwork>>;

/** Milliseconds for a revision's nodes to start. */
const START_TIMEOUT_MS = 5000;

/** A node of the expanded graph that does not start. */
export class StartFailure extends Error {
  readonly node: string;

  constructor(node: string, error: unknown) {
    super(`${node} does not start: ${error instanceof Error ? error.message : error}`);
    this.node = node;
  }
}

/** Guards start-up: the first node that throws, rejects or times out fails the start, by name. */
export class StartupGuard {
  readonly #starting = new Set<string>();
  #fault: StartFailure | undefined;
  #over = false;

  get over(): boolean {
    return this.#over;
  }

  failed(node: string, error: unknown): StartFailure {
    this.#fault ??= new StartFailure(node, error);
    return this.#fault;
  }

  /** Watches the creation and set-up of a network's nodes; `slots` are their slots in the watchdog. */
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

  /** Resolves once all nodes have started and opened. Rejects with the first fault, or on timeout. */
  async limit(starting: Promise<unknown>, network: Network): Promise<void> {
    const late = (): never => {
      const [node = 'the graph'] = this.#starting;
      throw this.failed(node, `it takes more than ${START_TIMEOUT_MS / 1000} s`);
    };
    try {
      await inTime(starting, START_TIMEOUT_MS, late);
      if (!this.#fault) await this.#opened(network);
    } finally {
      this.#over = true;
    }
    if (this.#fault) throw this.#fault;
  }

  /** Waits, without a timeout, for nodes that report when their resource is open, such as a database in migration. */
  async #opened({ processes }: Network): Promise<void> {
    for (const { id, component } of Object.values(processes)) {
      try {
        await (component as { opened?(): Promise<void> }).opened?.();
      } catch (error) {
        throw this.failed(id, error);
      }
    }
  }

  /** NoFlo's setUp may return a promise or call back. */
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
