import type { Edge, End, Graph, InitialPacket, Node, OuterPort } from '../model/graph.ts';
import type { Direction } from './tree.ts';

/** Prints an edge, `router SHOW -> IN controller`; `mention` prints a node. */
export function edgeWords({ from, to }: Edge, mention = plainly): string {
  const sender = `${mention(from.node)} ${portWords(from)}`;
  return `${sender} -> ${portWords(to)} ${mention(to.node)}`;
}

/** Prints an initial packet's target: `-> MAXLEN storage`. */
export function initialWords({ to }: Pick<InitialPacket, 'to'>): string {
  return `-> ${portWords(to)} ${to.node}`;
}

/** Prints a port with its index, `OUT[1]`. */
export function portWords({ port, index }: Pick<End, 'port' | 'index'>): string {
  return port.toUpperCase() + (index === undefined ? '' : `[${index}]`);
}

function plainly(name: string): string {
  return name;
}

const VALUE = /^[\w.-](?:[\w. -]*[\w.-])?$/;

/** Prints nodes; the first mention of each declares it. */
export class Mentions {
  readonly #undeclared: Set<Node>;
  readonly #first: Map<string, Node>;

  /** `nodes` are those to be declared. */
  constructor(nodes: readonly Node[]) {
    this.#undeclared = new Set(nodes);
    this.#first = new Map(nodes.toReversed().map(node => [node.name, node]));
  }

  has(name: string): boolean {
    return this.#first.has(name);
  }

  declares(node: Node): boolean {
    return this.#first.get(node.name) === node;
  }

  say(name: string): string {
    const node = this.#first.get(name);
    return node && this.#undeclared.delete(node) ? declarationText(node) : name;
  }

  /** Declares the remaining nodes. */
  rest(): string[] {
    const lines = [...this.#undeclared].map(declarationText);
    this.#undeclared.clear();
    return lines;
  }
}

export function declarationText({ name, component }: Node): string {
  return `${name}(${component})`;
}

export function outerText(direction: Direction, { name, node, port }: OuterPort): string {
  return `${direction}PORT=${node}.${port.toUpperCase()}:${name.toUpperCase()}`;
}

export function annotationText(key: string, value: string): string {
  return `# @${key} ${value}`;
}

/** The keys and values of a graph's properties that annotations can express. */
export function annotations(properties: Graph['properties']): [string, string][] {
  return Object.entries(properties).flatMap(([key, value]): [string, string][] => {
    if (key === 'environment' && typeof value === 'object' && value !== null) {
      const { type, ...more } = value as Record<string, unknown>;
      return isValue(type) && Object.keys(more).length === 0 ? [['runtime', type]] : [];
    }
    return /^[\w-]+$/.test(key) && key !== 'runtime' && !(key in Object.prototype) && isValue(value)
      ? [[key, value]]
      : [];
  });
}

/** Prints an initial packet in the style of `like`, the text of the packet that it replaces. */
export function packetText(data: unknown, like = ''): string {
  const quoted = typeof data === 'string' && !like.startsWith('"') && !/[\p{Cc}\u2028\u2029\ufeff]|\\$/u.test(data);
  if (quoted) return `'${data.replaceAll("'", "\\'")}'`;
  const lineEnd = typeof data === 'object' ? /\r\n|\n|\r/.exec(like)?.[0] : undefined;
  const text = JSON.stringify(data, null, lineEnd === undefined ? 0 : 2);
  const safe = text.replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped);
  return lineEnd === undefined ? safe : safe.replaceAll('\n', lineEnd);
}

function isValue(value: unknown): value is string {
  return typeof value === 'string' && VALUE.test(value);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
