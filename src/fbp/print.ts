import { comparing, type End, type Graph, isSameGraph } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { type Layout, layoutOf, printLayout, readLayout, trueNames, whole } from './layout.ts';
import { LONGEST_CHAIN } from './mistake.ts';
import { namesOf, withTextNames } from './names.ts';
import { Additions, TreeEdits } from './print-additions.ts';
import { printJson } from './print-json.ts';
import { type ChangePlan, detoursOf, guessedRenames, planOf } from './print-plan.ts';
import { Restatement } from './print-statements.ts';
import { Mentions } from './print-text.ts';
import { isJson, type ReadTree, readGraph, readTree } from './read.ts';
import { viewOf } from './view.ts';

export { sidecar } from './layout.ts';

/** A graph's file and its sidecar. */
export interface GraphTexts {
  readonly text: string;
  /** Empty without a sidecar, or if none is needed. */
  readonly layout: string;
}

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Prints a graph with the smallest difference to the present contents of its file and its sidecar, both empty if
 * missing. Reading the result gives the same graph by `isSameGraph`. An unchanged graph changes no byte. Never throws:
 * a graph that is nested too deeply for JSON changes nothing.
 */
export function write(graph: Graph, before: GraphTexts): GraphTexts {
  return atOnce(writing(graph, before));
}

/** As `write`, in steps. */
export function* writing(graph: Graph, before: GraphTexts): Steps<GraphTexts> {
  const byteOrderMark = before.text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
  const text = before.text.slice(byteOrderMark.length);
  try {
    const clean = sound(graph);
    yield;
    const made = isJson(clean.file) ? writeJson(clean, text) : yield* writeText(clean, { text, layout: before.layout });
    return made ? { text: byteOrderMark + made.text, layout: made.layout } : before;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return before;
  }
}

/** The parts of a graph that any file can express: JSON values, and integer indexes. */
function sound(graph: Graph): Graph {
  const { edges, initials, ...rest }: Graph = JSON.parse(JSON.stringify(graph));
  const end = ({ index, ...of }: End): End =>
    Number.isSafeInteger(index) && index! >= 0 ? { ...of, index: index! } : of;
  return {
    ...rest,
    edges: edges.map(edge => ({ ...edge, from: end(edge.from), to: end(edge.to) })),
    initials: initials.map(({ data = null, to, ...of }) => ({ ...of, data, to: end(to) })),
  };
}

/** Undefined if nothing changed. */
function writeJson(graph: Graph, before: string): GraphTexts | undefined {
  if (before !== '' && isSameGraph(readGraph(graph.file, before).graph, graph)) return;
  return { text: printJson(graph, before), layout: '' };
}

/** Undefined if nothing changed. */
function* writeText(graph: Graph, { text, layout: beside }: GraphTexts): Steps<GraphTexts | undefined> {
  const { layout } = readLayout(graph.file, beside);
  const before = readTree(text);
  yield;
  if (yield* comparing(whole(before.graph, layout), graph)) return;
  const made = yield* written(graph, before, layout);
  const print = printLayout(made.layout);
  return { text: made.text, layout: print === printLayout(layout) ? beside : print };
}

interface Written {
  readonly text: string;
  readonly layout: Layout;
}

/** The nicest text of the graph: as a last resort a new one below the old comments. */
function* written(graph: Graph, before: ReadTree, layout: Layout): Steps<Written> {
  for (const isCareful of [false, true]) {
    const made = yield* attempt(graph, before, layout, isCareful);
    const isSame = yield* comparing(whole(made.said.graph, made.layout), graph);
    if (isSame && (!hasLongChain(made.said) || hasLongChain(before))) return made;
  }
  const comments = before.tree.text.match(/^ *#(?! +@).*(?:\r\n|\n|\r)/gm)?.join('') ?? '';
  return yield* attempt(graph, readTree(comments), layout, true);
}

/** The changed text, its graph, and its layout. */
function* attempt(graph: Graph, before: ReadTree, beside: Layout, isCareful: boolean) {
  // The name of an anonymous node may contain a slash, which isn't allowed everywhere.
  const kept = new Set(isCareful ? [] : before.graph.nodes.map(({ name }) => name));
  const names = namesOf(graph, trueNames(beside), kept);
  const meant = withTextNames(graph, names);
  yield;
  const text = yield* changedText(before, meant, isCareful);
  const said = readTree(text);
  yield;
  const layout = layoutOf(graph, meant, names, said.graph);
  yield;
  return { text, said, layout };
}

function hasLongChain({ tree: { statements } }: ReadTree): boolean {
  return statements.some(told => told.kind === 'chain' && told.pieces.length > LONGEST_CHAIN);
}

/** Changes a tree's text to express a graph, which has the text's names. */
function* changedText(before: ReadTree, meant: Graph, isCareful: boolean): Steps<string> {
  const { tree } = before;
  const renames = guessedRenames(before.graph, meant);
  yield;
  const view = renames.size === 0 ? before : viewOf(tree, renames);
  const plan = planOf(view.graph, meant);
  yield;
  const change = { tree, view, renames, meant, plan, detours: isCareful ? new Map() : detoursOf(view.graph, plan) };
  yield;
  const fresh = freshOf(plan);
  const edits = new TreeEdits(tree);
  const additions = new Additions(change, fresh, edits);
  const restatement = new Restatement(change, fresh, edits.eol);
  for (const statement of tree.statements) {
    edits.say(statement, restatement.say(statement));
    yield;
  }
  additions.put();
  yield;
  return edits.print();
}

/** Declares nodes whose names are not in the text yet. */
function freshOf({ nodes: { kept, added } }: ChangePlan): Mentions {
  const declared = new Set([...kept.values()].map(({ name }) => name));
  return new Mentions(added.filter(({ name }) => declared.size < declared.add(name).size));
}
