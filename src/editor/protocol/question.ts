import type { Request } from '../../gate/gate.ts';
import { type Client, isRecord, optionalText, Refused, record, requiredText } from '../message.ts';

/** A question as an editor writes it. Throws Refused where it is none. */
export function asked(client: Client, data: unknown): Request {
  if (!isRecord(data)) throw new Refused('a question is an object {"method", "path", "query", "body"}');
  const path = requiredText(data, 'path');
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
