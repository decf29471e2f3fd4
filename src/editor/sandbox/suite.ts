import { isDeepStrictEqual } from 'node:util';
import { type Component, IP, internalSocket } from 'noflo';
import { LineCounter, parseAllDocuments } from 'yaml';
import { type FileFault, printFileFault } from '../../model/refused.ts';

/** Timeout for a packet to leave, in milliseconds. */
const TIMEOUT_MS = 2000;

/** Runs a component as a node, with unconnected wires at its ports. */
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

  /** Starts a component, and sends its initial packets; `wired` are the connected outports, by default all. */
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

  /** Whether a port is a control port. */
  isControl(port: string): boolean {
    return this.#inport(port).options.control === true;
  }

  /** Sends a packet, at a control port as an initial packet. Throws errors of the component. */
  send(port: string, packet: unknown): void {
    const socket = internalSocket.createSocket();
    this.#inport(port).attachSocket(socket);
    socket.post(new IP('data', frozen(packet), { initial: this.isControl(port) }));
  }

  /** The next packet of an outport. Rejects with a sentence after 2 s. */
  async next(port: string): Promise<unknown> {
    const packets = this.#packets.get(port);
    if (!packets) throw new Error(`there is no wire at outport ${port}; there is at ${[...this.#packets.keys()]}`);
    const deadline = performance.now() + TIMEOUT_MS;
    while (packets.length === 0) await this.#arrival(port, deadline - performance.now());
    return packets.shift();
  }

  /** Sends a packet, and returns the next one of the outport `to`. */
  async ask(port: string, packet: unknown, to = 'out'): Promise<unknown> {
    this.send(port, packet);
    return this.next(to);
  }

  /** The outports with unread packets. */
  get left(): readonly string[] {
    return [...this.#packets].filter(([, packets]) => packets.length > 0).map(([port]) => port);
  }

  /** Drops unread packets. */
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

/** The same value, deeply frozen. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(Object.freeze(value))) frozen(part);
  }
  return value;
}

/** An fbp-spec operator with the expected value, and a JSONPath to compare; by default the whole packet. */
export type Expectation = Readonly<Record<string, unknown>> & { readonly path?: string };

/** Compares a value with the expected one. Throws a sentence if the expected value is invalid. */
type Operator = (actual: unknown, expected: unknown) => boolean;

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['equals', isDeepStrictEqual],
  ['type', (actual, expected) => kind(actual) === expected],
  ['above', (actual, expected) => Number(actual) > Number(expected)],
  ['below', (actual, expected) => Number(actual) < Number(expected)],
  ['contains', contains],
  ['haveKeys', (actual, expected) => isDeepStrictEqual(new Set(keys(actual)), new Set(texts(expected)))],
  ['includeKeys', (actual, expected) => texts(expected).every(key => keys(actual).includes(key))],
]);

/** A step of the supported JSONPaths: $.name, ['name'], [0] and [*]. */
const STEP = /\.([A-Za-z_]\w*)|\['([^']+)'\]|\[(\d+|\*)\]/g;

/** How a packet differs from an expectation; undefined if it doesn't. Throws a sentence for an invalid expectation. */
export function unmet(packet: unknown, { path = '$', ...expected }: Expectation): string | undefined {
  const [name = 'nothing', second] = Object.keys(expected);
  const operator = OPERATORS.get(name);
  if (!operator || second !== undefined) {
    throw new Error(`${second ?? name}: expected one of ${[...OPERATORS.keys()].join(', ')}, and with it only path`);
  }
  const found = valuesAt(packet, path);
  if (found.length === 0) return `there is nothing at ${path} in ${JSON.stringify(packet)}`;
  const wrong = found.findIndex(value => !operator(value, expected[name]));
  if (wrong === -1) return;
  return `${path} ${name}: expected ${JSON.stringify(expected[name])}, got ${JSON.stringify(found[wrong])}`;
}

function valuesAt(packet: unknown, path: string): readonly unknown[] {
  const steps = [...path.matchAll(STEP)];
  if (`$${steps.map(([step]) => step).join('')}` !== path)
    throw new Error(`${path} has more than .name ['name'] [0] [*]`);
  const wanted = steps.map(([, name, quoted, index]) => name ?? quoted ?? index);
  const deps = (value: unknown, key?: string) =>
    Object.entries(Object(value)).filter(([at]) => key === '*' || at === key);
  return wanted.reduce<unknown[]>(
    (values, key) => values.flatMap(value => deps(value, key).map(([, part]) => part)),
    [packet],
  );
}

function contains(actual: unknown, expected: unknown): boolean {
  return typeof actual === 'string'
    ? actual.includes(String(expected))
    : Array.isArray(actual) && actual.includes(expected);
}

function kind(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function keys(value: unknown): readonly string[] {
  return Object.keys(Object(value));
}

function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

type Ports<T> = Readonly<Record<string, T>>;
type Many<T> = T | readonly T[];

/** One case of fbp-spec's format. */
interface Case {
  readonly name: string;
  readonly assertion: string;
  /** A sequence needs as many expectations as inputs. */
  readonly inputs: Many<Ports<unknown>>;
  readonly expect: Many<Ports<Many<Expectation>>>;
  /** Line in its file, counted from 1. */
  readonly line: number;
}

/** Cases that run in one node, in order. */
interface Suite {
  readonly name: string;
  /** The component, such as `chat/Router`. */
  readonly topic: string;
  readonly cases: readonly Case[];
}

const all = <T>(value: Many<T>): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Thrown if a component's test file is invalid. */
export class SuiteFault extends Error {
  readonly fault: FileFault;

  constructor(fault: FileFault) {
    super(printFileFault(fault));
    this.fault = fault;
  }
}

/** Parses a test file as fbp-spec's command line does. Throws SuiteFault if it is invalid. */
export function suites(file: string, text: string): readonly Suite[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents))
    throw new SuiteFault({ file, message: 'there is no suite; it needs name, topic and cases' });
  return documents.map(document => {
    const [error] = document.errors;
    const at = (offset: number) => lines.linePos(offset);
    if (error) {
      const { line, col } = at(error.pos[0]);
      throw new SuiteFault({ file, line, column: col, message: error.message });
    }
    const { name, topic, cases, ...others } = Object(document.toJS());
    const [odd] = Object.keys(others);
    if (odd !== undefined)
      throw new SuiteFault({ file, message: `only fbp-spec's command line knows "${odd}"; leave it out` });
    if (typeof topic !== 'string' || !Array.isArray(cases))
      throw new SuiteFault({ file, message: 'a suite needs topic and cases' });
    const lineOf = (i: number) => at(Object(document.getIn(['cases', i], true)).range?.[0] ?? 0).line;
    return { name: name ?? topic, topic, cases: cases.map((one, i) => made(one, file, lineOf(i))) };
  });
}

function made(one: unknown, file: string, line: number): Case {
  const { name = '', assertion = '', inputs, expect } = Object(one);
  if (!inputs || !expect)
    throw new SuiteFault({ file, line, message: 'a case needs name, assertion, inputs and expect' });
  if (all(inputs).length !== all(expect).length) {
    const message = `${name}: ${all(inputs).length} inputs, but ${all(expect).length} expectations`;
    throw new SuiteFault({ file, line, message });
  }
  return { name: String(name), assertion: String(assertion), inputs, expect, line };
}

/** Runs a case in a node as fbp-spec does. Returns the failure, or undefined if it passes; never rejects. */
export async function runCase(node: NodeHarness, { inputs, expect }: Case): Promise<string | undefined> {
  node.forget();
  try {
    for (const [i, packets] of all(inputs).entries()) {
      const wrong = await step(node, packets, all(expect)[i]!);
      if (wrong !== undefined) return wrong;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function step(
  node: NodeHarness,
  packets: Ports<unknown>,
  expected: Ports<Many<Expectation>>,
): Promise<string | undefined> {
  const ports = Object.keys(packets).sort((a, b) => Number(node.isControl(b)) - Number(node.isControl(a)));
  for (const port of ports) node.send(port, packets[port]);
  for (const [port, expectations] of Object.entries(expected)) {
    const packet: unknown = JSON.parse(JSON.stringify(await node.next(port)));
    const wrong = all(expectations)
      .map(one => unmet(packet, one))
      .find(one => one !== undefined);
    if (wrong !== undefined) return `at ${port}: ${wrong}`;
  }
  return node.left.length > 0 ? `packets left at ${node.left.join(', ')} that nobody expects` : undefined;
}
