import * as v from 'valibot';
import {
  AnsweredPost,
  ChatMessage,
  EventsQuery,
  GochatMessage,
  HistoryPage,
  HistoryQuery,
  LogPage,
  LogQuery,
  MessageId,
  NewPost,
  NewReactor,
  NewText,
  RoomName,
  RoomsPage,
  RoomsQuery,
} from './chat.ts';
import { peopleRoutes, reportRoutes, reviewRoutes } from './people-routes.ts';
import { MadeRoom, MembersPage, NewRoom, PersonId, RoomChange } from './rooms.ts';
import type { DeclaredRoute } from './routes.ts';

/** The routes of the chat's API, grouped by action. A component declares the ones that it answers or forwards. */

const room = { room: RoomName };
const message = { ...room, message: MessageId };
const ROOM = '/api/rooms/:room';
const MESSAGE = `${ROOM}/messages/:message`;
const KEPT = 'The message as it is kept, for good';
const ANSWERED = { description: 'A bot answers, and nothing is kept', body: AnsweredPost };

/** gochat's page calls `/chat`, or the whole path if no proxy strips it. */
const GOCHAT = [
  ['chat', '/chat'],
  ['gochat', '/gochat/chat'],
] as const;
const GochatQuery = v.object({
  since: v.exactOptional(v.pipe(v.string(), v.description('Seconds; 0 where it is missing or odd.'))),
});

const read: readonly DeclaredRoute[] = [
  ...GOCHAT.map(
    ([name, path]): DeclaredRoute => ({
      method: 'GET',
      path,
      can: 'read',
      operation: `${name}Read`,
      summary: "gochat's messages after a time",
      tag: 'gochat',
      query: GochatQuery,
      answers: {
        200: { description: 'The newest 50 of them at most, oldest first', body: v.array(GochatMessage) },
      },
    }),
  ),
  {
    method: 'GET',
    path: `${ROOM}/messages`,
    can: 'read',
    operation: 'readMessages',
    summary: 'A part of the history of a room, without `after` and `before` the newest',
    tag: 'rooms',
    params: room,
    query: HistoryQuery,
    answers: { 200: { description: 'Messages', body: HistoryPage } },
    refusals: [404, 422],
  },
  {
    method: 'GET',
    path: `${ROOM}/entries`,
    can: 'read',
    operation: 'readLog',
    summary: 'A part of the log of a room: messages and what became of them, without `after` the newest',
    tag: 'rooms',
    params: room,
    query: LogQuery,
    answers: { 200: { description: 'Entries', body: LogPage } },
    refusals: [404, 422],
  },
];

const post: readonly DeclaredRoute[] = [
  ...GOCHAT.map(
    ([name, path]): DeclaredRoute => ({
      method: 'POST',
      path,
      can: 'post',
      operation: `${name}Post`,
      summary: 'Posts a message to the lobby',
      tag: 'gochat',
      headers: ['Idempotency-Key', 'Owner-Key'],
      body: NewPost,
      answers: { 200: ANSWERED, 201: { description: KEPT, body: GochatMessage } },
      refusals: [422, 429],
    }),
  ),
  {
    method: 'POST',
    path: `${ROOM}/messages`,
    can: 'post',
    operation: 'postMessage',
    summary: 'Posts a message',
    tag: 'rooms',
    params: room,
    headers: ['Idempotency-Key', 'Owner-Key'],
    body: NewPost,
    answers: { 200: ANSWERED, 201: { description: KEPT, body: ChatMessage } },
    refusals: [404, 422, 429],
  },
];

const edit: readonly DeclaredRoute[] = [
  {
    method: 'PATCH',
    path: MESSAGE,
    can: 'edit',
    operation: 'editMessage',
    summary: 'Gives a message of the caller another text',
    tag: 'rooms',
    params: message,
    headers: ['Owner-Key'],
    body: NewText,
    answers: { 200: { description: 'The message as it is now', body: ChatMessage } },
    refusals: [403, 404, 409, 422, 429],
  },
];

const remove: readonly DeclaredRoute[] = [
  {
    method: 'DELETE',
    path: MESSAGE,
    can: 'remove',
    operation: 'removeMessage',
    summary: 'Removes the text of a message of the caller, for good',
    tag: 'rooms',
    params: message,
    headers: ['Owner-Key'],
    answers: { 200: { description: 'The message without its text', body: ChatMessage } },
    refusals: [403, 404, 409, 429],
  },
];

const Reaction = v.pipe(v.string(), v.description('One emoji of the Unicode standard.'));
const reaction = {
  path: `${MESSAGE}/reactions/:emoji`,
  can: 'react',
  tag: 'rooms',
  params: { ...message, emoji: Reaction },
  headers: ['Owner-Key'],
  answers: { 200: { description: 'The message as it is now', body: ChatMessage } },
} satisfies Partial<DeclaredRoute>;

const react: readonly DeclaredRoute[] = [
  {
    ...reaction,
    method: 'PUT',
    operation: 'react',
    summary: 'Adds a reaction of the caller to a message',
    body: NewReactor,
    refusals: [404, 409, 422, 429],
  },
  {
    ...reaction,
    method: 'DELETE',
    operation: 'unreact',
    summary: 'Takes a reaction of the caller back',
    refusals: [404, 409, 413, 415, 422, 429],
  },
];

const rooms: readonly DeclaredRoute[] = [
  {
    method: 'GET',
    path: '/api/rooms',
    can: 'rooms',
    operation: 'listRooms',
    summary: 'The rooms that one may find, each with the cursor of its newest; all, or a part of them',
    tag: 'rooms',
    query: RoomsQuery,
    answers: { 200: { description: 'Rooms, by name', body: RoomsPage, tagged: true } },
    refusals: [422],
  },
];

const member = { ...room, person: PersonId };
const MEMBER = `${ROOM}/members/:person`;

const open: readonly DeclaredRoute[] = [
  {
    method: 'POST',
    path: '/api/rooms',
    can: 'open',
    operation: 'makeRoom',
    summary: 'Makes a room: an open one, a private one, or that of two',
    description:
      'Of a private room the answer says the name, as that of the question has something to it that nobody can guess.',
    tag: 'people',
    body: NewRoom,
    answers: {
      200: { description: 'The room of two, which was there', body: MadeRoom },
      201: { description: 'The room', body: MadeRoom },
    },
    refusals: [401, 403, 404, 409, 413, 415, 422],
  },
  {
    method: 'PATCH',
    path: ROOM,
    can: 'open',
    operation: 'changeRoom',
    summary: 'Gives a room another title, or archives it',
    tag: 'people',
    params: room,
    body: RoomChange,
    answers: { 200: { description: 'The room as it is now', body: MadeRoom } },
    refusals: [401, 403, 404, 413, 415, 422],
  },
  {
    method: 'GET',
    path: `${ROOM}/members`,
    can: 'members',
    operation: 'listMembers',
    summary: 'Who is in a room',
    tag: 'people',
    params: room,
    answers: { 200: { description: 'Those who have been made members of it', body: MembersPage } },
    refusals: [401, 403, 404],
  },
  ...(['PUT', 'DELETE'] as const).map(
    (method): DeclaredRoute => ({
      method,
      path: MEMBER,
      can: 'open',
      operation: method === 'PUT' ? 'addMember' : 'removeMember',
      summary:
        method === 'PUT'
          ? 'Makes somebody a member of a room, who then sees all of its past'
          : 'Takes somebody out of a room, or leaves it',
      tag: 'people',
      params: member,
      answers: { 204: { description: 'It is so' } },
      refusals: [401, 403, 404, 413, 415],
    }),
  ),
];

const listen: readonly DeclaredRoute[] = [
  {
    method: 'GET',
    path: `${ROOM}/events`,
    can: 'listen',
    operation: 'hearRoom',
    summary: 'What comes to a room from now on, or after a cursor, as server-sent events',
    description:
      'The `id` of an event is its cursor. A comment comes every 15 s. `x-events` has the data of each event.',
    tag: 'rooms',
    params: room,
    query: EventsQuery,
    headers: ['Last-Event-ID'],
    answers: {
      200: {
        description: 'A stream that stays open',
        events: { message: ChatMessage, edit: ChatMessage, remove: ChatMessage, reaction: ChatMessage },
      },
    },
    refusals: [404, 422],
  },
];

export const CHAT_ROUTES = {
  read,
  post,
  edit,
  remove,
  react,
  rooms: [...rooms, ...open],
  listen,
  people: peopleRoutes,
  review: reviewRoutes,
  report: reportRoutes,
};
