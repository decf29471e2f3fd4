import { join } from 'node:path';
import noflo from 'noflo';
import type { Graph } from '../../src/model/graph.ts';
import { Network, type PacketObserver, packet } from '../../src/runtime/network.ts';
import { expand } from '../../src/runtime/subgraph.ts';
import { ROOT } from './source.ts';

// The same graph, packets and components in NoFlo's own network and in ours.

// What NoFlo makes of a node that is a graph; its package exports it to its own loader only.
const { getComponent: makeSubgraph } = await import(join(ROOT, 'node_modules/noflo/src/components/Graph.js'));

const { Component, ComponentLoader, createNetwork, internalSocket, IP } = noflo;
// biome-ignore lint/suspicious/noExplicitAny: NoFlo's types know no ports by their names.
export type Loose = any;
type Types = 'data' | 'openBracket' | 'closeBracket';
/** What is sent in, at the port IN where none is named. */
export type Sent = readonly [type: Types, data: unknown, scope?: string | null, at?: string];
export type Components = Readonly<Record<string, () => Loose>>;
/** Graphs that may be placed as nodes. */
export type Subgraphs = Readonly<Record<string, Graph>>;

/** A network that is started, with its outer ports. */
export interface Running {
  /** What has left it since it was started last: type, data and scope of each packet. */
  readonly left: readonly unknown[];
  readonly isActive: boolean;
  send(...sent: readonly Sent[]): void;
  stop(): Promise<void>;
}

/** Starts a graph in one of the two networks. */
export type Start = (graph: Graph, components: Components, subgraphs?: Subgraphs) => Promise<Running>;

/** What makes a component with the ports IN and OUT, where the options name no others. */
export function make(options: object, setUp: (component: Loose) => void = () => {}): () => Loose {
  return () => {
    const component = new Component({ inPorts: { in: {} }, outPorts: { out: {} }, ...options } as never);
    setUp(component);
    return component;
  };
}

/**
 * A graph with edges as `a out > b in 2` and initial packets as `'x' > b by`, whose outer inports lead to the ports that `into`
 * names, and whose outer outport OUT is the port OUT of the node `z`.
 */
export function graph(
  nodes: Readonly<Record<string, string>>,
  edges: readonly string[],
  into: Readonly<Record<string, string>> = { in: 'a in' },
): Graph {
  const place = { line: 1, column: 1 };
  const end = (text = '') => {
    const [node = '', port = '', index] = text.split(' ');
    return { node, port, ...(index !== undefined && { index: Number(index) }), place };
  };
  const pairs = edges.map(edge => edge.split(' > '));
  const isPacket = ([from = '']: readonly string[]) => from.startsWith("'");
  return {
    file: 'alike',
    nodes: Object.entries(nodes).map(([name, component]) => ({ name, component, metadata: {}, place })),
    edges: pairs.filter(pair => !isPacket(pair)).map(([from, to]) => ({ from: end(from), to: end(to) })),
    initials: pairs.filter(isPacket).map(([from = '', to]) => ({ data: from.slice(1, -1), to: end(to), place })),
    inports: Object.entries(into).map(([name, inner]) => ({ name, ...end(inner) })),
    outports: [{ name: 'out', node: 'z', port: 'out', place }],
    groups: [],
    properties: {},
  };
}

export const soon = () => new Promise(resolve => setTimeout(resolve, 10));

/** Waits until no node is at work. */
export async function settled(running: Running): Promise<void> {
  do await soon();
  while (running.isActive);
}
const told = ({ type, data, scope }: Loose) => [type, data, scope ?? null];
const ip = ([type, data, scope]: Sent) => new IP(type, data, scope ? { scope } : {});

function loader(components: object) {
  const made = new ComponentLoader('/nowhere');
  made.components = { ...components } as never;
  made.ready = true;
  return made;
}

function drawn({ nodes, edges, initials, inports, outports }: Graph): Loose {
  const all = new noflo.Graph('alike');
  for (const { name, component } of nodes) all.addNode(name, component);
  for (const { from, to } of edges)
    all.addEdgeIndex(from.node, from.port, from.index as number, to.node, to.port, to.index as number);
  for (const { data, to } of initials) all.addInitialIndex(data, to.node, to.port, to.index as number);
  for (const { name, node, port } of inports) all.addInport(name, node, port);
  for (const { name, node, port } of outports) all.addOutport(name, node, port);
  return all;
}

export const inNoFlo: Start = async (main, components, subgraphs = {}) => {
  const inner = Object.entries(subgraphs).map(([name, each]) => [name, drawn(each)]);
  const network = await createNetwork(drawn(main), {
    delay: true,
    subscribeGraph: false,
    componentLoader: loader({ ...components, ...Object.fromEntries(inner), Graph: makeSubgraph }),
  });
  await network.connect();
  // NoFlo ends a network 50 ms after its last packet, and stop() then tears no node down.
  (network as Loose).debouncedEnd = () => {};
  const left: unknown[] = [];
  const ports = (node: string) => network.processes[node]!.component as Loose;
  const ins = new Map(
    main.inports.map(({ name, node, port }) => {
      const socket = internalSocket.createSocket();
      ports(node).inPorts.ports[port].attach(socket);
      return [name, socket];
    }),
  );
  const out = internalSocket.createSocket();
  ports('z').outPorts.ports.out.attach(out);
  out.on('ip', (each: unknown) => left.push(told(each)));
  await network.start();
  return {
    left,
    get isActive() {
      return network.getActiveProcesses().length > 0;
    },
    send(...sent) {
      for (const each of sent) ins.get(each[3] ?? 'in')!.post(ip(each));
    },
    stop: () => network.stop() as unknown as Promise<void>,
  };
};

export const inOurs: Start = async (main, components, subgraphs = {}) => {
  const left: unknown[] = [];
  const witness: PacketObserver = {
    reached: () => undefined,
    knows: () => true,
    passed() {},
    holder: () => undefined,
    fail() {},
    uncaught() {},
  };
  const network = await Network.start({
    graph: expand(main, component => subgraphs[component] && { ...subgraphs[component], file: component }),
    loader: loader(components),
    observer: witness,
    failed: (_, error) => left.push(error.message),
    left: (_, each) => left.push(told(each)),
  });
  return {
    left,
    get isActive() {
      return network.isActive;
    },
    send(...sent) {
      for (const each of sent) network.inport(each[3] ?? 'in')!.post(Object.assign(packet(undefined), ip(each)));
    },
    stop: () => network.stop(1000),
  };
};
