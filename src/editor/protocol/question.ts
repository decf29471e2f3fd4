import type { Request } from '../../gate.ts';
import { type Client, Refused } from './message.ts';
import { isRecord, optionalText, record, text } from './payload.ts';

/** A question as an editor writes it. Throws Refused where it is none. */
export function asked(client: Client, data: unknown): Request {
  if (!isRecord(data)) throw new Refused('a question is an object {"method", "path", "query", "body"}');
  const path = text(data, 'path');
  if (!path.startsWith('/')) throw new Refused('"path" must begin with /');
  const query = record(data, 'query');
  if (!Object.values(query).every(value => typeof value === 'string')) {
    throw new Refused('"query" must have texts only');
  }
  const key = optionalText(data, 'key');
  return {
    method: (optionalText(data, 'method') || 'GET').toUpperCase(),
    path,
    query: query as Request['query'],
    body: record(data, 'body'),
    from: `editor ${client.id}`,
    ...(key && { key }),
  };
}
