import { type OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What every answer has, as a graph may give whatever it likes: no browser guesses a type, and no other site makes use of it. */
export const GUARDED: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** The responses of a server. Where `isLast` says so, the connection ends with the response, which says it. */
export function responses(isLast: (response: ServerResponse) => boolean): typeof ServerResponse {
  class Response extends ServerResponse {
    override writeHead(status: number, ...rest: unknown[]): this {
      if (isLast(this)) this.shouldKeepAlive = false;
      const [message, headers] = typeof rest[0] === 'string' ? rest : [undefined, rest[0]];
      const all = headers ? { ...GUARDED, ...(headers as OutgoingHttpHeaders) } : GUARDED;
      return message === undefined ? super.writeHead(status, all) : super.writeHead(status, message as string, all);
    }
  }
  return Response as typeof ServerResponse;
}
