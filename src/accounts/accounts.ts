import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from '../gate/contract.ts';
import { guest, type Who } from '../model/who.ts';

/**
 * A session of somebody, at the edge only: it never enters a packet. All connections of a session have the same object,
 * so that a change of it acts on those that are open. Read `who` anew for each question.
 */
export interface Visitor {
  readonly session: string;
  /** Who it is now: another object once the name or the role has changed. */
  readonly who: Who;
  /** When the session ends, in milliseconds since 1970. */
  readonly until: number;
}

/** Somebody who asked for something that goes on, and the request by which they did. */
export interface Caller {
  readonly visitor: Visitor;
  readonly request: Request;
}

/** What this folder is for: knows who sends a request. Cookies and tokens end here. */
export interface Accounts {
  /** Who sends a request: a guest unless its headers prove otherwise. `from` is a keyed hash of its address. Never rejects. */
  visit(headers: IncomingHttpHeaders, from: string): Visitor | Promise<Visitor>;
  /** Calls back with each visitor who may do something else from now on. Returns a function that ends it. */
  changed(listener: (visitor: Visitor) => void): () => void;
}

/** A server without accounts: everybody is a guest, and stays one. */
export const guestsOnly: Accounts = {
  visit: (_, from) => ({ session: from, who: guest(from), until: Number.POSITIVE_INFINITY }),
  changed: () => () => {},
};
