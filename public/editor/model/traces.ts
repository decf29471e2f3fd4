import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { slotId } from './card.ts';
import { edgeKey } from './graph.ts';
import { fields, wireOf } from './json.ts';
import { outerId } from './outers.ts';
import { type Scene, visibleNode } from './scene.ts';

/** One node of a trace. */
export interface TraceStep {
  readonly node: string;
  readonly ms: number;
  /** The wire by which it was reached; undefined for the first node. */
  readonly edge: string | undefined;
  readonly input: unknown;
  readonly output: unknown;
  /** The outport by which it was left. */
  readonly port: string;
  /** Ids of the outer ports by which it was reached and left. */
  readonly outers: readonly string[];
}

type Told = ServerPayloads['flowchat:way'];

/** The trace of a message or a request. `revision` is 0 for the draft, `status` 0 without an answer. */
export interface MessageTrace extends Required<Omit<Told, 'steps'>> {
  /** The port where a packet was injected, as `IN of check`; empty for a message or a request. */
  readonly entry: string;
  readonly steps: readonly TraceStep[];
}

function stepOf({ node, edge, ms = 0, in: input, out: output, port = '', ...outer }: Told['steps'][number]): TraceStep {
  const { inport, outport } = outer;
  const outers = [
    ...(inport ? [outerId('in', inport.toLowerCase())] : []),
    ...(outport ? [outerId('out', outport.toLowerCase())] : []),
  ];
  return { node, ms, edge: edge.src && edgeKey(wireOf(edge)), input, output, port: port.toLowerCase(), outers };
}

/** Parses `flowchat:way`. */
export const traceOf = ({ steps, ...told }: Told): MessageTrace => ({
  ...{ revision: 0, entry: '', node: '', detail: '' },
  ...told,
  steps: steps.map(stepOf),
});

/** Adds a trace, newest first, at most `most`. A known one is updated in place. */
export function withTrace(traces: readonly MessageTrace[], trace: MessageTrace, most = 200): readonly MessageTrace[] {
  if (traces.some(({ id }) => id === trace.id)) return traces.map(each => (each.id === trace.id ? trace : each));
  return [trace, ...traces].slice(0, most);
}

/** Adds stored traces, newest first, at most `most`. */
export function withStoredTraces(
  traces: readonly MessageTrace[],
  kept: readonly MessageTrace[],
  most = 200,
): readonly MessageTrace[] {
  const all = new Map([...kept, ...traces].map(trace => [trace.id, trace]));
  return [...all.values()].toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, most);
}

/** The trace that created a message, among traces that contain it, newest first: those that only read it are newer. */
export const traceOfMessage = (traces: readonly MessageTrace[]): MessageTrace | undefined =>
  traces.findLast(({ method }) => method !== 'GET') ?? traces.at(-1);

/** The last packet on a wire according to the traces, which are newest first. */
export const lastPacket = (traces: readonly MessageTrace[], edge: string): unknown =>
  traces.flatMap(({ steps }) => steps.filter(step => step.edge === edge && step.input !== undefined)).at(0)?.input;

/** What is highlighted on the canvas. */
interface Lit {
  /** By node: its time in milliseconds, and the number of its first step. */
  readonly nodes: ReadonlyMap<string, { readonly ms: number; readonly step: number; readonly failed: boolean }>;
  readonly edges: ReadonlySet<string>;
}

export function lit({ steps, node: failed }: MessageTrace): Lit {
  const nodes = new Map<string, { ms: number; step: number; failed: boolean }>();
  steps.forEach(({ node, ms }, index) => {
    const before = nodes.get(node);
    nodes.set(node, { ms: (before?.ms ?? 0) + ms, step: before?.step ?? index + 1, failed: node === failed });
  });
  return { nodes, edges: new Set(steps.flatMap(({ edge, outers }) => [...outers, ...(edge ? [edge] : [])])) };
}

/** Ids of the frame lines that continue highlighted wires. */
export function litLines(trace: MessageTrace, { graph, frames }: Pick<Scene, 'graph' | 'frames'>): ReadonlySet<string> {
  const lines = new Set<string>();
  if (frames.size === 0) return lines;
  const wires = [...lit(trace).edges].flatMap(key => graph.edges.get(key) ?? []);
  const key = (side: 'in' | 'out', node: string, slot: string) => `${side}\n${node}\n${slot}`;
  const ends = new Set(
    wires.flatMap(({ from, to }) => [key('out', from.node, slotId(from)), key('in', to.node, slotId(to))]),
  );
  // Outer frames come first, so a line into a nested frame is known before the lines that continue from it.
  for (const [frame, { lines: all }] of frames)
    for (const { id, side, slot, node, inner } of all) {
      if (!ends.has(key(side, frame, slot))) continue;
      lines.add(id);
      ends.add(key(side, node, inner));
    }
  return lines;
}

/** How a node looks while a trace is highlighted; a closed subgraph counts its content. */
export function traceStateAt(
  { steps, node: failed }: MessageTrace,
  path: string,
  open: boolean,
): 'failed' | 'lit' | 'dark' {
  const within = (name: string) => name === path || name.startsWith(`${path}/`);
  if (failed === path || (!open && within(failed))) return 'failed';
  return steps.some(({ node }) => within(node)) || (failed !== '' && within(failed)) ? 'lit' : 'dark';
}

/** The outcome, in words. */
export function outcomeText({ status, node, detail }: MessageTrace): string {
  if (status === 0) return 'finished without an answer';
  if (status < 400) return 'answered';
  const by = node ? ` by ${node}` : '';
  return `${status < 500 ? 'refused' : 'failed'}${by}${detail ? `: ${detail}` : ''}`;
}

/** The subject of the trace. */
export const subject = ({ entry, method, path }: MessageTrace): string =>
  entry ? `a packet at ${entry}` : [method, path].filter(Boolean).join(' ');

/** Where it ran: in the draft, or in a live revision. */
export const revisionText = ({ revision }: MessageTrace): string =>
  revision > 0 ? `in revision ${revision}` : 'tried in the draft';

/** Subject, revision and outcome of a trace, in one sentence. */
export function headline(trace: MessageTrace): string {
  const { status, node } = trace;
  const end = status < 400 ? 'answered' : status < 500 ? 'refused' : 'failed';
  const outcome = status === 0 ? 'no answer' : `${end} with ${status}${status >= 400 && node ? ` by ${node}` : ''}`;
  return `Trace of ${subject(trace)}, ${revisionText(trace)}: ${outcome}`;
}

/** The trace's nodes that the canvas does not show, not even inside a closed subgraph. */
export const nodesNotShown = ({ steps }: MessageTrace, scene: Scene): ReadonlySet<string> =>
  new Set(steps.map(({ node }) => node).filter(node => visibleNode(scene, node) === undefined));

/** Author and text of the traced message; undefined if no packet has them. */
export function authoredText({ steps }: MessageTrace): string | undefined {
  for (const packet of steps.flatMap(({ input, output }) => [input, output])) {
    const { author, text: words } = fields(packet);
    if (typeof author === 'string' && typeof words === 'string') return `${author}: ${words}`;
  }
  return undefined;
}

/** Formats milliseconds. */
export const duration = (ms: number): string =>
  ms >= 1000
    ? `${(ms / 1000).toFixed(1)} s`
    : ms >= 10
      ? `${Math.round(ms)} ms`
      : ms >= 0.1
        ? `${ms.toFixed(1)} ms`
        : `${Math.round(ms * 1000)} µs`;
