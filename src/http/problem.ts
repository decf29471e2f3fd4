import { STATUS_CODES } from 'node:http';
import type { Refusal } from '../packets.ts';

/** What a refusal looks like to a caller: RFC 9457, with the node that refused, failed or hung, and the request's id. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly node?: string;
  readonly request?: string;
}

/** The problem that a refusal is; `node` is the one that made it. */
export function problem({ id, status, detail }: Omit<Refusal, 'id'> & { id?: string }, node?: string): Problem {
  return {
    title: STATUS_CODES[status] ?? 'Refused',
    status,
    detail,
    ...(node !== undefined && { node }),
    ...(id !== undefined && { request: id }),
  };
}

/** Thrown where a request can't even become a question. The message is for the caller. */
export class Unreadable extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'Unreadable';
    this.status = status;
  }
}
