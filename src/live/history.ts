import { SELF } from '../gate/shares.ts';
import type { Gate } from '../gate.ts';
import type { History } from '../live.ts';

/** Messages that are read at once. */
const PAGE = 200;

/** Reads what was missed as anybody would: by asking the graph for the messages after a cursor. */
export function history(gate: Gate): History {
  return async (path, after) => {
    const query = { after, limit: String(PAGE) };
    const { answer } = await gate.ask({ method: 'GET', path, query, body: {}, from: SELF });
    if (!('body' in answer)) throw new Error(answer.detail);
    const { messages, cursor, gap } = JSON.parse(answer.body) as {
      messages: { seq: number }[];
      cursor: string;
      gap: boolean;
    };
    const epoch = cursor.slice(0, cursor.lastIndexOf(':'));
    const events = messages.map(message => ({
      cursor: `${epoch}:${message.seq}`,
      event: 'message',
      data: JSON.stringify(message),
    }));
    const first = messages[0];
    return { events, cursor, gap: gap ? (first ? `${epoch}:${first.seq - 1}` : cursor) : undefined };
  };
}
