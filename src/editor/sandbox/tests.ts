import { relative } from 'node:path';
import { type Diagnostic, diagnostic } from '../../model/diagnostic.ts';
import type { Answer } from '../../model/packets.ts';
import { printFileFault } from '../../model/refused.ts';
import type { ServerPayloads } from '../../model/server-messages.ts';
import { excerpt } from '../../model/words.ts';
import type { Registry } from '../../registry/registry.ts';
import { fingerprintOf } from '../../runtime/runtime.ts';
import { inTime } from '../../time-limit.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import { messageOf, type ProtocolMessage } from '../message.ts';
import type { Recorded } from '../watch/traces.ts';
import { type DryRun, UNANSWERED } from './dry-run.ts';
import { tryOut } from './trial.ts';

/** The result of a test of the draft. */
export type TestResult = ServerPayloads['flowchat:tested']['results'][number];

/** Receives test results as they come, and may abort. */
export interface TestObserver {
  /** Receives the results of one request, or of one component. */
  tell(results: readonly TestResult[]): void;
  readonly signal: AbortSignal;
}

/** Resolves as the work does, or to undefined once the signal is aborted. */
function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result | undefined> {
  if (!signal) return work;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = () => resolve(undefined);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', end));
}

/** The files of components with tests, without duplicates. */
export function testedFiles(components: Iterable<string>, library: Registry): readonly TestedFiles[] {
  const sources = new Map(
    [...components].map(component => library.source(component)).map(files => [files?.name, files]),
  );
  return [...sources.values()].flatMap(files => (files?.tests ? [{ ...files, tests: files.tests }] : []));
}

interface TestedFiles {
  readonly name: string;
  readonly path: string;
  readonly tests: string;
}

/** Runs the YAML tests of components, each in its own process, until aborted. Never rejects. */
export async function testComponents(
  files: readonly TestedFiles[],
  root: string,
  library: Registry,
  { tell, signal }: TestObserver,
): Promise<void> {
  for (const each of files) {
    const results = await untilAborted(testComponent(each, root, library), signal);
    if (signal.aborted) return;
    tell(results ?? []);
  }
}

async function testComponent(
  { name, path, tests }: TestedFiles,
  root: string,
  library: Registry,
): Promise<readonly TestResult[]> {
  try {
    const [code, text] = [path, tests].map(file => library.text(file) ?? '') as [string, string];
    const suite = { file: relative(root, tests), text };
    const tried = await tryOut({ name, root, file: relative(root, path), code, tests: suite });
    return tried.map(({ name: what, wrong }) => ({
      component: name,
      ...testResult(`${name}: ${what}`, wrong && printFileFault(wrong)),
    }));
  } catch (error) {
    return [{ component: name, ...testResult(name, (error as Error).message) }];
  }
}

/** The result of a test; it passed unless there is a message. */
export function testResult(name: string, message: string | undefined): TestResult {
  return { name, passed: message === undefined, ...(message !== undefined && { message }) };
}

/** Limit of a message text in a test's name, in characters. */
const MAX_WORDS = 40;
/** Number of fields that a sentence lists. */
const MAX_FIELDS = 8;

/** Milliseconds after which the next request is sent, although the previous one is unanswered. */
const PATIENCE_MS = 300;

/**
 * Repeats recorded requests in order: a request passes if its answer has the same status and shape as the recorded one.
 * One that hangs does not delay the others. Resolves to the results in order, or to the present ones if aborted.
 */
export async function testRequests(
  dryRun: Pick<DryRun, 'answer'>,
  recorded: readonly Recorded[],
  observer?: TestObserver,
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  const asked: Promise<void>[] = [];
  for (const [index, one] of recorded.filter(isRepeatable).entries()) {
    if (observer?.signal.aborted) break;
    const answering = dryRun.answer(one.request).then(({ answer, node }) => {
      const found = {
        ...(node !== undefined && { node }),
        ...testResult(nameOf(one), differs(one.answer, answer)),
      };
      results[index] = found;
      observer?.tell([found]);
    });
    asked.push(answering);
    await untilAborted(
      inTime(answering, PATIENCE_MS, () => {}),
      observer?.signal,
    );
  }
  await untilAborted(Promise.all(asked), observer?.signal);
  return results.filter(found => found !== undefined);
}

/** Whether a repeated request gets the same answer; not if that depends on time or on stored messages. */
export function isRepeatable({ request, answer: { status } }: Recorded): boolean {
  if (status >= 400 && request.key !== undefined) return false;
  return status < 500 && status !== 429 && status !== 499;
}

/** Names a request: by its path or message text, and its status. */
function nameOf({ request: { method, path, query, body }, answer: { status } }: Recorded): string {
  const asked = new URLSearchParams(query).toString();
  const text = typeof body.text === 'string' ? body.text : undefined;
  const words = text === undefined ? '' : ` "${excerpt(text, MAX_WORDS)}"`;
  return `${method} ${path}${asked && `?${asked}`}${words}, ${status} before`;
}

/** How two answers differ, as a sentence; undefined if they don't. */
function differs(before: Answer, now: Answer): string | undefined {
  if (now.status === UNANSWERED) return `${before.status} was expected, and no answer came: it got nowhere`;
  const detail = 'detail' in now ? `: ${now.detail}` : '';
  if (before.status !== now.status) return `${before.status} was expected, ${now.status} came${detail}`;
  const [expected, came] = [shape(before), shape(now)];
  return expected === came ? undefined : `${expected} was expected, ${came} came`;
}

/** The shape of an answer: its type, and the fields of its JSON. */
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
 * The result of the draft's last test. A failed one blocks publishing until a later one passes, or the draft equals the
 * live graph because it was discarded or published with force.
 */
export class LastTest {
  #failure: { readonly tried: string; readonly count: number } | undefined;

  /** Records the number of failed tests; `tried` is the draft's fingerprint. */
  note(tried: string, failed: number): void {
    this.#failure = failed > 0 ? { tried, count: failed } : undefined;
  }

  /** Call when the draft equals the live graph. */
  forget(): void {
    this.#failure = undefined;
  }

  /** Why a draft should not be published; undefined if it was not tested, or passed. */
  objection(now: string): Diagnostic | undefined {
    if (!this.#failure) return;
    const { tried, count } = this.#failure;
    return diagnostic('tests-failed', { count, isStale: tried !== now });
  }
}

/** A fingerprint of what the draft would run; undefined if that is live already. */
export function draftFingerprint({
  draft,
  code,
  live,
}: Pick<DraftSession, 'draft' | 'code' | 'live'>): string | undefined {
  const now = fingerprintOf(draft.graph);
  if (!code.isEmpty) return `${now}\n${code.version}`;
  return live && fingerprintOf(live.document.graph) === now ? undefined : now;
}

/** Summarises test results. */
export function testSummary(results: readonly TestResult[], isCancelled = false): ProtocolMessage {
  const failed = results.filter(({ passed }) => !passed).length;
  return messageOf('flowchat:tested', {
    passed: results.length - failed,
    failed,
    results,
    ...(isCancelled && { cancelled: true }),
  });
}
