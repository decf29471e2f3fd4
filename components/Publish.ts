import { Component } from 'noflo';
import type { Added, Event } from '../src/model/packets.ts';
import { publicMessage } from '../src/model/public-message.ts';

/** The event that tells subscribers of a message, or of what became of one. */
export function event({ kind, seq, cursor, message }: Added): Event {
  return Object.freeze({
    topic: `room/${message.room}`,
    seq,
    cursor,
    event: message.removed ? 'remove' : kind,
    data: Object.freeze(publicMessage(message)),
  });
}

/** Tells everybody who is subscribed to a room what happens in it. */
export const getComponent = () =>
  new Component({
    description: 'Makes an event of a message that was kept, edited or removed',
    icon: 'bullhorn',
    inPorts: { in: { datatype: 'object', schema: 'chat/added', required: true, description: 'Entry that was kept' } },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/event', description: 'Event for the subscribers of its room' },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      output.sendDone({ out: event(input.getData('in')) });
    },
  });
