import { refusal } from './codes.ts';
import { topicOf } from './events.ts';
import type { Added, Event, Message, Post, Query, Question, Reply, RoomList } from './packets.ts';
import { guest } from './who.ts';

const id = 'sample';
const who = guest('sample');
const room = 'lobby';
const [author, text] = ['ann', 'hello'];
const cursor = 'sample:1';
const message: Message = { id, room, author, text, seq: 1, time: 1_800_000_000, at: '2027-01-15T08:00:00.000Z' };

const question: Question = {
  id,
  method: 'POST',
  path: `/api/rooms/${room}/messages`,
  query: {},
  body: { author, text },
  from: who.id,
  who,
  params: { room },
};
const query: Query = { id, room, form: 'api', who };
const post: Post = { id, room, form: 'api', author, text, from: who.id, who };
const added: Added = { id, seq: 1, at: message.at, kind: 'message', message, who, cursor };
const reply: Reply = { id, status: 200, body: '{"hello":"world"}' };
const rooms: RoomList = { id, rooms: [{ room, cursor, newest: 1 }] };
const event: Event = { topic: topicOf(room), seq: 1, cursor, event: 'message', data: { author, text } };

/** A sample packet of each type, used until a real one has passed. */
const SAMPLES: Readonly<Record<string, object>> = {
  'chat/question': question,
  'chat/query': query,
  'chat/post': post,
  'chat/added': added,
  'chat/refusal': refusal(id, 'not-allowed', 'you may not do this'),
  'chat/reply': reply,
  'chat/rooms': rooms,
  'chat/event': event,
};

/** A sample packet of a type, such as `chat/post`; undefined for an unknown type. */
export const samplePacket = (schema: string): object | undefined =>
  Object.hasOwn(SAMPLES, schema) ? SAMPLES[schema] : undefined;
