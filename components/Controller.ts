import { Component } from 'noflo';
import { checked, HistoryQuery } from '../src/model/chat.ts';
import { refusal } from '../src/model/codes.ts';
import { LOBBY } from '../src/model/name.ts';
import type { Query, Question, Refusal } from '../src/model/packets.ts';

/** `since` as gochat reads it, in seconds; 0 if it is missing or not a decimal number. */
function seconds(since = ''): number {
  return /^\d{1,15}(\.\d*)?$/.test(since) ? Number(since) : 0;
}

const NEWEST: HistoryQuery = {};

/** The query in a question, or the refusal. A question without a room is gochat's. */
export function query({ id, query: asked, who, params }: Question): Query | Refusal {
  if (!params?.room) return Object.freeze({ id, room: LOBBY, form: 'gochat', who, since: seconds(asked.since) });

  const { list, room } = params;
  if (list === 'entries' && asked.before !== undefined)
    return refusal(id, 'parameter-invalid', 'before is for messages; a log is read with after');
  // An empty query is not checked, which would cost as much as two nodes.
  const found = Object.keys(asked).length === 0 ? NEWEST : checked(id, HistoryQuery, asked);
  if ('status' in found) return found;
  const { wait, ...part } = found;
  const log = list === 'entries' && { log: true as const };
  return Object.freeze({ id, room, form: 'api', who, ...part, ...(wait && { wait }), ...log });
}

/** Turns a question for messages into a query for Storage. */
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
