import { Component } from 'noflo';
import type { Added, Event } from '../src/model/packets.ts';

/** The event that tells subscribers of a message. */
export function event({ message: { time, ...data }, cursor }: Added): Event {
  return Object.freeze({
    topic: `room/${data.room}`,
    seq: data.seq,
    cursor,
    event: 'message',
    data: Object.freeze(data),
  });
}

/** Tells everybody who is subscribed to a room of its new messages. */
export const getComponent = () =>
  new Component({
    description: 'Makes an event of a message that was kept',
    icon: 'bullhorn',
    inPorts: { in: { datatype: 'object', schema: 'chat/added', required: true, description: 'Message that was kept' } },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/event', description: 'Event for the subscribers of its room' },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      output.sendDone({ out: event(input.getData('in')) });
    },
  });
