import { createHash } from 'node:crypto';
import { Component } from 'noflo';
import { checked, RoomsQuery } from '../src/model/chat.ts';
import { refusal } from '../src/model/codes.ts';
import { MAX_PAGE_LENGTH } from '../src/model/limits.ts';
import type { Question, Refusal, RoomList } from '../src/model/packets.ts';
import { storeHandle } from '../src/store/open.ts';
import type { RoomHead, Store } from '../src/store/store.ts';

/** What does not change as long as the store gives the same list. */
type Listed = Required<Pick<RoomList, 'rooms' | 'etag'>>;

/** Lists rooms as packets have them; what the store gives as the same list again is the same again. */
export function lister(): (store: Store, after?: string, limit?: number) => Promise<Listed> {
  const known = new WeakMap<readonly RoomHead[], Listed>();
  return async (store, after, limit) => {
    const [epoch, heads] = [await store.epoch(), await store.rooms(after, limit)];
    let listed = known.get(heads);
    if (!listed) {
      const rooms = heads.map(({ room, last, newest }) => Object.freeze({ room, cursor: `${epoch}:${last}`, newest }));
      listed = { rooms: Object.freeze(rooms), etag: tag(epoch, heads) };
      known.set(heads, listed);
    }
    return listed;
  };
}

function tag(epoch: string, heads: readonly RoomHead[]): string {
  const text = heads.map(({ room, last }) => `${room} ${last}`).join('\n');
  return `"${createHash('sha256').update(`${epoch}\n${text}`).digest('base64url').slice(0, 22)}"`;
}

/** The rooms that a question asks for, each with the cursor of its newest entry and the number of its newest message: all, or a part of them where it says `after` or `limit`. */
export async function listRooms(
  store: Store,
  id: string,
  query: Question['query'] = {},
  listed = lister(),
): Promise<RoomList | Refusal> {
  const asked = checked(id, RoomsQuery, query);
  if ('status' in asked) return asked;
  const { after, limit = MAX_PAGE_LENGTH } = asked;
  if (after === undefined && asked.limit === undefined) return Object.freeze({ id, ...(await listed(store)) });
  // One more says whether there is a next part.
  const { rooms, etag } = await listed(store, after, limit + 1);
  if (rooms.length <= limit) return Object.freeze({ id, rooms, etag });
  const part = Object.freeze(rooms.slice(0, -1));
  return Object.freeze({ id, rooms: part, etag, next: part.at(-1)!.room });
}

/** Lists the rooms. */
export const getComponent = () => {
  const leased = storeHandle();
  const listed = lister();
  const component: Component = new Component({
    description: 'Lists the rooms that have messages',
    icon: 'list',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' },
      store: {
        datatype: 'string',
        schema: 'chat/store',
        control: true,
        required: true,
        description: 'Where the messages are: the same as at Storage',
      },
    },
    outPorts: {
      out: {
        datatype: 'object',
        schema: 'chat/rooms',
        description: 'Rooms, each with the cursor of its newest entry',
      },
      refused: {
        datatype: 'object',
        schema: 'chat/refusal',
        description: 'Refusal 422 or 503: a bad parameter, or the store does not answer',
      },
    },
    process(input, output) {
      const question: Question | undefined = input.hasData('in') ? input.getData('in') : undefined;
      if (!input.hasData('store')) return output.done();
      const store = leased.at(input.getData('store'));
      if (!question) return output.done();
      listRooms(store, question.id, question.query, listed).then(
        found => output.sendDone('status' in found ? { refused: found } : { out: found }),
        ({ message }: Error) =>
          output.sendDone({ refused: refusal(question.id, 'store-failed', message, { 'Retry-After': '1' }) }),
      );
    },
  });
  component.tearDown = leased.release;
  return Object.assign(component, { opened: leased.opened });
};
