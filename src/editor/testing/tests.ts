import { relative } from 'node:path';
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

/** Runs the YAML of components, each in a process of its own. Never rejects. */
export async function testComponents(
  components: Iterable<string>,
  root: string,
  library: Library,
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  const sources = new Map(
    [...components].map(component => library.source(component)).map(files => [files?.name, files]),
  );
  for (const { name, path, tests } of [...sources.values()].flatMap(files => files ?? [])) {
    if (!tests) continue;
    try {
      const [code, text] = [path, tests].map(file => library.text(file) ?? '') as [string, string];
      const suite = { file: relative(root, tests), text };
      const tried = await tryOut({ name, root, file: relative(root, path), code, tests: suite });
      results.push(
        ...tried.map(({ name: what, wrong }) => ({ component: name, ...result(`${name}: ${what}`, wrong) })),
      );
    } catch (error) {
      results.push({ component: name, ...result(name, (error as Error).message) });
    }
  }
  return results;
}

/** The result of a test that has passed, unless a message says why not. */
export function result(name: string, message: string | undefined): TestResult {
  return { name, passed: message === undefined, ...(message !== undefined && { message }) };
}
