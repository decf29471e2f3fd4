import { listInWords } from './words.ts';

/** The problem, and its cures unless they are obvious. */
type WhatAndCures = readonly [what: string, ...cures: string[]];

/** A port, as `router OUT[1]` or `NAME`. */
type Called = string;

/** How a value of a datatype is written. */
const VALUES: Readonly<Record<string, string>> = {
  string: 'put it in quotes',
  number: "write a number, as in '2.5'",
  int: "write a whole number, as in '50'",
  integer: "write a whole number, as in '50'",
  boolean: "write 'true' or 'false'",
  object: 'write JSON, as in {"key": "value"}',
  array: 'write JSON, as in [1, 2]',
  color: "write a colour, as in '#ff8800'",
  date: "write a date, as in '2026-01-31'",
};

/**
 * A required port of the graph itself that is missing, and the node's port it would stand for, if there is only one
 * candidate.
 */
export interface MissingOuterPort {
  readonly side: 'inport' | 'outport';
  /** Undefined if any name will do. */
  readonly outer?: string | undefined;
  readonly node?: string | undefined;
  readonly port?: string | undefined;
  /** Whether the graph's file is JSON. */
  readonly isJson: boolean;
}

/** Findings of the check of a graph, by code. Names of ports are in lower case, as the graph has them. */
export const CHECK_SENTENCES = {
  'unknown-component': ({ component, near, cure }: { component: string; near: readonly string[]; cure?: string }) => [
    `there is no component ${component}`,
    cure ?? (near.length > 0 ? didYouMean(near) : 'fbp.json lists those that there are'),
  ],
  'broken-component': ({ component, reason }: { component: string; reason: string }) => [
    `component ${component} can't be loaded: ${reason}`,
  ],
  'subgraph-loop': ({ component, node }: { component: string; node: string }) => [
    `${component} contains itself`,
    `take ${node} out`,
  ],
  'node-twice': ({ node, at, other }: { node: string; at: string; other?: string }) => [
    `${node} is declared twice, at ${at} already${other === undefined ? '' : `, there as ${other}`}`,
    other === undefined ? 'keep one of them' : 'rename one of them',
  ],
  'reserved-name': ({ name }: { name: string }) => [
    `${name} can't be a name, as every JavaScript object has it`,
    'choose another',
  ],
  'outer-port-twice': ({ side, outer, at }: { side: 'inport' | 'outport'; outer: string; at: string }) => [
    `outer ${side} ${upper(outer)} is there twice, at ${at} already`,
    'rename or remove one',
  ],
  'unknown-port': (p: { node: string; side: 'inport' | 'outport'; port: string; ports: readonly string[] }) => [
    `${p.node} has no ${p.side} ${upper(p.port)}`,
    p.ports.length > 0 ? `it has ${p.ports.map(upper).join(', ')}` : 'it has none',
  ],
  'index-missing': ({ node, port }: { node: string; port: string }) => [
    `${node} ${upper(port)} is an array port`,
    `give it an index, as in ${upper(port)}[0]`,
  ],
  'index-unexpected': ({ node, port, index }: { node: string; port: string; index: number | undefined }) => [
    `${node} ${upper(port)} is no array port`,
    `drop the index [${index}]`,
  ],
  'edge-twice': ({ at }: { at: string }) => [`this wire is there twice, at ${at} already`, 'remove one'],
  'types-differ': ({ from, sends, to, takes }: { from: Called; sends: string; to: Called; takes: string }) => [
    `${from} sends ${sends}, but ${to} takes ${takes}`,
    `put a node between them that makes ${takes} of ${sends}`,
  ],
  'setting-twice': ({ to, at }: { to: Called; at: string }) => [
    `${to} has an initial packet already, at ${at}`,
    'remove one',
  ],
  'wrong-value': ({ to, datatype, value }: { to: Called; datatype: string; value: string }) => [
    `${to} takes ${datatype}, not ${value}`,
    VALUES[datatype] ?? 'no initial packet can have this type, so connect a wire',
  ],
  'wrong-choice': ({ to, values, value }: { to: Called; values: readonly string[]; value: string }) => [
    `${to} takes ${listInWords(values, 'or')}, not ${value}`,
  ],
  'wrong-setting': ({ node, reason }: { node: string; port: string; reason: string }) => [`${node}: ${reason}`],
  'risky-setting': ({ node, reason }: { node: string; port: string; reason: string }) => [`${node}: ${reason}`],
  'wrong-store': ({ to, reason }: { to: Called; reason: string }) => [`${to}: ${reason}`],
  'stores-differ': (p: { at: Called; url: string; other: Called; otherUrl: string }) => [
    `${p.at} names ${p.url}, but ${p.other} names ${p.otherUrl}`,
    'write the same at both',
  ],
  'exit-unreached': (p: { exit: string; entry: string; reached: readonly string[]; goals: readonly string[] }) => [
    `no question reaches ${upper(p.exit)}: from ${upper(p.entry)} the wires lead only to ${listInWords(p.reached, 'and')}`,
    `draw a wire from there to ${listInWords(p.goals, 'or')}`,
  ],
  'question-ends': ({ from, exit, nodes }: { from: Called; exit?: string | undefined; nodes: readonly string[] }) => [
    `a question that leaves by ${from} never gets to ${exitName(exit)}: it ends at ${listInWords(nodes, 'and')}`,
    'lead a wire on from there',
  ],
  'question-loops': ({ from, exit, nodes }: { from: Called; exit?: string | undefined; nodes: readonly string[] }) => [
    `a question that leaves by ${from} never gets to ${exitName(exit)}: it goes round through ${listInWords(nodes, 'and')}`,
    'lead a wire out of there',
  ],
  'unanswered-port': ({ node, port, isTyped }: OpenOutport) => [
    `${node} ${upper(port)} leads nowhere, so a question that leaves by it gets no answer`,
    `write ${node} ${upper(port)} -> IN NODE${isTyped ? '' : ", or -> IN drop(core/Drop) if it isn't needed"}`,
  ],
  'lost-failures': ({ node, port, isTyped }: OpenOutport) => [
    `${node} ${upper(port)} leads nowhere, so its failures would be lost`,
    `write ${node} ${upper(port)} -> IN NODE${isTyped ? '' : ", or -> IN drop(core/Drop) if they aren't needed"}`,
  ],
  'unheard-port': ({ node, port }: Omit<OpenOutport, 'isTyped'>) => [
    `${node} ${upper(port)} leads nowhere, so what ${node} sends of its own accord is lost`,
    `write ${node} ${upper(port)} -> IN NODE`,
  ],
  'unknown-node': ({ node, near }: { node: string; near: readonly string[] }) => [
    `there is no node ${node}`,
    near.length > 0 ? didYouMean(near) : 'declare it with its component',
  ],
  'no-component': ({ node }: { node: string }) => [`${node} has no component`, `write ${node}(COMPONENT)`],
  'required-port': ({ node, port, control }: { node: string; port: string; control: boolean }) => [
    `nothing leads into ${node} ${upper(port)}, which is required`,
    control ? `write 'VALUE' -> ${upper(port)} ${node}` : `write NODE OUT -> ${upper(port)} ${node}`,
  ],
  'unfed-outer-port': ({ outer, entry }: { outer: string; entry: string }) => [
    `the server sends nothing to outer inport ${upper(outer)}, only questions to ${upper(entry)}`,
    'remove it',
  ],
  'missing-outer-port': (missing: MissingOuterPort) => [
    `there is no outer ${missing.side}${missing.outer === undefined ? '' : ` ${upper(missing.outer)}`}`,
    `write ${outerText(missing)}`,
  ],
  'no-live-delivery': (missing: MissingOuterPort & { outer: string }) => [
    `nothing leaves at ${upper(missing.outer)}, so nobody hears new messages live`,
    missing.node === undefined
      ? `lead events to an outer outport ${upper(missing.outer)}`
      : `write ${outerText(missing)}`,
  ],
  'done-twice': (p: Ways & { node: string; where: string }) => [
    `a ${p.kind} gets to ${p.where} by ${p.count === 2 ? 'two' : p.count} ways, so ${p.node} would handle it ${p.count === 2 ? 'twice' : `${p.count} times`}: ${p.from} leads to ${listInWords(p.targets, 'and')}`,
    `remove ${p.count === 2 ? 'one' : p.count - 1} of these wires`,
  ],
  'answered-twice': (p: Ways) => [
    `a ${p.kind} is answered by ${p.count === 2 ? 'two' : p.count} ways, and only the first answer counts: ${p.from} leads to ${listInWords(p.targets, 'and')}`,
    `remove ${p.count === 2 ? 'one' : p.count - 1} of these wires`,
  ],
  'slow-path': ({ from, node, asides }: { from: Called; node: string; asides: readonly Called[] }) => [
    `callers wait until ${from}, which is slow, has sent`,
    asides.length === 0
      ? `leave ${node} there only if the answer needs it`
      : `if the answer does not need ${node}, feed it from ${listInWords(asides, 'or')} instead`,
  ],
  unguarded: ({ node, guard }: { node: string; guard: string }) => [
    `questions get to ${node} by a way round ${guard}, so that its rules don't count there`,
    `lead them through ${guard} first`,
  ],
  'kept-apart': ({ node, store }: { node: string; store: string }) => [
    `${node} keeps its data in this process only, while several may share ${store}`,
    'run one process, or have the proxy send each caller always to the same one',
  ],
  // From comparing a draft with the live graph.
  'guard-removed': ({ guard }: { guard: string }) => [
    `${guard} is no longer there, so that everybody may do everything`,
    `put it back, or publish it all the same with "force"`,
  ],
  'code-stays': ({ components }: { components: readonly string[] }) => [
    `code of ${components.join(', ')} gets to this machine only, while several processes may run the graph`,
    'bring its files to all of them, too',
  ],
  // Reasons why a valid draft can't go live, or was rolled back.
  'start-failed': ({ reason }: { node?: string | undefined; reason: string }) => [reason],
  'rolled-back': ({ why, to }: { why: string; to: number }) => [
    `rolled back: ${why}`,
    `the graph of revision ${to} is live again`,
  ],
  'code-changed': ({ path, component }: { path: string; component: string }) => [
    `${path} was changed by hand since its code was drafted`,
    `look at what it holds, then save the code of ${component} again to replace that, or discard the draft`,
  ],
  'tests-failed': ({ count, isStale }: { count: number; isStale: boolean }) => [
    `${count} of the draft's tests ${isStale ? 'failed before the last change' : 'fail'}`,
    `${isStale ? 'run them again' : 'mend the draft'}, or publish it all the same with "force"`,
  ],
  'answered-otherwise': ({ count }: { count: number }) => [
    `${count} of the last requests would be answered otherwise`,
    'look at what that changes, or save it all the same with "force"',
  ],
  'needs-code-right': ({ node, reason }: { node: string; reason: string }) => [
    `${node} is no longer as in the graph's file: ${reason}`,
  ],
  // Notices for editors.
  'file-changed': ({ file, conflicts }: { file: string; conflicts: readonly string[] }) => [
    `${file} was changed by hand and taken into the draft`,
    ...conflicts,
  ],
  'code-waits': ({ components }: { components: readonly string[] }) => [
    `the draft still has code of ${components.join(', ')}`,
    'publish or discard it',
  ],
  'not-saved': ({ reason }: { reason: string }) => [reason],
} satisfies Readonly<Record<string, (params: never) => WhatAndCures>>;

/** An unwired outport; tells whether it declares the type of its packets. */
export interface OpenOutport {
  readonly node: string;
  readonly port: string;
  readonly isTyped: boolean;
}

/** Possible continuations of a packet from one outport. */
export interface Ways {
  readonly kind: string;
  readonly count: number;
  readonly from: Called;
  readonly targets: readonly string[];
}

/** An outer port as a graph's file writes it; with placeholders for an unknown node or port. */
function outerText({ side, outer = 'NAME', node = 'NODE', port = 'PORT', isJson }: MissingOuterPort): string {
  const [name, inner] = [upper(outer), upper(port)];
  if (isJson) return `"${side}s": {"${name}": {"process": "${node}", "port": "${inner}"}}`;
  return `${upper(side)}=${node}.${inner}:${name}`;
}

function exitName(exit: string | undefined): string {
  return exit === undefined ? 'an outer outport' : upper(exit);
}

function didYouMean(near: readonly string[]): string {
  return `did you mean ${listInWords(near, 'or')}?`;
}

function upper(name: string): string {
  return name.toUpperCase();
}
