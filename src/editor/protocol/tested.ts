import type { TestResult } from '../testing/tests.ts';
import { said } from './flowchat.ts';
import type { Message } from './message.ts';

/** What tests have come to, counted. */
export function tested(results: readonly TestResult[]): Message {
  const failed = results.filter(({ passed }) => !passed).length;
  return said('tested', { passed: results.length - failed, failed, results });
}
