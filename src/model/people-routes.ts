import * as v from 'valibot';
import { ChatMessage, MessageId, RoomName } from './chat.ts';
import { HeldPage, HeldQuery, NewReport, ReportsPage } from './moderation.ts';
import type { DeclaredRoute } from './routes.ts';

/** The routes of the chat's API that are about people, and what moderators do. */

/** Requests that accounts answer after the graph let them pass: path, action of each method, and its description. */
const PEOPLE: readonly (readonly [
  path: string,
  can: string,
  methods: Readonly<Record<string, readonly [string, string]>>,
])[] = [
  ['/api/people', 'list', { GET: ['listPeople', 'Who has an account'] }],
  [
    '/api/people/:person',
    'role',
    {
      PATCH: ['changeRole', 'Gives somebody another role'],
      DELETE: ['removePerson', 'Ends an account; what they wrote stays'],
    },
  ],
  [
    '/api/people/:person',
    'invite',
    { POST: ['resetPerson', 'A link by which somebody gets back in, good once and for half an hour'] },
  ],
  [
    '/api/invites',
    'invite',
    { GET: ['listInvites', 'The invitations'], POST: ['invite', 'A link by which people join; shown once'] },
  ],
  ['/api/joins', 'invite', { GET: ['listJoins', 'Who has joined within a month, the newest first'] }],
  ['/api/invites/:invite', 'invite', { DELETE: ['revokeInvite', 'Takes an invitation back'] }],
  ['/api/bans', 'ban', { GET: ['listBans', 'Who is banned'], POST: ['ban', 'Bans a person or an address'] }],
  ['/api/bans/:ban', 'ban', { DELETE: ['unban', 'Lifts a ban'] }],
  ['/api/tokens', 'role', { GET: ['listTokens', 'The bots'], POST: ['makeToken', 'Makes a bot and its token'] }],
  ['/api/tokens/:token', 'role', { DELETE: ['revokeToken', 'Ends a bot and its token'] }],
  ['/api/place', 'place', { PATCH: ['renamePlace', 'Gives the place another name'] }],
  ['/api/audit', 'place', { GET: ['audit', 'What was done about people, the newest first'] }],
];

export const peopleRoutes: readonly DeclaredRoute[] = PEOPLE.flatMap(([path, can, methods]) =>
  Object.entries(methods).map(
    ([method, [operation, summary]]): DeclaredRoute => ({ method, path, can, operation, summary, tag: 'people' }),
  ),
);

const HeldId = { held: v.pipe(v.string(), v.description('The id of a held post.')) };
const ReportId = { report: v.pipe(v.string(), v.description('The id of a report.')) };

/** Routes for moderators: held posts and reported messages. */
export const reviewRoutes: readonly DeclaredRoute[] = [
  {
    method: 'GET',
    path: '/api/held',
    can: 'review',
    operation: 'listHeld',
    summary: 'The posts that wait for a moderator',
    tag: 'people',
    query: HeldQuery,
    answers: { 200: { description: 'Held posts, the oldest first', body: HeldPage } },
    refusals: [401, 403, 422],
  },
  {
    method: 'POST',
    path: '/api/held/:held',
    can: 'review',
    operation: 'approvePost',
    summary: 'Posts what was held',
    tag: 'people',
    params: HeldId,
    answers: { 201: { description: 'The message as it is kept, for good', body: ChatMessage } },
    refusals: [401, 403, 404, 422],
  },
  {
    method: 'DELETE',
    path: '/api/held/:held',
    can: 'review',
    operation: 'refusePost',
    summary: 'Forgets what was held',
    tag: 'people',
    params: HeldId,
    answers: { 204: { description: 'It is forgotten' } },
    refusals: [401, 403, 404, 409],
  },
  {
    method: 'GET',
    path: '/api/reports',
    can: 'review',
    operation: 'listReports',
    summary: 'What has been reported',
    tag: 'people',
    answers: { 200: { description: 'Reports, the oldest first', body: ReportsPage } },
    refusals: [401, 403],
  },
  ...(['POST', 'DELETE'] as const).map(
    (method): DeclaredRoute => ({
      method,
      path: '/api/reports/:report',
      can: 'review',
      operation: method === 'POST' ? 'removeReported' : 'dismissReport',
      summary: method === 'POST' ? 'Removes the message that was reported' : 'Closes a report; the message stays',
      tag: 'people',
      params: ReportId,
      answers: { 204: { description: 'It is so' } },
      refusals: [401, 403, 404],
    }),
  ),
];

export const reportRoutes: readonly DeclaredRoute[] = [
  {
    method: 'POST',
    path: '/api/rooms/:room/messages/:message/reports',
    can: 'report',
    operation: 'reportMessage',
    summary: 'Reports a message to the moderators, who then see it, also one of a private room',
    tag: 'people',
    params: { room: RoomName, message: MessageId },
    body: NewReport,
    answers: { 204: { description: 'It is reported; twice counts once' } },
    refusals: [401, 403, 404, 413, 415, 422, 429],
  },
];
