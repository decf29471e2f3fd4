import type { Answer } from '../../packets.ts';
import type { Recorded } from '../watching/ways.ts';
import type { Rehearsal } from './rehearsal.ts';
import { result, type TestResult } from './tests.ts';

/** Characters of a message in the name of its test. */
const MOST_WORDS = 40;
/** Fields that are named in a sentence. */
const MOST_FIELDS = 8;

/** Asks recorded requests again: an answer with another status, or of another shape, than the recorded one has not passed. */
export async function testRequests(
  rehearsal: Pick<Rehearsal, 'answer'>,
  recorded: readonly Recorded[],
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const { request, answer: before } of recorded.filter(isRepeatable)) {
    const { answer, node } = await rehearsal.answer(request);
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
  const words = text === undefined ? '' : ` "${text.length > MOST_WORDS ? `${text.slice(0, MOST_WORDS)}…` : text}"`;
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
    return `{${fields.slice(0, MOST_FIELDS).join(', ')}${fields.length > MOST_FIELDS ? ', …' : ''}}`;
  } catch {
    return 'no JSON';
  }
}
