import type { GraphMetadata, PortRef } from './graph.ts';
import { arrayOf, fields, metadata, readPort, textOf } from './json.ts';

interface Public extends PortRef {
  readonly public: string;
  readonly metadata: GraphMetadata;
}

interface Wired {
  readonly src: PortRef;
  readonly tgt: PortRef;
}

interface Renamed {
  readonly from: string;
  readonly to: string;
}

/** The payload of each command of the graph protocol, without the graph's id. */
export interface Payloads {
  addnode: { readonly id: string; readonly component: string; readonly metadata: GraphMetadata };
  removenode: { readonly id: string };
  renamenode: Renamed;
  changenode: { readonly id: string; readonly metadata: GraphMetadata };
  addedge: Wired & { readonly metadata: GraphMetadata };
  removeedge: Wired;
  changeedge: Wired & { readonly metadata: GraphMetadata };
  addinitial: { readonly src: { readonly data: unknown }; readonly tgt: PortRef; readonly metadata: GraphMetadata };
  removeinitial: { readonly src: { readonly data: unknown }; readonly tgt: PortRef };
  addinport: Public;
  removeinport: { readonly public: string };
  renameinport: Renamed;
  addoutport: Public;
  removeoutport: { readonly public: string };
  renameoutport: Renamed;
  addgroup: { readonly name: string; readonly nodes: readonly string[]; readonly metadata: GraphMetadata };
  removegroup: { readonly name: string };
  renamegroup: Renamed;
  changegroup: { readonly name: string; readonly metadata: GraphMetadata };
}

export type Command = keyof Payloads;

/** One change of a graph, as the graph protocol says it. */
export type Change = { [Name in Command]: { readonly command: Name; readonly payload: Payloads[Name] } }[Command];

const node = (payload: unknown) => {
  const { id, component, metadata: more } = fields(payload);
  return { id: textOf(id), component: textOf(component), metadata: metadata(more) };
};
const wired = (payload: unknown) => {
  const { src, tgt, metadata: more } = fields(payload);
  return { src: readPort(src), tgt: readPort(tgt), metadata: metadata(more) };
};
const initial = (payload: unknown) => {
  const { src, tgt, metadata: more } = fields(payload);
  return { src: { data: fields(src).data }, tgt: readPort(tgt), metadata: metadata(more) };
};
const outer = (payload: unknown) => {
  const { public: name, metadata: more } = fields(payload);
  return { ...readPort(payload), public: textOf(name).toLowerCase(), metadata: metadata(more) };
};
const groupPayload = (payload: unknown) => {
  const { name, nodes, metadata: more } = fields(payload);
  return { name: textOf(name), nodes: arrayOf(nodes).map(textOf), metadata: metadata(more) };
};
const renamed = (payload: unknown) => {
  const { from, to } = fields(payload);
  return { from: textOf(from), to: textOf(to) };
};

const readers: { readonly [Name in Command]: (payload: unknown) => Payloads[Name] } = {
  addnode: node,
  removenode: node,
  renamenode: renamed,
  changenode: node,
  addedge: wired,
  removeedge: wired,
  changeedge: wired,
  addinitial: initial,
  removeinitial: initial,
  addinport: outer,
  removeinport: outer,
  renameinport: renamed,
  addoutport: outer,
  removeoutport: outer,
  renameoutport: renamed,
  addgroup: groupPayload,
  removegroup: groupPayload,
  renamegroup: renamed,
  changegroup: groupPayload,
};

/** A message of the graph protocol as a change; nothing where it is none. */
export function changeOf(command: string, payload: unknown): Change | undefined {
  if (!Object.hasOwn(readers, command)) return;
  const name = command as Command;
  return { command: name, payload: readers[name](payload) } as Change;
}
