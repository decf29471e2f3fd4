import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from '../gate/contract.ts';
import type { Answer, Refusal } from '../model/packets.ts';
import { guest, type Who } from '../model/who.ts';

/**
 * A visitor's session; it never enters a packet. All connections of a session share this object, so that changes apply
 * to open connections. Read `who` anew for each question.
 */
export interface Visitor {
  readonly session: string;
  /** The present identity; replaced when the name or role changes. */
  readonly who: Who;
  /** End of the session, in milliseconds since 1970; 0 if it was ended early. */
  readonly until: number;
}

/** The originator of a long-lived request, with the request. */
export interface Caller {
  readonly visitor: Visitor;
  readonly request: Request;
}

/** Whether a caller is among those whose rights changed, and has no session any longer. */
export const isOver = (caller: Caller, whom: (caller: Caller) => boolean): boolean =>
  caller.visitor.until === 0 && whom(caller);

/** The result of a request about accounts. */
export interface AccountReply {
  readonly status: number;
  /** JSON body; undefined if empty. */
  readonly body?: object;
  /** Set-Cookie headers. */
  readonly cookies?: readonly string[];
  /** Redirect target of a browser. */
  readonly location?: string;
}

/** An operator's order about a person. */
export interface PersonOrder {
  readonly act: 'list' | 'reset' | 'owner' | 'ban' | 'unban';
  /** The person's name; empty for the list. */
  readonly name: string;
}

/** A graph revision, for the audit log about people. */
export interface PublishedRules {
  /** The publisher: an owner's name, a secret's level, or a cause such as `file`. */
  readonly by: string;
  readonly revision: number;
  /** Changes of the access rules, in sentences. */
  readonly rules: readonly string[];
}

/** Identifies the senders of requests. Cookies, passwords and tokens are handled only here. */
export interface Accounts {
  /** Whether people can have accounts. */
  readonly isOn: boolean;
  /**
   * The sender of a request: a guest unless its headers prove otherwise. `from` is a keyed hash of its address. Never
   * rejects.
   */
  visit(headers: IncomingHttpHeaders, from: string): Visitor | Promise<Visitor>;
  /** Calls back with a predicate of callers whose rights changed. Returns a function that ends it. */
  changed(listener: (whom: (caller: Caller) => boolean) => void): () => void;
  /** Whether a path is answered here without the graph, because its requests contain secrets such as passwords. */
  owns(path: string): boolean;
  /** Answers a request to such a path, or a request about people that the graph has permitted. */
  answer(request: Request, headers: IncomingHttpHeaders, visitor: Visitor): Promise<AccountReply | Omit<Refusal, 'id'>>;
  /**
   * Whether a visitor is an owner, by the cookie of our own page; `proved` if they have used a passkey or a password
   * within 15 minutes, since editing the graph gives full control.
   */
  ownership(visitor: Visitor): 'none' | 'known' | 'proved';
  /** Whether a text is the name of a room that not everybody may find. */
  isPrivate(room: string): boolean;
  /** Audits a question about rooms or messages, after the graph's answer. */
  answered(request: Request, answer: Answer): void;
  /** Audits that a different graph is live. */
  published(revision: PublishedRules): void;
  /** Audits that somebody, named as in a revision, views private rooms from the editor. */
  looked(by: string): void;
  /** Carries out the operator's order, and returns a sentence or lines about it. Rejects with a sentence. */
  order(order: PersonOrder): Promise<string>;
  /** The code for the first owner's set-up; undefined once there is an owner. */
  setupCode(): string | undefined;
  close(): Promise<void>;
}

/** A guest, by the hash of their address. */
export const nobody = (from: string): Visitor => ({
  session: from,
  who: guest(from),
  until: Number.POSITIVE_INFINITY,
});

/** A server without accounts: everybody is a guest. */
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
