import type { BareOuterPort, GraphSide, PortRef } from '../../../src/model/graph.ts';
import { sideWord } from '../../../src/model/graph-lookup.ts';
import { freeName } from '../../../src/model/words.ts';
import type { Edit } from './edits.ts';
import type { EditorGraph } from './graph.ts';
import { portFault } from './names.ts';

/** The id of an outer port on the canvas, and of its wire. No line breaks: React Flow finds handles by CSS selectors. */
export const outerId = (side: 'in' | 'out', name: string): string => `\t${side}\t${name}`;

/** The outer ports that expose a node's port. */
export const outersAt = (
  graph: EditorGraph,
  side: GraphSide,
  { node, port }: Pick<PortRef, 'node' | 'port'>,
): readonly BareOuterPort[] => [...graph[side].values()].filter(outer => outer.node === node && outer.port === port);

/** Exposes a node's port as an outer port, under its own name or a free one. */
export function makeOuter(graph: EditorGraph, side: GraphSide, { node, port }: Pick<PortRef, 'node' | 'port'>): Edit {
  const name = freeName(port, graph[side]);
  const command = side === 'inports' ? 'addinport' : 'addoutport';
  return {
    label: `make ${node} ${port.toUpperCase()} the ${sideWord(side)} ${name.toUpperCase()}`,
    changes: [{ command, payload: { public: name, node, port, metadata: {} } }],
  };
}

export const renameOuter = (side: GraphSide, from: string, to: string): Edit => ({
  label: `rename ${from.toUpperCase()} to ${to.toUpperCase()}`,
  changes: [{ command: side === 'inports' ? 'renameinport' : 'renameoutport', payload: { from, to } }],
});

export const removeOuter = (side: GraphSide, name: string): Edit => ({
  label: `remove the ${sideWord(side)} ${name.toUpperCase()}`,
  changes: [{ command: side === 'inports' ? 'removeinport' : 'removeoutport', payload: { public: name } }],
});

/** Why an outer port can't be renamed; undefined if it can. */
export function outerFault(graph: EditorGraph, side: GraphSide, from: string, to: string): string | undefined {
  const fault = portFault(to);
  if (fault) return fault;
  const twin = graph[side].get(to.toLowerCase());
  if (!twin || twin.name === from) return;
  return `there is an ${sideWord(side)} ${to.toUpperCase()} already, at ${twin.node}; take another name`;
}
