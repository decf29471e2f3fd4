import type { Edge, End, Graph, InitialPacket, Node, OuterPort } from '../model/graph.ts';
import type { Direction } from './tree.ts';
import { LINE_WIDTH } from './tree-edits.ts';

/** An edge as the text has it, `router SHOW -> IN controller`; `mention` says a node. */
export function edgeWords({ from, to }: Edge, mention = plainly): string {
  const sender = `${mention(from.node)} ${portWords(from)}`;
  return `${sender} -> ${portWords(to)} ${mention(to.node)}`;
}

/** Where an initial packet goes, as the text has it: `-> MAXLEN storage`. */
export function initialWords({ to }: Pick<InitialPacket, 'to'>): string {
  return `-> ${portWords(to)} ${to.node}`;
}

/** A port and its index, `OUT[1]`. */
export function portWords({ port, index }: Pick<End, 'port' | 'index'>): string {
  return port.toUpperCase() + (index === undefined ? '' : `[${index}]`);
}

function plainly(name: string): string {
  return name;
}

const VALUE = /^[\w.-](?:[\w. -]*[\w.-])?$/;

/** A whole graph as lines of .fbp: what it is, outer ports, wires, settings. */
export function printGraph(graph: Graph): string[] {
  const mentions = new Mentions(graph.nodes);
  const paragraphs = [
    annotations(graph.properties).map(([key, value]) => annotationText(key, value)),
    [...graph.inports.map(outer => outerText('IN', outer)), ...graph.outports.map(outer => outerText('OUT', outer))],
    chains(graph.edges, mentions),
    mentions.rest(),
    graph.initials.map(initial => `${packetText(initial.data)} ${initialWords(initial)}`),
  ];
  return paragraphs.filter(lines => lines.length > 0).flatMap((lines, at) => (at > 0 ? ['', ...lines] : lines));
}

/** Says nodes; each is declared where it is said first. */
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

  /** Declares those that have not been said. */
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

/** Those of a graph's properties that annotations can hold, as their keys and values. */
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

/** An initial packet as the text has it; written as `like` is, the text of the packet that it replaces. */
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

/** Edges in their order, those that go on where the last one ended on the same line. */
function chains(edges: readonly Edge[], mentions: Mentions): string[] {
  const lines: string[] = [];
  let end: string | undefined;
  for (const edge of edges) {
    const said = edgeWords(edge, name => mentions.say(name));
    const before = lines.at(-1) ?? '';
    const link = said.slice(said.indexOf(' '));
    if (edge.from.node === end && before.length + link.length <= LINE_WIDTH) lines[lines.length - 1] = before + link;
    else lines.push(said);
    end = edge.to.node;
  }
  return lines;
}
