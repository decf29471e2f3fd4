import type { Change } from '../../../src/model/graph-commands.ts';
import { MAX_DATA_CHARACTERS, MAX_MESSAGE_BYTES, MAX_PASTED_CHARACTERS } from '../../../src/model/limits.ts';

/** Bytes that a message adds to an edit. */
const ENVELOPE = 1024;

const number = (count: number): string => count.toLocaleString('en');

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Why a message can't be sent; undefined if it can. */
export function messageFault(message: string, around = 0): string | undefined {
  const size = bytes(message) + around;
  if (size <= MAX_MESSAGE_BYTES) return;
  return `this takes ${number(size)} bytes, and the server takes ${number(MAX_MESSAGE_BYTES)} at once; do it in parts`;
}

/** Why a value can't be a setting; undefined if it can. */
export function dataFault(data: unknown): string | undefined {
  const { length } = JSON.stringify(data) ?? '';
  if (length <= MAX_DATA_CHARACTERS) return;
  return `this has ${number(length)} characters as JSON, and a setting has at most ${number(MAX_DATA_CHARACTERS)}`;
}

/** Why an edit can't be sent; undefined if it can. */
export function editFault(changes: readonly Change[]): string | undefined {
  for (const { command, payload } of changes) {
    const fault = command === 'addinitial' ? dataFault(payload.src.data) : undefined;
    if (fault) return fault;
  }
  return messageFault(JSON.stringify(changes), ENVELOPE);
}

/** Why a text is too long to paste; undefined if it is not. */
export function textFault({ length }: string): string | undefined {
  if (length <= MAX_PASTED_CHARACTERS) return;
  return `this text has ${number(length)} characters, and at most ${number(MAX_PASTED_CHARACTERS)} can be pasted at once`;
}
