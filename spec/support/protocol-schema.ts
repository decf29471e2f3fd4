import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import * as v from 'valibot';
import { FLOWCHAT } from '../../src/model/server-messages.ts';

interface Validator {
  validateMultiple(
    message: unknown,
    schema: string,
  ): { errors: readonly { message: string; dataPath: string }[]; missing: readonly string[] };
}

const validator: Validator = createRequire(import.meta.url)('fbp-protocol/schema/index.js');

/** Answers that the protocol names, in its table of capabilities or its commands, but has no schema for. */
const ANSWERS: ReadonlySet<string> = new Set(['network:persist', 'network:debug']);

/** What the protocol's own schemas find wrong with a message of a runtime, or ours, of the addition `flowchat`. */
export function invalidities(message: unknown): readonly string[] {
  // As it leaves: a value that JSON drops can't be wrong.
  const sent = JSON.parse(JSON.stringify(message));
  const { protocol, command } = sent;
  if (ANSWERS.has(`${protocol}:${command}`)) return [];
  if (protocol === 'flowchat') return ownInvalidities(command, sent.payload);
  const { errors, missing } = validator.validateMultiple(sent, `/${protocol}/output/${command}`);
  return [
    ...errors.map(({ dataPath, message: wrong }) => `${protocol}:${command} ${dataPath || '/'}: ${wrong}`),
    ...missing.map(schema => `${protocol}:${command} is not in the protocol: there is no schema ${schema}`),
    ...('secret' in sent || Object(sent.payload).secret !== undefined ? [`${protocol}:${command} has a secret`] : []),
  ];
}

function ownInvalidities(command: string, payload: unknown): readonly string[] {
  const schema = FLOWCHAT[`flowchat:${command}` as keyof typeof FLOWCHAT];
  if (!schema) return [`there is no message flowchat:${command}`];
  const { issues = [] } = v.safeParse(schema as v.GenericSchema, payload);
  return issues.map(issue => `flowchat:${command} ${v.getDotPath(issue)}: ${issue.message}`);
}

/** Fails where a message of a runtime is not as the FBP network protocol has it. */
export function expectValid(message: unknown): void {
  expect(invalidities(message)).toEqual([]);
}
