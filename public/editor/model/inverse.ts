import { apply, isMeant } from './apply.ts';
import type { Change } from './change.ts';
import { edgeKey, type Graph, type Metadata } from './graph.ts';

/** What takes metadata back to what it was. */
const restored = (before: Metadata, changed: Metadata): Metadata =>
  Object.fromEntries(Object.keys(changed).map(key => [key, before[key] ?? null]));

/** The changes that take one change back, in the graph as it was before it. Nodes are removed only after what hangs on them. */
function inverse(graph: Graph, { command, payload }: Change): readonly Change[] {
  switch (command) {
    case 'addnode':
      return [{ command: 'removenode', payload: { id: payload.id } }];
    case 'removenode': {
      const node = graph.nodes.get(payload.id);
      if (!node) return [];
      const { name: id, component, metadata } = node;
      return [{ command: 'addnode', payload: { id, component, metadata } }];
    }
    case 'renamenode':
    case 'renameinport':
    case 'renameoutport':
    case 'renamegroup':
      return [{ command, payload: { from: payload.to, to: payload.from } }];
    case 'changenode': {
      const before = graph.nodes.get(payload.id)?.metadata ?? {};
      return [{ command, payload: { ...payload, metadata: restored(before, payload.metadata) } }];
    }
    case 'addedge':
      return graph.edges.has(edgeKey({ from: payload.src, to: payload.tgt }))
        ? []
        : [{ command: 'removeedge', payload }];
    case 'removeedge': {
      const edge = graph.edges.get(edgeKey({ from: payload.src, to: payload.tgt }));
      return edge ? [{ command: 'addedge', payload: { ...payload, metadata: edge.metadata } }] : [];
    }
    case 'addinitial':
      return [{ command: 'removeinitial', payload }];
    case 'removeinitial':
      return graph.initials
        .filter(initial => isMeant(initial, payload))
        .map(({ data, to: tgt, metadata }) => ({ command: 'addinitial', payload: { src: { data }, tgt, metadata } }));
    default:
      return outerInverse(graph, { command, payload } as Change);
  }
}

function outerInverse(graph: Graph, { command, payload }: Change): readonly Change[] {
  switch (command) {
    case 'addinport':
      return [{ command: 'removeinport', payload: { public: payload.public } }];
    case 'addoutport':
      return [{ command: 'removeoutport', payload: { public: payload.public } }];
    case 'removeinport':
    case 'removeoutport': {
      const [outers, add] =
        command === 'removeinport'
          ? ([graph.inports, 'addinport'] as const)
          : ([graph.outports, 'addoutport'] as const);
      const outer = outers.get(payload.public);
      if (!outer) return [];
      const { name, node, port, metadata } = outer;
      return [{ command: add, payload: { public: name, node, port, metadata } }];
    }
    case 'addgroup':
      return [{ command: 'removegroup', payload: { name: payload.name } }];
    case 'removegroup': {
      const group = graph.groups.get(payload.name);
      return group ? [{ command: 'addgroup', payload: group }] : [];
    }
    case 'changegroup': {
      const before = graph.groups.get(payload.name)?.metadata ?? {};
      return [{ command, payload: { ...payload, metadata: restored(before, payload.metadata) } }];
    }
    default:
      return [];
  }
}

/** The changes that take a series of changes back, the last one first. */
export function inverseAll(graph: Graph, changes: readonly Change[]): readonly Change[] {
  const back: Change[][] = [];
  changes.reduce((before, change) => {
    const after = apply(before, change);
    // What changed nothing has nothing to be taken back.
    if (after !== before) back.unshift([...inverse(before, change)]);
    return after;
  }, graph);
  return back.flat();
}
