import { comparing, type End, type Graph, isSameGraph } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { type Layout, layoutOf, printLayout, readLayout, whole } from './layout.ts';
import { namesOf, withTextNames } from './names.ts';
import { Additions } from './print-additions.ts';
import { detoursOf } from './print-detour.ts';
import { printJson } from './print-json.ts';
import { type ChangePlan, guessedRenames, planOf } from './print-plan.ts';
import { Restatement } from './print-statements.ts';
import { Mentions, printGraph } from './print-text.ts';
import { isJson, type ReadTree, readGraph, readTree } from './read.ts';
import { TreeEdits } from './tree-edits.ts';
import { viewOf } from './view.ts';

export { sidecar } from './layout.ts';

/** A graph's file and its sidecar. */
export interface GraphTexts {
  readonly text: string;
  /** '' where there is no sidecar, or need be none. */
  readonly layout: string;
}

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Writes a graph with the smallest difference to what its file and its sidecar hold now; both are '' where there are none.
 * What is read back is the same graph, as `isSameGraph` has it. Where nothing has changed, no byte does. Never throws: a graph
 * that nests too deeply for JSON leaves everything as it was.
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

/** What of a graph any file can hold: JSON, and indexes that are whole numbers. */
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

/** Nothing where nothing has changed. */
function writeJson(graph: Graph, before: string): GraphTexts | undefined {
  if (before !== '' && isSameGraph(readGraph(graph.file, before).graph, graph)) return;
  return { text: printJson(graph, before), layout: '' };
}

/** Nothing where nothing has changed. */
function* writeText(graph: Graph, { text, layout: beside }: GraphTexts): Steps<GraphTexts | undefined> {
  const { layout } = readLayout(graph.file, beside);
  const before = readTree(text);
  yield;
  if (yield* comparing(whole(before.graph, layout), graph)) return;
  const found = (yield* attempts(graph, before, layout)) ?? (yield* anew(graph, text, layout));
  const print = printLayout(found.layout);
  return { text: found.text, layout: print === printLayout(layout) ? beside : print };
}

interface Written {
  readonly text: string;
  readonly layout: Layout;
  readonly graph: Graph;
}

/** How a text is changed: see `namesOf` for `strict` and `detoursOf` for `detours`. */
interface Way {
  readonly strict: boolean;
  readonly detours: boolean;
}

/** The nicest first; chains may become too long to be read with detours. */
const WAYS: readonly Way[] = [
  { strict: false, detours: true },
  { strict: false, detours: false },
  { strict: true, detours: false },
];

/** The first changed text that says the graph. */
function* attempts(graph: Graph, before: ReadTree, layout: Layout): Steps<Written | undefined> {
  for (const way of WAYS) {
    const made = yield* written(graph, before, layout, way);
    if (yield* comparing(made.graph, graph)) return made;
  }
  return;
}

/** The graph in a text of its own, below the comments that there were. */
function* anew(graph: Graph, text: string, layout: Layout): Steps<Written> {
  const comments = text.match(/^ *#(?! +@).*(?:\r\n|\n|\r)/gm)?.join('') ?? '';
  return yield* written(graph, readTree(comments), layout, { strict: true, detours: false });
}

/** The changed text, the layout that goes with it, and the graph that they say. */
function* written(graph: Graph, before: ReadTree, beside: Layout, { strict, detours }: Way): Steps<Written> {
  const names = namesOf(graph, before.graph, beside, strict);
  const meant = withTextNames(graph, names);
  yield;
  const text = yield* changedText(before, meant, detours);
  const { graph: said } = readTree(text);
  yield;
  const layout = layoutOf(graph, meant, names, said);
  yield;
  return { text, layout, graph: whole(said, layout) };
}

/** A tree's text changed so that it says a graph, which is in the text's words. */
function* changedText(before: ReadTree, meant: Graph, detours: boolean): Steps<string> {
  const { tree } = before;
  const edits = new TreeEdits(tree);
  if (tree.statements.length === 0) {
    edits.put(tree.rows.length - 1, ...printGraph(meant));
    return edits.print();
  }
  const renames = guessedRenames(before.graph, meant);
  yield;
  const view = renames.size === 0 ? before : viewOf(tree, renames);
  const plan = planOf(view.graph, meant);
  yield;
  const change = { tree, view, renames, meant, plan, detours: detours ? detoursOf(view.graph, plan) : new Map() };
  yield;
  const fresh = freshOf(plan);
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

/** Declares nodes that the text has under no name yet. */
function freshOf({ nodes: { kept, added } }: ChangePlan): Mentions {
  const declared = new Set([...kept.values()].map(({ name }) => name));
  return new Mentions(added.filter(({ name }) => declared.size < declared.add(name).size));
}
