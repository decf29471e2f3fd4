import { edgeKey } from './graph.ts';
import { fields, list, text, wireOf } from './json.ts';

/** What goes on in a node: packets a second, their mean time in milliseconds, and errors since it was live. */
export interface Activity {
  readonly perSecond: number;
  readonly ms: number;
  readonly errors: number;
}

/** Packets a second by edge, and what goes on by node. */
export interface Rates {
  readonly edges: ReadonlyMap<string, number>;
  readonly nodes: ReadonlyMap<string, Activity>;
}

/** Reads the payload of `flowchat:rates`. */
export function ratesOf(payload: unknown): Rates {
  const { edges, nodes } = fields(payload);
  return {
    edges: new Map(
      list(edges).map(value => {
        return [edgeKey(wireOf(value)), Number(fields(value).perSecond) || 0];
      }),
    ),
    nodes: new Map(
      list(nodes).map(value => {
        const { id, perSecond, ms, errors } = fields(value);
        return [text(id), { perSecond: Number(perSecond) || 0, ms: Number(ms) || 0, errors: Number(errors) || 0 }];
      }),
    ),
  };
}

/** What goes on in a node; a closed subgraph has the errors of what is in it as well. */
export function activityAt({ nodes }: Rates, path: string, closed: boolean): Activity | undefined {
  const own = nodes.get(path);
  if (!closed) return own;
  const inner = [...nodes].filter(([name]) => name.startsWith(`${path}/`)).map(([, { errors }]) => errors);
  if (inner.length === 0) return own;
  const { perSecond = 0, ms = 0, errors = 0 } = own ?? {};
  return { perSecond, ms, errors: inner.reduce((sum, each) => sum + each, errors) };
}

/** A rate in few letters; empty where nothing moves. */
export const perSecond = (rate: number): string =>
  rate <= 0 ? '' : rate < 0.95 ? '<1/s' : rate >= 1000 ? `${(rate / 1000).toFixed(1)}k/s` : `${Math.round(rate)}/s`;

/** How hot something is, from 0 to 4, on a scale by tens: 10 µs to 100 ms. */
export function heat(ms: number): 0 | 1 | 2 | 3 | 4 {
  if (ms <= 0) return 0;
  return Math.min(4, Math.max(0, Math.floor(Math.log10(ms) + 2.5))) as 0 | 1 | 2 | 3 | 4;
}
