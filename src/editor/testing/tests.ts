import { relative } from 'node:path';
import type { Request } from '../../gate.ts';
import type { Library } from '../../library.ts';
import { tryOut } from '../code/trial.ts';
import type { Rehearsal } from './rehearsal.ts';

/** How a test of the draft went. */
export interface TestResult {
  readonly name: string;
  readonly component?: string;
  readonly node?: string;
  readonly passed: boolean;
  /** Why it did not pass. */
  readonly message?: string;
}

/** How the last test of the draft went, which stands in the way of publishing while the draft is still the same. */
export class LastTest {
  #version: number | undefined;
  #failed = 0;

  note(version: number, failed: number): void {
    this.#version = version;
    this.#failed = failed;
  }

  /** Why a version of the draft should not be published; nothing where it was not tested or passed. */
  objection(version: number): string | undefined {
    if (version !== this.#version || this.#failed === 0) return;
    return `${this.#failed} of its tests fail; mend the draft, or publish it all the same with "force"`;
  }
}

/** A request that was answered, to be asked again. */
export interface Recorded {
  readonly request: Request;
  readonly way: { readonly status: number };
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

/** Asks recorded requests again: an answer of another kind than the recorded one, such as 4xx for 2xx, has not passed. */
export async function testRequests(
  rehearsal: Rehearsal,
  recorded: readonly Recorded[],
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const { request, way } of recorded) {
    const { status, node, detail } = await rehearsal.ask(request);
    const passed = Math.floor(status / 100) === Math.floor(way.status / 100);
    results.push({
      name: `${request.method} ${request.path}`,
      passed,
      ...(node !== undefined && { node }),
      ...(!passed && { message: `${status} instead of ${way.status}${detail === undefined ? '' : `: ${detail}`}` }),
    });
  }
  return results;
}
