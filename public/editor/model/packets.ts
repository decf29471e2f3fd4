import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { edgeKey } from './graph.ts';
import { wireOf } from './json.ts';

/** A packet that passed the watched wire. */
export interface Packet {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly data: unknown;
}

/** The watched wire: its packets, newest first. */
export interface WireWatch {
  readonly edge: string;
  /** The path of the open subgraph that contains it; empty if none. */
  readonly frame: string;
  readonly packets: readonly Packet[];
  readonly paused: boolean;
  /** Packets that came during a pause, newest first; shown when it ends. */
  readonly pausedPackets: readonly Packet[];
  /** The number of packets since watching began, including during pauses. */
  readonly passed: number;
}

export const watchWire = (edge: string, frame = ''): WireWatch => ({
  edge,
  frame,
  packets: [],
  paused: false,
  pausedPackets: [],
  passed: 0,
});

/** Adds a packet; keeps at most `most` shown ones, and as many from a pause. */
export function withPacket(watch: WireWatch, data: unknown, at: number, most = 200): WireWatch {
  const passed = watch.passed + 1;
  const where = watch.paused ? 'pausedPackets' : 'packets';
  return { ...watch, passed, [where]: [{ number: passed, at, data }, ...watch[where]].slice(0, most) };
}

/** Pauses, or resumes and shows the packets of the pause. */
export const togglePause = (watch: WireWatch, most = 200): WireWatch =>
  watch.paused
    ? { ...watch, paused: false, packets: [...watch.pausedPackets, ...watch.packets].slice(0, most), pausedPackets: [] }
    : { ...watch, paused: true };

/** The packets that contain every word, as a name or a value: `author ann`, `author:ann`. */
export function filtered(packets: readonly Packet[], wanted: string): readonly Packet[] {
  const words = wanted
    .toLowerCase()
    .split(/[\s:]+/)
    .filter(Boolean);
  if (words.length === 0) return packets;
  return packets.filter(({ data }) => {
    const text = (JSON.stringify(data) ?? '').toLowerCase();
    return words.every(word => text.includes(word));
  });
}

/** A node's packets per second, mean time in milliseconds, and errors since it went live. */
interface Activity {
  readonly perSecond: number;
  readonly ms: number;
  readonly errors: number;
}

/** Packets per second by edge, and activity by node. */
export interface Rates {
  readonly edges: ReadonlyMap<string, number>;
  readonly nodes: ReadonlyMap<string, Activity>;
}

/** Parses `flowchat:rates`, by wire and node. */
export const ratesOf = ({ edges, nodes }: ServerPayloads['flowchat:rates']): Rates => ({
  edges: new Map(edges.map(edge => [edgeKey(wireOf(edge)), edge.perSecond])),
  nodes: new Map(nodes.map(({ id, ...activity }) => [id, activity])),
});

/** A node's activity; a closed subgraph includes the errors of its content. */
export function activityAt({ nodes }: Rates, path: string, closed: boolean): Activity | undefined {
  const own = nodes.get(path);
  if (!closed) return own;
  const inner = [...nodes].filter(([name]) => name.startsWith(`${path}/`)).map(([, { errors }]) => errors);
  if (inner.length === 0) return own;
  const { perSecond = 0, ms = 0, errors = 0 } = own ?? {};
  return { perSecond, ms, errors: inner.reduce((sum, each) => sum + each, errors) };
}

/** A rate as short text; empty for zero. */
export const perSecond = (rate: number): string =>
  rate <= 0 ? '' : rate < 0.95 ? '<1/s' : rate >= 1000 ? `${(rate / 1000).toFixed(1)}k/s` : `${Math.round(rate)}/s`;

/** Heat from 0 to 4, on a logarithmic scale from 10 µs to 100 ms. */
export function heat(ms: number): 0 | 1 | 2 | 3 | 4 {
  if (ms <= 0) return 0;
  return Math.min(4, Math.max(0, Math.floor(Math.log10(ms) + 2.5))) as 0 | 1 | 2 | 3 | 4;
}
