import { Component } from 'noflo';
import type { Question, RoomList } from '../src/packets.ts';
import { lease } from '../src/store/lease.ts';
import type { Store } from '../src/store/store.ts';

/** The rooms that have messages, each with the cursor of its newest one. */
export async function list(store: Store, id: string): Promise<RoomList> {
  const rooms = (await store.rooms()).map(({ room, last }) => ({ room, cursor: `${store.epoch}:${last}` }));
  return Object.freeze({ id, rooms });
}

/** Lists the rooms. */
export const getComponent = () => {
  const leased = lease();
  const component = new Component({
    description: 'Lists the rooms that have messages',
    icon: 'list',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' },
      store: { datatype: 'string', control: true, description: 'Where the messages are: the same as at Storage' },
    },
    outPorts: {
      out: {
        datatype: 'object',
        schema: 'chat/rooms',
        description: 'Rooms, each with the cursor of its newest message',
      },
      refused: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 503: the store does not answer' },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      const { id }: Question = input.getData('in');
      const url: string = input.hasData('store') ? input.getData('store') : 'memory:';
      list(leased.at(url), id).then(
        out => output.sendDone({ out }),
        error => output.sendDone({ refused: Object.freeze({ id, status: 503, detail: error.message }) }),
      );
    },
  });
  component.tearDown = leased.release;
  return component;
};
