import { Component } from 'noflo';
import { eventName, publicMessage, topicOf } from '../src/model/events.ts';
import type { Added, Event } from '../src/model/packets.ts';

/** The event for subscribers about an entry. */
export function event(added: Added): Event {
  const { seq, cursor, message } = added;
  return Object.freeze({
    topic: topicOf(message.room),
    seq,
    cursor,
    event: eventName(added),
    data: Object.freeze(publicMessage(message)),
  });
}

/** Sends an event for each entry to the subscribers of its room. */
export const getComponent = () =>
  new Component({
    description: 'Makes an event of a message that was kept, or of what became of one',
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
