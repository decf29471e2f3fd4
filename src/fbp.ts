import { readJson } from './fbp/json.ts';
import { Latest } from './fbp/latest.ts';
import { whole } from './fbp/layout.ts';
import { readLayout } from './fbp/layout-file.ts';
import { readText } from './fbp/text.ts';

/** Where something stands in a file; both count from 1, columns in UTF-16 units as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One end of an edge; its place is the port's, or the node's where the port is a default one. */
export interface End {
  readonly node: string;
  /** In lower case, as NoFlo has it, unless the graph is JSON with `caseSensitive`. */
  readonly port: string;
  /** Of an array port. */
  readonly index?: number;
  readonly place: Place;
}

/**
 * One declaration of a node, so a node declared twice is there twice, unless .fbp declares it again with the same component;
 * what a later one gives, counts.
 */
export interface Node {
  readonly name: string;
  /** Empty where the text gives none, as in `router()`, which only mentions the node or gives it metadata. */
  readonly component: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

export interface Edge {
  readonly from: End;
  readonly to: End;
  /** How editors show it, such as `route`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** An initial packet; its place is the data's. */
export interface Initial {
  readonly data: unknown;
  readonly to: End;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

/** A port of the graph itself, from `INPORT=` or `OUTPORT=`; its place is that of the node's port. */
export interface Outer {
  readonly name: string;
  readonly node: string;
  readonly port: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

/** Nodes that editors show together. */
export interface Group {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What a file says, in the order of its text and with nothing merged. */
export interface Graph {
  readonly file: string;
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
  readonly initials: readonly Initial[];
  readonly inports: readonly Outer[];
  readonly outports: readonly Outer[];
  readonly groups: readonly Group[];
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A sentence that names what is wrong and the cure, and where. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly sentence: string;
  /** Set where the graph runs all the same, but hardly as it is meant. */
  readonly warning?: true;
}

/** What reading a file gives: every fault of its text in order, and what could be read beside them. */
export interface Reading {
  readonly graph: Graph;
  /** Without warnings. */
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/**
 * Reads a graph: FBP JSON where the file's name ends in `.json`, else .fbp, together with what its sidecar says, where it
 * has one. Never throws: what is wrong is a fault.
 */
export function read(file: string, text: string, layout = ''): Reading {
  return latest.of(JSON.stringify([file, layout, text]), () => freshly(file, text, layout));
}

const latest = new Latest<Reading>();

function freshly(file: string, text: string, layout: string): Reading {
  // Some editors mark a file as UTF-8 with an invisible first character.
  const plain = text.replace(/^\uFEFF/, '');
  if (isJson(file)) return readJson(file, plain);
  const said = readText(file, plain);
  if (layout === '') return said;
  const beside = readLayout(file, layout);
  return { ...said, graph: whole(said.graph, beside.layout), faults: [...said.faults, ...beside.faults] };
}

/** Says whether a file holds FBP JSON. */
export function isJson(file: string): boolean {
  return /\.json$/i.test(file);
}
