import type { Metadata, Port } from './graph.ts';
import { fields, list, metadata, portOf, text } from './json.ts';

interface Public extends Port {
  readonly public: string;
  readonly metadata: Metadata;
}

interface Wired {
  readonly src: Port;
  readonly tgt: Port;
}

interface Renamed {
  readonly from: string;
  readonly to: string;
}

/** The payload of each command of the graph protocol, without the graph's id. */
export interface Payloads {
  addnode: { readonly id: string; readonly component: string; readonly metadata: Metadata };
  removenode: { readonly id: string };
  renamenode: Renamed;
  changenode: { readonly id: string; readonly metadata: Metadata };
  addedge: Wired & { readonly metadata: Metadata };
  removeedge: Wired;
  changeedge: Wired & { readonly metadata: Metadata };
  addinitial: { readonly src: { readonly data: unknown }; readonly tgt: Port; readonly metadata: Metadata };
  removeinitial: { readonly src: { readonly data: unknown }; readonly tgt: Port };
  addinport: Public;
  removeinport: { readonly public: string };
  renameinport: Renamed;
  addoutport: Public;
  removeoutport: { readonly public: string };
  renameoutport: Renamed;
  addgroup: { readonly name: string; readonly nodes: readonly string[]; readonly metadata: Metadata };
  removegroup: { readonly name: string };
  renamegroup: Renamed;
  changegroup: { readonly name: string; readonly metadata: Metadata };
}

export type Command = keyof Payloads;

/** One change of a graph, as the graph protocol says it. */
export type Change = { [Name in Command]: { readonly command: Name; readonly payload: Payloads[Name] } }[Command];

const node = (payload: unknown) => {
  const { id, component, metadata: more } = fields(payload);
  return { id: text(id), component: text(component), metadata: metadata(more) };
};
const wired = (payload: unknown) => {
  const { src, tgt, metadata: more } = fields(payload);
  return { src: portOf(src), tgt: portOf(tgt), metadata: metadata(more) };
};
const initial = (payload: unknown) => {
  const { src, tgt, metadata: more } = fields(payload);
  return { src: { data: fields(src).data }, tgt: portOf(tgt), metadata: metadata(more) };
};
const outer = (payload: unknown) => {
  const { public: name, metadata: more } = fields(payload);
  return { ...portOf(payload), public: text(name).toLowerCase(), metadata: metadata(more) };
};
const group = (payload: unknown) => {
  const { name, nodes, metadata: more } = fields(payload);
  return { name: text(name), nodes: list(nodes).map(text), metadata: metadata(more) };
};
const renamed = (payload: unknown) => {
  const { from, to } = fields(payload);
  return { from: text(from), to: text(to) };
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
  addgroup: group,
  removegroup: group,
  renamegroup: renamed,
  changegroup: group,
};

/** A message of the graph protocol as a change; nothing where it is none. */
export function changeOf(command: string, payload: unknown): Change | undefined {
  if (!Object.hasOwn(readers, command)) return;
  const name = command as Command;
  return { command: name, payload: readers[name](payload) } as Change;
}
