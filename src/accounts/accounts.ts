import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from '../gate/contract.ts';
import type { Answer, Refusal } from '../model/packets.ts';
import { guest, type Who } from '../model/who.ts';

/**
 * A session of somebody, at the edge only: it never enters a packet. All connections of a session have the same object,
 * so that a change of it acts on those that are open. Read `who` anew for each question.
 */
export interface Visitor {
  readonly session: string;
  /** Who it is now: another object once the name or the role has changed. */
  readonly who: Who;
  /** When the session ends, in milliseconds since 1970; 0 once it has ended before its time. */
  readonly until: number;
}

/** Somebody who asked for something that goes on, and the request by which they did. */
export interface Caller {
  readonly visitor: Visitor;
  readonly request: Request;
}

/** Whether a caller is one of those whose rights have changed, and has no session any more. */
export const isOver = (caller: Caller, whom: (caller: Caller) => boolean): boolean =>
  caller.visitor.until === 0 && whom(caller);

/** What a request about accounts comes to. */
export interface AccountReply {
  readonly status: number;
  /** As JSON; undefined where there is nothing to tell. */
  readonly body?: object;
  /** Set-Cookie headers. */
  readonly cookies?: readonly string[];
  /** Where a browser goes on. */
  readonly location?: string;
}

/** What the operator wants to be done about a person. */
export interface PersonOrder {
  readonly act: 'list' | 'reset' | 'owner' | 'ban' | 'unban';
  /** Whom it is about; empty for the list. */
  readonly name: string;
}

/** A revision of the graph, as the record of what was done about people has it. */
export interface PublishedRules {
  /** Who published it: the name of an owner, the level of a secret, or what else did. */
  readonly by: string;
  readonly revision: number;
  /** What has changed about who may do what, in sentences. */
  readonly rules: readonly string[];
}

/** What this folder is for: knows who sends a request. Cookies, passwords and tokens end here. */
export interface Accounts {
  /** Whether people can have accounts. */
  readonly isOn: boolean;
  /** Who sends a request: a guest unless its headers prove otherwise. `from` is a keyed hash of its address. Never rejects. */
  visit(headers: IncomingHttpHeaders, from: string): Visitor | Promise<Visitor>;
  /** Calls back with who may do something else from now on. Returns a function that ends it. */
  changed(listener: (whom: (caller: Caller) => boolean) => void): () => void;
  /** Whether a path is answered here and never by the graph, as what is asked there is secret, such as a password. */
  owns(path: string): boolean;
  /** Answers a request to such a path, or one about people that the graph has admitted. */
  answer(request: Request, headers: IncomingHttpHeaders, visitor: Visitor): Promise<AccountReply | Omit<Refusal, 'id'>>;
  /**
   * Whether somebody is an owner, by the cookie of a page of ours; `proved` if they have shown a passkey or a password within a quarter
   * of an hour, as whoever edits the graph may do everything.
   */
  ownership(visitor: Visitor): 'none' | 'known' | 'proved';
  /** Whether this is the name of a room that not everybody may find. */
  isPrivate(room: string): boolean;
  /** Takes down what a question about rooms or messages has done, once the graph has answered it. */
  answered(request: Request, answer: Answer): void;
  /** Takes down that another graph is live. */
  published(revision: PublishedRules): void;
  /** Takes down that somebody, as in a revision, looks into private rooms from the editor. */
  looked(by: string): void;
  /** Does what the operator orders, and says in a sentence or lines what was done. Rejects with a sentence. */
  order(order: PersonOrder): Promise<string>;
  /** The code by which the first owner sets the place up; undefined once there is one. */
  setupCode(): string | undefined;
  close(): Promise<void>;
}

/** A guest, by the hash of their address. */
export const nobody = (from: string): Visitor => ({
  session: from,
  who: guest(from),
  until: Number.POSITIVE_INFINITY,
});

/** A server without accounts: everybody is a guest, and stays one. */
export const guestsOnly: Accounts = {
  isOn: false,
  visit: (_, from) => nobody(from),
  changed: () => () => {},
  owns: () => false,
  answer: async ({ path }) => ({
    status: 404,
    code: 'not-found',
    detail: `there is nothing at ${path}: ACCOUNTS is off`,
  }),
  ownership: () => 'none',
  isPrivate: () => false,
  answered: () => {},
  published: () => {},
  looked: () => {},
  order: async () => {
    throw new Error('ACCOUNTS is off at this server, so that nobody has an account; start it with ACCOUNTS=on');
  },
  setupCode: () => undefined,
  close: async () => {},
};
