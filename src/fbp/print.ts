import { comparing, type End, type Graph, isSameGraph } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { type Layout, layoutOf, printLayout, readLayout, whole } from './layout.ts';
import { namesOf, withTextNames } from './names.ts';
import { editText } from './print-edit.ts';
import { printJson } from './print-json.ts';
import { isJson, readGraph } from './read.ts';
import { type Dissected, dissect, dissecting } from './text.ts';

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
  const before = { text, layout, ...(yield* dissecting(text)) };
  if (yield* comparing(whole(before.graph, layout), graph)) return;
  const found = (yield* attempts(graph, before)) ?? (yield* anew(graph, before));
  const print = printLayout(found.layout);
  return { text: found.text, layout: print === printLayout(layout) ? beside : print };
}

interface Written {
  readonly text: string;
  readonly layout: Layout;
  readonly graph: Graph;
}

interface Before extends Dissected {
  readonly text: string;
  readonly layout: Layout;
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

/** The graph in a text of its own, below the comments that there were. */
function* anew(graph: Graph, { text, layout }: Before): Steps<Written> {
  const comments = text.match(/^ *#(?! +@).*(?:\r\n|\n|\r)/gm)?.join('') ?? '';
  return yield* written(graph, { text: comments, layout, ...dissect(comments) }, { strict: true, detours: false });
}

/** The first attempt that says the graph. */
function* attempts(graph: Graph, before: Before): Steps<Written | undefined> {
  for (const way of WAYS) {
    const made = yield* attempt(graph, before, way);
    if (made) return made;
  }
  return;
}

/** What `written` gives, but nothing where it does not say the graph. */
function* attempt(graph: Graph, before: Before, way: Way): Steps<Written | undefined> {
  const made = yield* written(graph, before, way);
  return (yield* comparing(made.graph, graph)) ? made : undefined;
}

/** The changed text, the layout that goes with it, and the graph that they say. */
function* written(graph: Graph, before: Before, { strict, detours }: Way): Steps<Written> {
  const names = namesOf(graph, before.graph, before.layout, strict);
  const meant = withTextNames(graph, names);
  yield;
  const text = yield* editText(before, meant, detours);
  const { graph: said } = yield* dissecting(text);
  const layout = layoutOf(graph, meant, names, said);
  yield;
  return { text, layout, graph: whole(said, layout) };
}
