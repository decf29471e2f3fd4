import { Component } from 'noflo';
import { checked, EventsQuery } from '../src/model/chat.ts';
import { refusal } from '../src/model/codes.ts';
import { topicOf } from '../src/model/events.ts';
import type { Question, Refusal, Reply } from '../src/model/packets.ts';

/** The subscription of a caller, or the refusal. */
export function subscribe({ id, params, query }: Question): Reply | Refusal {
  const room = params?.room;
  if (!room) return refusal(id, 'room-invalid', 'a subscription needs a room');
  const asked = checked(id, EventsQuery, query);
  if ('status' in asked) return asked;
  const subscription = Object.freeze({
    topic: topicOf(room),
    history: `/api/rooms/${room}/entries`,
    ...asked,
  });
  return Object.freeze({ id, status: 200, body: JSON.stringify(subscription), subscription });
}

/** Decides who may subscribe to a room. */
export const getComponent = () =>
  new Component({
    description: 'Lets callers hear what comes to a room from now on',
    icon: 'bell',
    inPorts: { in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' } },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/reply', description: 'Reply that names the topic' },
      refused: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 404 or 422: no room, or no cursor' },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      const answer = subscribe(input.getData('in'));
      output.sendDone('detail' in answer ? { refused: answer } : { out: answer });
    },
  });
