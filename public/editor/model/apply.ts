import type { Change, Payloads } from './change.ts';
import {
  type EditorEdge,
  type EditorGraph,
  type EditorGroup,
  type EditorInitial,
  type EditorOuterPort,
  edgeKey,
  type GraphMetadata,
  type PortRef,
  samePort,
} from './graph.ts';

type Applier<Name extends keyof Payloads> = (graph: EditorGraph, payload: Payloads[Name]) => EditorGraph;

const without = <Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> =>
  map.has(key) ? new Map([...map].filter(([name]) => name !== key)) : map;

const mapped = <Value>(map: ReadonlyMap<string, Value>, change: (value: Value) => Value): ReadonlyMap<string, Value> =>
  new Map([...map].map(([key, value]) => [key, change(value)]));

/** The entry under a new name, in its old place; what had that name already gives way. */
function renamedIn<Value extends { readonly name: string }>(map: ReadonlyMap<string, Value>, from: string, to: string) {
  const entries = [...map].filter(([key]) => key !== to || from === to);
  return new Map(entries.map(([key, value]) => (key === from ? [to, { ...value, name: to }] : [key, value])));
}

/** Metadata with some fields changed; those that are null are taken out. */
export const merged = (before: GraphMetadata, changed: GraphMetadata): GraphMetadata =>
  Object.fromEntries(Object.entries({ ...before, ...changed }).filter(([, value]) => value !== null));

export const sameData = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Whether an initial packet is meant: one with this data, or any of the port where none is told. */
export const isMeant = ({ to, data }: EditorInitial, { src, tgt }: Payloads['removeinitial']): boolean =>
  samePort(to, tgt) && (src.data === undefined || sameData(data, src.data));

function renamedNode(graph: EditorGraph, from: string, to: string): EditorGraph {
  const end = <End extends { readonly node: string }>(port: End): End =>
    port.node === from ? { ...port, node: to } : port;
  const edges = [...graph.edges.values()].map(
    (edge): EditorEdge => ({ ...edge, from: end(edge.from), to: end(edge.to) }),
  );
  return {
    nodes: renamedIn(graph.nodes, from, to),
    edges: new Map(edges.map(edge => [edgeKey(edge), edge])),
    initials: graph.initials.map((initial): EditorInitial => ({ ...initial, to: end(initial.to) })),
    inports: mapped(graph.inports, end),
    outports: mapped(graph.outports, end),
    groups: mapped(graph.groups, group => ({ ...group, nodes: group.nodes.map(name => (name === from ? to : name)) })),
  };
}

function removedNode(graph: EditorGraph, id: string): EditorGraph {
  const elsewhere = ({ node }: { readonly node: string }) => node !== id;
  const kept = (outers: ReadonlyMap<string, EditorOuterPort>) =>
    new Map([...outers].filter(([, outer]) => elsewhere(outer)));
  return {
    nodes: without(graph.nodes, id),
    edges: new Map([...graph.edges].filter(([, { from, to }]) => elsewhere(from) && elsewhere(to))),
    initials: graph.initials.filter(({ to }) => elsewhere(to)),
    inports: kept(graph.inports),
    outports: kept(graph.outports),
    groups: mapped(graph.groups, group => ({ ...group, nodes: group.nodes.filter(name => name !== id) })),
  };
}

const edge = (src: PortRef, tgt: PortRef, metadata: GraphMetadata): EditorEdge => ({ from: src, to: tgt, metadata });

const outer = ({ public: name, node, port, metadata }: Payloads['addinport']): EditorOuterPort => ({
  name,
  node,
  port,
  metadata,
});

function removedInitial(graph: EditorGraph, payload: Payloads['removeinitial']): EditorGraph {
  const initials = graph.initials.filter(initial => !isMeant(initial, payload));
  return initials.length === graph.initials.length ? graph : { ...graph, initials };
}

function changedGroup(graph: EditorGraph, { name, metadata }: Payloads['changegroup']): EditorGraph {
  const group = graph.groups.get(name);
  if (!group) return graph;
  const changed: EditorGroup = { ...group, metadata: merged(group.metadata, metadata) };
  return { ...graph, groups: new Map(graph.groups).set(name, changed) };
}

const appliers: { readonly [Name in keyof Payloads]: Applier<Name> } = {
  addnode: (graph, { id, component, metadata }) => ({
    ...graph,
    nodes: new Map(graph.nodes).set(id, { name: id, component, metadata }),
  }),
  removenode: (graph, { id }) => (graph.nodes.has(id) ? removedNode(graph, id) : graph),
  renamenode: (graph, { from, to }) => (graph.nodes.has(from) ? renamedNode(graph, from, to) : graph),
  changenode: (graph, { id, metadata }) => {
    const node = graph.nodes.get(id);
    if (!node) return graph;
    return { ...graph, nodes: new Map(graph.nodes).set(id, { ...node, metadata: merged(node.metadata, metadata) }) };
  },
  addedge: (graph, { src, tgt, metadata }) => {
    const added = edge(src, tgt, metadata);
    return { ...graph, edges: new Map(graph.edges).set(edgeKey(added), added) };
  },
  removeedge: (graph, { src, tgt }) => ({ ...graph, edges: without(graph.edges, edgeKey({ from: src, to: tgt })) }),
  changeedge: (graph, { src, tgt, metadata }) => {
    const key = edgeKey({ from: src, to: tgt });
    const before = graph.edges.get(key);
    if (!before) return graph;
    const changed = edge(src, tgt, merged(before.metadata, metadata));
    return { ...graph, edges: new Map(graph.edges).set(key, changed) };
  },
  addinitial: (graph, { src, tgt, metadata }) => ({
    ...graph,
    initials: [...graph.initials, { data: src.data, to: tgt, metadata }],
  }),
  removeinitial: removedInitial,
  addinport: (graph, port) => ({ ...graph, inports: new Map(graph.inports).set(port.public, outer(port)) }),
  removeinport: (graph, port) => ({ ...graph, inports: without(graph.inports, port.public) }),
  renameinport: (graph, { from, to }) => ({ ...graph, inports: renamedIn(graph.inports, from, to) }),
  addoutport: (graph, port) => ({ ...graph, outports: new Map(graph.outports).set(port.public, outer(port)) }),
  removeoutport: (graph, port) => ({ ...graph, outports: without(graph.outports, port.public) }),
  renameoutport: (graph, { from, to }) => ({ ...graph, outports: renamedIn(graph.outports, from, to) }),
  addgroup: (graph, group) => ({ ...graph, groups: new Map(graph.groups).set(group.name, group) }),
  removegroup: (graph, { name }) => ({ ...graph, groups: without(graph.groups, name) }),
  renamegroup: (graph, { from, to }) => ({ ...graph, groups: renamedIn(graph.groups, from, to) }),
  changegroup: changedGroup,
};

/** The graph after a change. What names something that is not there changes nothing. */
export function apply(graph: EditorGraph, { command, payload }: Change): EditorGraph {
  return (appliers[command] as (graph: EditorGraph, payload: unknown) => EditorGraph)(graph, payload);
}

export const applyAll = (graph: EditorGraph, changes: readonly Change[]): EditorGraph => changes.reduce(apply, graph);

/** What takes metadata back to what it was. */
const restored = (before: GraphMetadata, changed: GraphMetadata): GraphMetadata =>
  Object.fromEntries(Object.keys(changed).map(key => [key, before[key] ?? null]));

/** The changes that take one change back, in the graph as it was before it. Nodes are removed only after what hangs on them. */
function inverse(graph: EditorGraph, { command, payload }: Change): readonly Change[] {
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

function outerInverse(graph: EditorGraph, { command, payload }: Change): readonly Change[] {
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
export function inverseAll(graph: EditorGraph, changes: readonly Change[]): readonly Change[] {
  const back: Change[][] = [];
  changes.reduce((before, change) => {
    const after = apply(before, change);
    // What changed nothing has nothing to be taken back.
    if (after !== before) back.unshift([...inverse(before, change)]);
    return after;
  }, graph);
  return back.flat();
}
