import { printFault } from '../check/check.ts';
import { readGraph } from '../fbp/read.ts';
import type { Graph } from '../model/graph.ts';
import { SourceFiles } from './sources.ts';

/** Nodes and wires of one behaviour, to be inserted into a graph. */
export interface RecipeFile {
  /** Name of its file. */
  readonly name: string;
  readonly title: string;
  /** What it does, in two sentences. */
  readonly about: string;
  /** Nodes without a component are those of the target graph. */
  readonly graph: Graph;
  /** The error of reading its file. */
  readonly fault?: string;
}

const FOLDER = 'graphs/recipes';
const FILE = /^([a-z0-9][a-z0-9-]*)\.fbp$/;

/**
 * The recipes of a project, by title. The comment at the top of each file has the title on its first line, followed by
 * the sentences.
 */
export function readRecipes(root: string): readonly RecipeFile[] {
  const texts = new SourceFiles(root);
  return texts
    .list(FOLDER)
    .flatMap(file => {
      const name = FILE.exec(file)?.[1];
      const text = name && texts.read(`${FOLDER}/${file}`);
      return name && text ? [recipeOf(name, `${FOLDER}/${file}`, text)] : [];
    })
    .toSorted((a, b) => (a.title < b.title ? -1 : 1));
}

function recipeOf(name: string, file: string, text: string): RecipeFile {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex(line => !line.startsWith('#'));
  const [title = '', ...about] = lines.slice(0, end < 0 ? lines.length : end).map(line => line.slice(1).trim());
  const { graph, faults } = readGraph(file, text);
  const [fault] = faults;
  return {
    name,
    title: title || name,
    about: about.join(' ').trim(),
    graph,
    ...(fault && { fault: printFault(fault) }),
  };
}
