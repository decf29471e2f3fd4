import type { Problem } from '../../src/model/chat.ts';
import type { Role } from '../../src/model/who.ts';

/** An error response: a problem of the server, or of a proxy, without code and detail. */
export type Failure = Pick<Problem, 'status' | 'title'> & Partial<Pick<Problem, 'code' | 'detail'>>;

/** A refused request; `status` is 0 if it did not reach the server. The message is a sentence without its full stop. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly failure: Failure;

  constructor(status: number, failure: Partial<Failure> = {}) {
    super(failure.detail ?? failure.title ?? (status ? `The server said ${status}` : 'The server cannot be reached'));
    this.status = status;
    this.failure = { title: '', ...failure, status };
  }
}

/** A person with an account, as the server lists them. */
export interface ListedPerson {
  readonly id: string;
  readonly kind: 'person' | 'bot';
  readonly name: string;
  readonly role: Role;
  readonly gone?: true;
}

/** Sends a request. Resolves to the answer's JSON, undefined if it is none; rejects with ApiError. */
export async function ask(url: string, request: RequestInit): Promise<unknown> {
  const response = await fetch(url, request).catch(() => {
    throw new ApiError(0);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new ApiError(response.status, Object(answer));
  return answer;
}

/** A request with an optional JSON body. */
export function jsonRequest(
  method: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): RequestInit & { readonly headers: Readonly<Record<string, string>> } {
  if (!body) return { method, headers };
  return { method, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
