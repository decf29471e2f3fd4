import { type Component, IP, internalSocket } from 'noflo';

/** Milliseconds that a packet may take to leave. */
const TIMEOUT_MS = 2000;

/** A component that runs as a node does, with a wire at each of its ports and nobody at the other ends. */
export class NodeHarness {
  readonly #component: Component;
  readonly #packets = new Map<string, unknown[]>();
  #arrived = () => {};

  private constructor(component: Component, wired?: readonly string[]) {
    this.#component = component;
    for (const [name, port] of Object.entries(component.outPorts.ports)) {
      if (wired && !wired.includes(name)) continue;
      const packets: unknown[] = [];
      const socket = internalSocket.createSocket();
      socket.on('ip', ({ type, data }: IP) => {
        if (type === 'data') packets.push(data);
        this.#arrived();
      });
      port.attach(socket);
      this.#packets.set(name, packets);
    }
  }

  /** Starts a component, then gives it its initial packets; `wired` are the outports with a wire, all unless given. */
  static async start(
    component: Component & { opened?(): Promise<void> },
    settings: Readonly<Record<string, unknown>> = {},
    { id = 'node', wired }: { id?: string; wired?: readonly string[] } = {},
  ): Promise<NodeHarness> {
    component.nodeId = id;
    const node = new NodeHarness(component, wired);
    await component.start();
    for (const [port, value] of Object.entries(settings)) node.send(port, value);
    await component.opened?.();
    return node;
  }

  /** Whether what comes in by a port is kept as a setting. */
  isControl(port: string): boolean {
    return this.#inport(port).options.control === true;
  }

  /** Sends a packet in, an initial one where the port is a control port. Throws what the component throws. */
  send(port: string, packet: unknown): void {
    const socket = internalSocket.createSocket();
    this.#inport(port).attachSocket(socket);
    socket.post(new IP('data', frozen(packet), { initial: this.isControl(port) }));
  }

  /** The next packet that leaves at a port. Rejects with a sentence where none does in 2 s. */
  async next(port: string): Promise<unknown> {
    const packets = this.#packets.get(port);
    if (!packets) throw new Error(`there is no wire at outport ${port}; there is at ${[...this.#packets.keys()]}`);
    const deadline = performance.now() + TIMEOUT_MS;
    while (packets.length === 0) await this.#arrival(port, deadline - performance.now());
    return packets.shift();
  }

  /** What the node makes of a packet: the next one that leaves at `to`. */
  async ask(port: string, packet: unknown, to = 'out'): Promise<unknown> {
    this.send(port, packet);
    return this.next(to);
  }

  /** The ports with packets that left and nobody took. */
  get left(): readonly string[] {
    return [...this.#packets].filter(([, packets]) => packets.length > 0).map(([port]) => port);
  }

  /** Forgets what left and nobody took. */
  forget(): void {
    for (const packets of this.#packets.values()) packets.length = 0;
  }

  stop(): Promise<void> {
    return this.#component.shutdown();
  }

  #inport(name: string) {
    const port = this.#component.inPorts.ports[name];
    if (!port) throw new Error(`there is no inport ${name}; there is ${Object.keys(this.#component.inPorts.ports)}`);
    return port;
  }

  async #arrival(port: string, patience: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      const late = `nothing left at ${port} in 2 s; packets are at: ${this.left.join(', ') || 'no port'}`;
      timer = setTimeout(() => reject(new Error(late)), patience);
      this.#arrived = resolve;
    });
    clearTimeout(timer);
  }
}

/** The same value, frozen through and through. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(Object.freeze(value))) frozen(part);
  }
  return value;
}
