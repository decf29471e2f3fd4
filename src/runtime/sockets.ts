import { type Component, type createNetwork, IP, internalSocket } from 'noflo';
import type { Graph } from '../model/graph.ts';
import { initialValue } from '../model/ports.ts';
import type { PacketObserver } from './observer.ts';
import type { PacketSink, Wire } from './tap.ts';

type NoFloNetwork = Awaited<ReturnType<typeof createNetwork>>;
type Socket = internalSocket.InternalSocket;

interface SocketEnd {
  readonly process: { readonly id: string; readonly component: Component };
  readonly port: string;
  readonly index?: number | undefined;
}

/** Creates a socket to a node's port from outside the graph, beside those of edges. */
export function entry(network: NoFloNetwork, node: string, port: string): Socket {
  const process = processOf(network, node);
  const inport = ownOf(process.component.inPorts.ports, port);
  if (!inport) throw new Error(`${node} has no inport ${port.toUpperCase()}, which is an inport of the graph`);
  const socket = internalSocket.createSocket();
  socket.to = { process, port };
  inport.attach(socket);
  return socket;
}

/** Calls `take` with each packet that leaves a node's port. */
export function exit(network: NoFloNetwork, node: string, port: string, take: (ip: IP) => void): PacketSink {
  const outport = ownOf(processOf(network, node).component.outPorts.ports, port);
  if (!outport) throw new Error(`${node} has no outport ${port.toUpperCase()}, which is an outport of the graph`);
  const socket = internalSocket.createSocket();
  socket.on('ip', take);
  const { post } = socket;
  // NoFlo emits five events per packet, of which only this one is needed.
  socket.post = (ip: IP, autoDisconnect) => {
    if (ip.type === 'data') take(ip);
    else post.call(socket, ip, autoDisconnect);
  };
  outport.attach(socket);
  return socket;
}

/** Finds a node of a network. Throws a sentence if it is missing or has no component. */
export function processOf(network: NoFloNetwork, node: string): { id: string; component: Component } {
  const process = network.processes[node];
  if (!process) throw new Error(`there is no node ${node}; take out what leads to it`);
  if (!process.component) throw new Error(`${node} has no component; give it one, or take it out`);
  return process as { id: string; component: Component };
}

/**
 * Delivers packets directly to the inport, and records those that lost their question. NoFlo's socket emits five events
 * per packet, for legacy components and value checks, which is half of a hop's cost.
 */
export function shorten(socket: Socket, observer: PacketObserver): void {
  const from = (socket.from as SocketEnd | null)?.process.id;
  const { process, port } = socket.to as SocketEnd;
  const to = process.id;
  const inport = process.component.inPorts.ports[port]!;
  const index = inport.isAddressable() ? inport.sockets.indexOf(socket) : null;
  const isShort = !process.component.isLegacy() && !inport.options.values;
  const [post, send] = [socket.post, socket.send];
  socket.post = (ip: IP, autoDisconnect) => {
    if (from !== undefined && !observer.knows(ip.data)) observer.passed(from, to);
    if (isShort) inport.handleIP(ip, index);
    else post.call(socket, ip, autoDisconnect);
  };
  // Legacy components send by this; without a packet NoFlo uses it to send a default.
  socket.send = data => {
    if (data === undefined) return send.call(socket, data);
    if (!isShort && socket.brackets.length === 0) socket.connect();
    socket.post(new IP('data', data), false);
  };
}

/** A network's sockets, each with its edge or initial packet in the graph. */
export function wired({ edges, initials }: Graph, network: NoFloNetwork): [Wire, PacketSink][] {
  const name = (end: { node: string; port: string; index?: number } | undefined) =>
    end && [end.node, end.port, end.index ?? null];
  const nameOf = (end: SocketEnd | null) => end && [end.process.id, end.port, end.index ?? null];
  const known = new Map<string, Wire[]>();
  for (const wire of [...edges, ...initials]) {
    const key = JSON.stringify(['from' in wire ? name(wire.from) : null, name(wire.to)]);
    known.set(key, [...(known.get(key) ?? []), wire]);
  }
  return network.connections.flatMap((socket): [Wire, PacketSink][] => {
    const { from, to } = socket as unknown as { from: SocketEnd | null; to: SocketEnd | null };
    const wire = known.get(JSON.stringify([nameOf(from), nameOf(to)]))?.shift();
    return wire ? [[wire, socket as unknown as PacketSink]] : [];
  });
}

/** A port's name may be that of a member of Object.prototype. */
function ownOf<T>(ports: Record<string, T>, port: string): T | undefined {
  return Object.hasOwn(ports, port) ? ports[port] : undefined;
}

/** Converts each initial packet to its port's type; the graph stays as written. */
export function convertInitials(network: NoFloNetwork): void {
  const { initials } = network as unknown as { initials: { socket: Socket; data: unknown }[] };
  for (const initial of initials) {
    const { process, port } = initial.socket.to!;
    const { datatype = 'all' } = process.component.inPorts.ports[port].options;
    const converted = initialValue(initial.data, datatype);
    if (converted) initial.data = converted.value;
  }
}
