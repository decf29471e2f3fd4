import type { IncomingHttpHeaders } from 'node:http';
import { cached } from '../model/cached.ts';
import { hashOf } from './hashed-sessions.ts';

/** The token in a header Authorization; undefined if there is none. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer (\S{1,200})$/i.exec(authorization ?? '')?.[1];

/** Finds what proves a session among the cookies of requests. */
export class SessionCookies {
  readonly #name: string;

  /** `name` is that of the cookie that proves it. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The hash of the proof among cookies; empty if there is none. */
  readonly #key = cached((cookies: string): string => {
    const proof = this.#proof(this.own(cookies));
    return proof === undefined ? '' : hashOf(proof);
  });

  /** The hash of what proves who sends a request: a token, else a cookie; empty if nothing does. */
  keyOf({ cookie, authorization }: Pick<IncomingHttpHeaders, 'cookie' | 'authorization'>): string {
    const token = bearerOf(authorization);
    return token === undefined ? this.#key(cookie ?? '') : hashOf(token);
  }

  /** The cookies of a request, each once: whoever can add one of the same name must not choose which of them is believed. */
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
