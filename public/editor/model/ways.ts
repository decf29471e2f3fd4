import { slotId } from './card.ts';
import { edgeKey } from './graph.ts';
import { fields, list, text, wireOf } from './json.ts';
import { outerId } from './outers.ts';
import { type Scene, standIn } from './scene.ts';

/** One node on the way of a question. */
export interface Step {
  readonly node: string;
  readonly ms: number;
  /** The wire by which it was reached; nothing for the first one. */
  readonly edge: string | undefined;
  readonly input: unknown;
  readonly output: unknown;
  /** The outport by which it was left. */
  readonly port: string;
  /** The wires of outer ports by which it was reached, and left. */
  readonly outers: readonly string[];
}

/** What happened to a message or a request. */
export interface Way {
  readonly id: string;
  /** 0 where it was tried in the draft. */
  readonly revision: number;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** The port where it was put in as a packet, as `IN of check`; empty for a message or a request. */
  readonly entry: string;
  /** 0 where it came to no answer, as none was due. */
  readonly status: number;
  readonly ms: number;
  /** The node that refused it or failed; empty where none has. */
  readonly node: string;
  readonly detail: string;
  readonly steps: readonly Step[];
}

function stepOf(value: unknown): Step {
  const { node, ms, edge, in: input, out: output, port, inport, outport } = fields(value);
  const outer = (side: 'in' | 'out', name: unknown) => (name ? [outerId(side, text(name).toLowerCase())] : []);
  return {
    node: text(node),
    ms: Number(ms) || 0,
    edge: fields(edge).src ? edgeKey(wireOf(edge)) : undefined,
    input,
    output,
    port: text(port).toLowerCase(),
    outers: [...outer('in', inport), ...outer('out', outport)],
  };
}

/** Reads a way as `flowchat:way` tells it. */
export function wayOf(payload: unknown): Way {
  const way = fields(payload);
  return {
    id: text(way.id),
    revision: Number(way.revision) || 0,
    at: text(way.at),
    method: text(way.method),
    path: text(way.path),
    entry: '',
    status: Number(way.status) || 0,
    ms: Number(way.ms) || 0,
    node: text(way.node),
    detail: text(way.detail),
    steps: list(way.steps).map(stepOf),
  };
}

/** The newest first, each once, at most `most`. One that is told again has gone on since, and stays where it is. */
export function withWay(ways: readonly Way[], way: Way, most = 200): readonly Way[] {
  if (ways.some(({ id }) => id === way.id)) return ways.map(each => (each.id === way.id ? way : each));
  return [way, ...ways].slice(0, most);
}

/** With those that the server has kept; the newest first, each once, at most `most`. */
export function withKept(ways: readonly Way[], kept: readonly Way[], most = 200): readonly Way[] {
  const all = new Map([...kept, ...ways].map(way => [way.id, way]));
  return [...all.values()].toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, most);
}

/** Of the ways on which a message was, the newest first, the one that made it: those that only read it came later. */
export const wayOfMessage = (ways: readonly Way[]): Way | undefined =>
  ways.findLast(({ method }) => method !== 'GET') ?? ways.at(-1);

/** What lights up on the picture. */
export interface Lit {
  /** Milliseconds by node, and the number of the step. */
  readonly nodes: ReadonlyMap<string, { readonly ms: number; readonly step: number; readonly failed: boolean }>;
  readonly edges: ReadonlySet<string>;
}

export function lit({ steps, node: failed }: Way): Lit {
  const nodes = new Map<string, { ms: number; step: number; failed: boolean }>();
  steps.forEach(({ node, ms }, index) => {
    const before = nodes.get(node);
    nodes.set(node, { ms: (before?.ms ?? 0) + ms, step: before?.step ?? index + 1, failed: node === failed });
  });
  return { nodes, edges: new Set(steps.flatMap(({ edge, outers }) => [...outers, ...(edge ? [edge] : [])])) };
}

/** The lines of frames that lead a way on from a wire that is lit, by their ids. */
export function litLines(way: Way, { graph, frames }: Pick<Scene, 'graph' | 'frames'>): ReadonlySet<string> {
  const lines = new Set<string>();
  if (frames.size === 0) return lines;
  const wires = [...lit(way).edges].flatMap(key => graph.edges.get(key) ?? []);
  const key = (side: 'in' | 'out', node: string, slot: string) => `${side}\n${node}\n${slot}`;
  const ends = new Set(
    wires.flatMap(({ from, to }) => [key('out', from.node, slotId(from)), key('in', to.node, slotId(to))]),
  );
  // Outer frames come first, so that a line to a frame in a frame is known before what leads on from there.
  for (const [frame, { lines: all }] of frames)
    for (const { id, side, slot, node, inner } of all) {
      if (!ends.has(key(side, frame, slot))) continue;
      lines.add(id);
      ends.add(key(side, node, inner));
    }
  return lines;
}

/** How a node looks while a way is lit; a subgraph as what is in it, unless that is seen by itself. */
export function wayAt({ steps, node: failed }: Way, path: string, open: boolean): 'failed' | 'lit' | 'dark' {
  const within = (name: string) => name === path || name.startsWith(`${path}/`);
  if (failed === path || (!open && within(failed))) return 'failed';
  return steps.some(({ node }) => within(node)) || (failed !== '' && within(failed)) ? 'lit' : 'dark';
}

/** What became of it, in words. */
export function verdict({ status, node, detail }: Way): string {
  if (status === 0) return 'went through, and came to no answer';
  if (status < 400) return 'answered';
  const by = node ? ` by ${node}` : '';
  return `${status < 500 ? 'refused' : 'failed'}${by}${detail ? `: ${detail}` : ''}`;
}

/** What it is the way of. */
export const subject = ({ entry, method, path }: Way): string =>
  entry ? `a packet at ${entry}` : [method, path].filter(Boolean).join(' ');

/** Where it went: in the draft, or in a revision that was live. */
export const place = ({ revision }: Way): string => (revision > 0 ? `in revision ${revision}` : 'tried in the draft');

/** What way it is, where it went and what became of it, in one sentence. */
export function headline(way: Way): string {
  const { status, node } = way;
  const end = status < 400 ? 'answered' : status < 500 ? 'refused' : 'failed';
  const outcome =
    status === 0 ? 'came to no answer' : `${end} with ${status}${status >= 400 && node ? ` by ${node}` : ''}`;
  return `Trace of ${subject(way)}, ${place(way)}: ${outcome}`;
}

/** Its nodes that are not on the picture, nor in what is closed there. */
export const missing = ({ steps }: Way, scene: Scene): ReadonlySet<string> =>
  new Set(steps.map(({ node }) => node).filter(node => standIn(scene, node) === undefined));

/** Who said what in it; nothing where no packet on the way is what somebody has written. */
export function said({ steps }: Way): string | undefined {
  for (const packet of steps.flatMap(({ input, output }) => [input, output])) {
    const { author, text: words } = fields(packet);
    if (typeof author === 'string' && typeof words === 'string') return `${author}: ${words}`;
  }
  return undefined;
}

/** Milliseconds as a person reads them. */
export const duration = (ms: number): string =>
  ms >= 1000
    ? `${(ms / 1000).toFixed(1)} s`
    : ms >= 10
      ? `${Math.round(ms)} ms`
      : ms >= 0.1
        ? `${ms.toFixed(1)} ms`
        : `${Math.round(ms * 1000)} µs`;
