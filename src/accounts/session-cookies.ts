import type { IncomingHttpHeaders } from 'node:http';
import { cached } from '../model/cached.ts';
import { hashOf } from './hashed-sessions.ts';

/** The token of an Authorization header; undefined without one. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer (\S{1,200})$/i.exec(authorization ?? '')?.[1];

/** Extracts the proof of a session from requests. */
export class SessionCookies {
  readonly #name: string;

  /** `name` is that of the session cookie. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The hash of the session cookie among cookies; empty without one. */
  readonly #key = cached((cookies: string): string => {
    const proof = this.#proof(this.own(cookies));
    return proof === undefined ? '' : hashOf(proof);
  });

  /** The hash of a request's proof: a token, or else a cookie; empty without one. */
  keyOf({ cookie, authorization }: Pick<IncomingHttpHeaders, 'cookie' | 'authorization'>): string {
    const token = bearerOf(authorization);
    return token === undefined ? this.#key(cookie ?? '') : hashOf(token);
  }

  /**
   * The cookies of a request without duplicates: an attacker who can add a cookie of the same name must not choose
   * which one counts.
   */
  own(cookies: string | undefined): string | undefined {
    if (!cookies?.includes(this.#name)) return cookies;
    const first = new Map<string, string>();
    for (const cookie of cookies.split(';')) {
      const [name = ''] = cookie.trim().split('=', 1);
      if (!first.has(name)) first.set(name, cookie.trim());
    }
    return [...first.values()].join('; ');
  }

  #proof(cookies: string | undefined): string | undefined {
    const start = `${this.#name}=`;
    const found = cookies?.split('; ').find(cookie => cookie.startsWith(start));
    return found?.slice(start.length) || undefined;
  }
}
