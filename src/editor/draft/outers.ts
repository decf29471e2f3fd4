import type { Graph, Outer } from '../../fbp.ts';
import { Refused } from '../protocol/message.ts';
import { name } from '../protocol/payload.ts';
import { looking, NOWHERE, type Side } from './graph.ts';
import { given, merged } from './metadata.ts';
import { type Edit, hint, limit, present, told } from './step.ts';

const MOST_OUTERS = 1000;

/** The commands for one side of the graph's own ports: `addinport` or `addoutport`, and so on. */
export function outerEdits(side: Side): Readonly<Record<'add' | 'remove' | 'rename', Edit>> {
  const word = side.slice(0, -1);
  const having = (graph: Graph, outers: readonly Outer[]): Graph => ({ ...graph, [side]: outers });
  return {
    add(graph, payload) {
      const outer = name(payload, 'public').toLowerCase();
      const node = name(payload, 'node');
      const port = name(payload, 'port').toLowerCase();
      present(graph, node);
      refuseTwin(graph, side, outer);
      limit(graph[side].length, MOST_OUTERS, `outer ${side}`);
      const look = looking(merged({}, given(payload)));
      const after = having(graph, [...graph[side], { name: outer, node, port, ...look, place: NOWHERE }]);
      return { graph: after, told: [told(`add${word}`, { public: outer, node, port, ...look })] };
    },
    remove(graph, payload) {
      const { name: outer } = find(graph, side, name(payload, 'public'));
      const after = having(
        graph,
        graph[side].filter(other => other.name !== outer),
      );
      return { graph: after, told: [told(`remove${word}`, { public: outer })] };
    },
    rename(graph, payload) {
      const { name: from } = find(graph, side, name(payload, 'from'));
      const to = name(payload, 'to').toLowerCase();
      const change = told(`rename${word}`, { from, to });
      if (from === to) return { graph, told: [change] };
      refuseTwin(graph, side, to);
      const outers = graph[side].map(outer => (outer.name === from ? { ...outer, name: to } : outer));
      return { graph: having(graph, outers), told: [change] };
    },
  };
}

function refuseTwin(graph: Graph, side: Side, outer: string): void {
  const twin = graph[side].find(({ name }) => name.toLowerCase() === outer);
  if (!twin) return;
  throw new Refused(`there is an ${called(side, outer)} already, at ${twin.node}; choose another name`);
}

function find(graph: Graph, side: Side, wanted: string): Outer {
  const outer = graph[side].find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (outer) return outer;
  const names = graph[side].map(({ name }) => name.toUpperCase());
  throw new Refused(`there is no ${called(side, wanted)}; ${hint(wanted.toUpperCase(), names)}`);
}

function called(side: Side, outer: string): string {
  return `outer ${side.slice(0, -1)} ${outer.toUpperCase()}`;
}
