import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Graph } from '../../fbp.ts';
import type { Library } from '../../library.ts';
import { tryOut } from '../code/trial.ts';

/** How a test of the draft went. */
export interface TestResult {
  readonly name: string;
  readonly component?: string;
  readonly node?: string;
  readonly passed: boolean;
  /** Why it did not pass. */
  readonly message?: string;
}

/** Runs the YAML of each component that a graph places, each in a process of its own. Never rejects. */
export async function testComponents(graph: Graph, root: string, library: Library): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const component of new Set(graph.nodes.map(({ component }) => component))) {
    const { name, path, tests } = library.source(component) ?? {};
    if (!name || !path || !tests) continue;
    try {
      const code = readFileSync(path, 'utf8');
      const suite = { file: relative(root, tests), text: readFileSync(tests, 'utf8') };
      const tried = await tryOut({ name, root, file: relative(root, path), code, tests: suite });
      results.push(...tried.results.map(({ name: what, wrong }) => result(`${name}: ${what}`, name, wrong)));
    } catch (error) {
      results.push(result(name, name, (error as Error).message));
    }
  }
  return results;
}

function result(name: string, component: string, message: string | undefined): TestResult {
  return { name, component, passed: message === undefined, ...(message !== undefined && { message }) };
}
