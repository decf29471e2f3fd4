import { MOST_OF_DATA, MOST_OF_MESSAGE, MOST_PASTED } from '../../../src/model/limits.ts';
import type { Change } from './change.ts';

/** Bytes that a message has around an edit. */
const ENVELOPE = 1024;

const number = (count: number): string => count.toLocaleString('en');

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Why a message can't be sent, in a sentence; nothing where it can. */
export function messageFault(message: string, around = 0): string | undefined {
  const size = bytes(message) + around;
  if (size <= MOST_OF_MESSAGE) return;
  return `this takes ${number(size)} bytes, and the server takes ${number(MOST_OF_MESSAGE)} at once; do it in parts`;
}

/** Why a packet can't be a setting, in a sentence; nothing where it can. */
export function dataFault(data: unknown): string | undefined {
  const { length } = JSON.stringify(data) ?? '';
  if (length <= MOST_OF_DATA) return;
  return `this has ${number(length)} characters as JSON, and a setting has at most ${number(MOST_OF_DATA)}`;
}

/** Why an edit can't be sent, in a sentence; nothing where it can. */
export function editFault(changes: readonly Change[]): string | undefined {
  for (const { command, payload } of changes) {
    const fault = command === 'addinitial' ? dataFault(payload.src.data) : undefined;
    if (fault) return fault;
  }
  return messageFault(JSON.stringify(changes), ENVELOPE);
}

/** Why a text can't be pasted, in a sentence; nothing where it can. */
export function textFault({ length }: string): string | undefined {
  if (length <= MOST_PASTED) return;
  return `this text has ${number(length)} characters, and at most ${number(MOST_PASTED)} can be pasted at once`;
}
