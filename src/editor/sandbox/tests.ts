import { relative } from 'node:path';
import { type Diagnostic, diagnostic } from '../../model/diagnostic.ts';
import type { Answer } from '../../model/packets.ts';
import { printFileFault } from '../../model/payload.ts';
import type { ServerPayloads } from '../../model/server-messages.ts';
import { excerpt } from '../../model/words.ts';
import type { Registry } from '../../registry/registry.ts';
import { fingerprintOf } from '../../runtime/runtime.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import { messageOf, type ProtocolMessage } from '../message.ts';
import type { Recorded } from '../watch/traces.ts';
import type { DryRun } from './dry-run.ts';
import { tryOut } from './trial.ts';

/** How a test of the draft went. */
export type TestResult = ServerPayloads['flowchat:tested']['results'][number];

/** Runs the YAML of components, each in a process of its own. Never rejects. */
export async function testComponents(
  components: Iterable<string>,
  root: string,
  library: Registry,
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
        ...tried.map(({ name: what, wrong }) => ({
          component: name,
          ...result(`${name}: ${what}`, wrong && printFileFault(wrong)),
        })),
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

/** Characters of a message in the name of its test. */
const MAX_WORDS = 40;
/** Fields that are named in a sentence. */
const MAX_FIELDS = 8;

/** Asks recorded requests again: an answer with another status, or of another shape, than the recorded one has not passed. */
export async function testRequests(
  dryRun: Pick<DryRun, 'answer'>,
  recorded: readonly Recorded[],
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const { request, answer: before } of recorded.filter(isRepeatable)) {
    const { answer, node } = await dryRun.answer(request);
    results.push({
      ...(node !== undefined && { node }),
      ...result(nameOf({ request, answer: before }), differs(before, answer)),
    });
  }
  return results;
}

/** Whether the answer would be the same again; not where it depended on the moment, or on what was kept before. */
function isRepeatable({ request, answer: { status } }: Recorded): boolean {
  if (status >= 400 && request.key !== undefined) return false;
  return status < 500 && status !== 429 && status !== 499;
}

/** Tells a request from others: by what it asks or says, and how it was answered. */
function nameOf({ request: { method, path, query, body }, answer: { status } }: Recorded): string {
  const asked = new URLSearchParams(query).toString();
  const text = typeof body.text === 'string' ? body.text : undefined;
  const words = text === undefined ? '' : ` "${excerpt(text, MAX_WORDS)}"`;
  return `${method} ${path}${asked && `?${asked}`}${words}, ${status} before`;
}

/** What was expected and what came, in a sentence; nothing where that is the same. */
function differs(before: Answer, now: Answer): string | undefined {
  const detail = 'detail' in now ? `: ${now.detail}` : '';
  if (before.status !== now.status) return `${before.status} was expected, ${now.status} came${detail}`;
  const [expected, came] = [shape(before), shape(now)];
  return expected === came ? undefined : `${expected} was expected, ${came} came`;
}

/** What an answer is apart from what it says: its type, and the fields of its JSON. */
function shape(answer: Answer): string {
  if ('detail' in answer) return 'a refusal';
  const { body, type = 'application/json' } = answer;
  if (type !== 'application/json') return type;
  try {
    const data: unknown = JSON.parse(body);
    if (Array.isArray(data)) return 'a list';
    if (typeof data !== 'object' || data === null) return `JSON that is a ${typeof data}`;
    const fields = Object.keys(data).sort();
    return `{${fields.slice(0, MAX_FIELDS).join(', ')}${fields.length > MAX_FIELDS ? ', …' : ''}}`;
  } catch {
    return 'no JSON';
  }
}

/**
 * How the last test of the draft went. One that failed stands in the way of publishing until a later one passes, or the
 * draft is what is live: because it was discarded, or published all the same.
 */
export class LastTest {
  #failure: { readonly tried: string; readonly count: number } | undefined;

  /** Takes down how many tests failed of a draft; `tried` differs where it would run differently. */
  note(tried: string, failed: number): void {
    this.#failure = failed > 0 ? { tried, count: failed } : undefined;
  }

  /** The draft is what is live. */
  forget(): void {
    this.#failure = undefined;
  }

  /** Why a draft should not be published; nothing where it was never tested, or passed. */
  objection(now: string): Diagnostic | undefined {
    if (!this.#failure) return;
    const { tried, count } = this.#failure;
    return diagnostic('tests-failed', { count, isStale: tried !== now });
  }
}

/** What the draft would run, as a text that differs where that does; nothing where that is live already. */
export function draftFingerprint({
  draft,
  code,
  live,
}: Pick<DraftSession, 'draft' | 'code' | 'live'>): string | undefined {
  const now = fingerprintOf(draft.graph);
  if (!code.isEmpty) return `${now}\n${code.version}`;
  return live && fingerprintOf(live.document.graph) === now ? undefined : now;
}

/** What tests have come to, counted. */
export function testSummary(results: readonly TestResult[]): ProtocolMessage {
  const failed = results.filter(({ passed }) => !passed).length;
  return messageOf('flowchat:tested', { passed: results.length - failed, failed, results });
}
