/** Numbers and choices that are the same for the same seed. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1, as mulberry32 makes them. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(most: number): number {
    return Math.floor(this.next() * most);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

type Json = Record<string, unknown>;

/** A message as an editor would send it. */
interface Valid {
  readonly protocol: string;
  readonly command: string;
  readonly payload: Json;
}

const MAIN = 'chat/chat';
const SKETCHES = ['one', 'two', 'three'];
const NODES = ['router', 'controller', 'storage', 'responder', 'sender', 'check', 'limit', 'rooms'];
const MADE = ['a', 'b', 'chat/Router_x4f2a', '__proto__', 'constructor'];
const COMPONENTS = [
  'chat/Router',
  'chat/Responder',
  'chat/CheckPost',
  'core/Repeat',
  'core/RepeatAsync',
  'core/Kick',
  'core/Drop',
  'core/RunInterval',
  'core/Callback',
  'Merge',
  'no/Such',
];
const PORTS = [
  'in',
  'in',
  'out',
  'out',
  'in',
  'out',
  'get',
  'post',
  'show',
  'send',
  'added',
  'store',
  'refused',
  'interval',
  'start',
  '__proto__',
];
const DATA = [
  '50',
  50,
  0,
  null,
  true,
  'memory:fuzz',
  'sqlite:fuzz.db',
  'sqlite:../out.db',
  {},
  [1],
  { method: 'GET', path: '/' },
];

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  -0.5,
  2 ** 53,
  '',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  '../../../etc/passwd',
  'sqlite:/etc/passwd',
  '\u0000',
  '\ud800',
  'ünï😀\u202e',
  'x'.repeat(5000),
  [],
  {},
  [[]],
  { toString: 1, valueOf: null, length: -1 },
];
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toJSON',
  'length',
  'graph',
  'index',
  'metadata',
];

/** Generates valid and invalid messages. */
export class Fuzzer {
  readonly dice: Dice;
  readonly #graphs: readonly string[];
  readonly #kinds: readonly (readonly [string, string])[];

  /** Unless mutated, `tame` messages change neither the live graph nor what other editors hold. */
  constructor(seed: number, { tame = true, code = false } = {}) {
    this.dice = new Dice(seed);
    this.#graphs = [MAIN, ...SKETCHES];
    this.#kinds = commands(tame, code);
  }

  /** Names of commands that this one may send. */
  get kinds(): readonly (readonly [string, string])[] {
    return this.#kinds;
  }

  valid(): Valid {
    const [protocol, command] = this.dice.pick(this.#kinds);
    return { protocol, command, payload: this.#payload(protocol, command) };
  }

  /** A frame, mostly invalid; it is never a command outside `kinds`. */
  frame(secret: unknown): string | Uint8Array {
    const { dice } = this;
    const message: Json = { ...this.valid(), ...(secret !== undefined && { secret }), requestId: 'r' };
    const way = dice.next();
    if (way < 0.35) return JSON.stringify(message);
    if (way < 0.85) return JSON.stringify({ ...message, payload: this.#spoilt(message.payload) });
    if (way < 0.9) return JSON.stringify(this.#hollowed(message));
    if (way < 0.93) return this.#deep(message);
    if (way < 0.98) return this.#torn(JSON.stringify(message));
    return way < 0.99
      ? new TextEncoder().encode(JSON.stringify(message))
      : dice.pick(['', 'null', '[]', '7', '"graph"', '{}', '{']);
  }

  #payload(protocol: string, command: string): Json {
    const { dice } = this;
    const graph = dice.pick(this.#graphs);
    // Mostly existing nodes, so that more than names is tested.
    const node = () => dice.pick(dice.chance(graph === MAIN ? 0.8 : 0.1) ? NODES : MADE);
    const end = () => ({
      node: node(),
      port: dice.pick(PORTS),
      ...(dice.chance(0.1) && { index: dice.below(5) }),
    });
    const metadata = { x: dice.below(2000) - 500, y: dice.below(2000), label: node() };
    if (protocol === 'graph') {
      const src = command.endsWith('initial') ? { data: dice.pick(DATA) } : end();
      const id = command === 'clear' ? dice.pick(SKETCHES) : node();
      const names = { id, name: node(), from: node(), to: node(), public: dice.pick(PORTS), node: node() };
      const port = dice.pick(PORTS);
      return {
        graph,
        ...names,
        port,
        component: dice.pick(COMPONENTS),
        src,
        tgt: end(),
        metadata,
        nodes: [node(), node()],
      };
    }
    if (protocol === 'network') {
      const edges = Array.from({ length: dice.below(4) }, () => ({ src: end(), tgt: end() }));
      return { graph: /^st/.test(command) ? dice.pick(SKETCHES) : graph, enable: true, edges };
    }
    if (protocol === 'runtime')
      return { graph, port: dice.pick(['request', 'in']), event: 'data', payload: question(dice) };
    if (protocol === 'trace') return { graph, type: 'flowtrace.json', buffersize: dice.pick([1, 1000, 1e9]) };
    if (protocol === 'component') {
      const source = {
        name: dice.pick(['Fuzzed', 'Router', '../x']),
        library: 'chat',
        language: dice.pick(['fbp', 'json', 'cobol']),
      };
      return command === 'source'
        ? { ...source, code: dice.pick(['a(core/Repeat) OUT -> IN b(core/Drop)', '{"processes":{}}', 'nonsense ->']) }
        : { name: dice.pick([...COMPONENTS, MAIN]) };
    }
    return {
      graph: undefined,
      on: dice.chance(0.5),
      text: dice.pick(['a(core/Repeat) OUT -> IN b(core/Drop)', 'ann', "'x' -> IN a", '->']),
      number: dice.below(4),
      from: dice.below(4),
      to: dice.below(4),
      request: question(dice),
      note: 'fuzz',
    };
  }

  /** A copy with one to three changes, at any depth. */
  #spoilt(value: unknown): unknown {
    const copy = structuredClone(value);
    for (let i = this.dice.below(3); i >= 0; i -= 1) this.#spoil(copy);
    return copy;
  }

  #spoil(value: unknown): void {
    const { dice } = this;
    if (typeof value !== 'object' || value === null) return;
    const keys = Object.keys(value);
    const key = keys.length > 0 ? dice.pick(keys) : 'x';
    const inner = (value as Json)[key];
    if (typeof inner === 'object' && inner !== null && dice.chance(0.5)) {
      this.#spoil(inner);
      return;
    }
    const way = dice.next();
    if (way < 0.25) delete (value as Json)[key];
    else if (way < 0.75) put(value, key, structuredClone(dice.pick(ODD)));
    else if (way < 0.9) put(value, dice.pick(KEYS), structuredClone(dice.pick(ODD)));
    else put(value, key, { [key]: inner });
  }

  /** Without a field, or with one of a wrong type. */
  #hollowed(message: Json): unknown {
    const key = this.dice.pick(['protocol', 'command', 'payload', 'requestId']);
    const { [key]: _, ...rest } = message;
    return this.dice.chance(0.5)
      ? rest
      : { ...rest, [key]: this.dice.pick(ODD.filter(odd => typeof odd !== 'string')) };
  }

  #deep(message: Json): string {
    const depth = this.dice.pick([20, 40, 95, 150, 10_000]);
    const key = this.dice.pick(['metadata', 'src', 'payload', 'graph', 'request']);
    const payload = JSON.stringify({ ...(message.payload as object), [key]: 'DEEP' });
    const nest = this.dice.chance(0.5)
      ? '['.repeat(depth) + ']'.repeat(depth)
      : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    return JSON.stringify({ ...message, payload: 'HERE' }).replace('"HERE"', () =>
      payload.replace('"DEEP"', () => nest),
    );
  }

  /** Truncated, or with a character replaced: mostly invalid JSON. */
  #torn(text: string): string {
    const at = this.dice.below(text.length);
    if (this.dice.chance(0.5)) return text.slice(0, at);
    return `${text.slice(0, at)}${this.dice.pick(['"', '\\', '{', '\u0000', '\udc00', '}', ',', '1e999'])}${text.slice(at + 1)}`;
  }
}

/** Sets a property, even one with a special name such as `__proto__`. */
function put(into: object, key: string, value: unknown): void {
  if (Array.isArray(into) && key === 'length') return;
  Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
}

function question(dice: Dice): Json {
  const path = dice.pick(['/', '/api/rooms', '/api/rooms/fuzz/messages', '/../x', '/%', 'x']);
  const method = dice.pick(['GET', 'POST', 'DELETE', 'get']);
  return { method, path, query: { limit: '5' }, body: { author: 'ann', text: 'hello' } };
}

const GRAPH =
  'clear addnode addnode addnode removenode renamenode changenode addedge addedge removeedge changeedge addinitial ' +
  'removeinitial addinport removeinport renameinport addoutport removeoutport renameoutport addgroup removegroup ' +
  'renamegroup changegroup';
const TAME: Readonly<Record<string, string>> = {
  graph: `${GRAPH} ${GRAPH}`,
  network: 'start stop getstatus debug edges',
  runtime: 'getruntime packet packet packet',
  trace: 'start stop clear dump',
  flowchat: 'graph difference revisions revision compare rates ways find text parse',
};
const WILD: Readonly<Record<string, string>> = {
  network: 'persist',
  flowchat: 'open hold edit publish discard rollback state try test',
};

function commands(tame: boolean, code: boolean): readonly (readonly [string, string])[] {
  const listed = (all: Readonly<Record<string, string>>) =>
    Object.entries(all).flatMap(([protocol, names]) => names.split(' ').map(name => [protocol, name] as const));
  const once: readonly (readonly [string, string])[] = [
    ['component', 'getsource'],
    ...(code ? ([['component', 'source']] as const) : []),
  ];
  // What has a long answer comes seldom.
  const often = [...listed(TAME), ...once];
  return [...often, ...often, ['component', 'list'], ...(tame ? [] : listed(WILD))];
}
