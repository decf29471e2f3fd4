import { Component } from 'noflo';
import type { Question, Refusal, RoomList } from '../src/packets.ts';
import { lease } from '../src/store/lease.ts';
import type { Store } from '../src/store/store.ts';

/** The rooms that have messages, each with the cursor of its newest one. */
export async function list(store: Store, id: string): Promise<RoomList> {
  const epoch = await store.epoch();
  const rooms = (await store.rooms()).map(({ room, last }) => Object.freeze({ room, cursor: `${epoch}:${last}` }));
  return Object.freeze({ id, rooms: Object.freeze(rooms) });
}

/** Lists the rooms. */
export const getComponent = () => {
  const leased = lease();
  const component: Component = new Component({
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
      const question: Question | undefined = input.hasData('in') ? input.getData('in') : undefined;
      if (elsewhere() && !input.hasData('store')) return output.done();
      const store = leased.at(input.hasData('store') ? input.getData('store') : 'memory:');
      if (!question) return output.done();
      list(store, question.id).then(
        out => output.sendDone({ out }),
        error => output.sendDone({ refused: refusal(question.id, error) }),
      );
    },
  });
  const elsewhere = () => component.inPorts.ports.store!.isAttached();
  component.tearDown = leased.release;
  return Object.assign(component, { opened: leased.opened });
};

function refusal(id: string, { message }: Error): Refusal {
  return Object.freeze({ id, status: 503, detail: message, headers: Object.freeze({ 'Retry-After': '1' }) });
}
