import { Component } from 'noflo';
import { refusal } from '../src/model/codes.ts';
import { isCursor } from '../src/model/cursor.ts';
import type { Query, Question, Refusal } from '../src/model/packets.ts';

/** The room that gochat's API and everybody without a room of their own talk in. */
const LOBBY = 'lobby';
const MAX_MESSAGES = 200;
const MAX_WAIT_S = 30;

/** What gochat makes of `since`: seconds, 0 where it is missing or odd. */
function seconds(since = ''): number {
  return /^\d{1,15}(\.\d*)?$/.test(since) ? Number(since) : 0;
}

/** The query in a question, or the reason why there is none. A question that names no room is gochat's. */
export function query({ id, query: asked, params }: Question): Query | Refusal {
  if (!params?.room) return Object.freeze({ id, room: LOBBY, form: 'gochat', since: seconds(asked.since) });

  const { after, before, limit, wait } = asked;
  if (after !== undefined && before !== undefined)
    return refusal(id, 'parameter-invalid', 'after and before exclude each other; give one of them');
  const cursor = after ?? before;
  if (cursor !== undefined && !isCursor(cursor))
    return refusal(
      id,
      'cursor-invalid',
      `${after === undefined ? 'before' : 'after'} is no cursor; it looks like EPOCH:SEQ`,
    );
  if (limit !== undefined && !(/^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MAX_MESSAGES)) {
    return refusal(id, 'parameter-invalid', `limit must be a whole number from 1 to ${MAX_MESSAGES}`);
  }
  if (wait !== undefined && !(/^\d{1,2}$/.test(wait) && Number(wait) <= MAX_WAIT_S)) {
    return refusal(id, 'parameter-invalid', `wait must be a whole number of seconds from 0 to ${MAX_WAIT_S}`);
  }
  return Object.freeze({
    id,
    room: params.room,
    form: 'api',
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(limit !== undefined && { limit: Number(limit) }),
    ...(Number(wait) > 0 && { wait: Number(wait) }),
  });
}

/** Turns a question for messages into a query that Storage understands. */
export const getComponent = () =>
  new Component({
    description: 'Makes a query for messages of a question',
    icon: 'search',
    inPorts: { in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' } },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/query', description: 'Query' },
      refused: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 422: no cursor, or no limit' },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      const asked = query(input.getData('in'));
      output.sendDone('status' in asked ? { refused: asked } : { out: asked });
    },
  });
