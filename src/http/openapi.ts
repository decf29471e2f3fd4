import { type ConversionConfig, type JsonSchema, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import * as chat from '../model/chat.ts';
import { CODES } from '../model/codes.ts';

/** A reference to one of the schemas. */
const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Rules that JSON Schema has no words for are left out: the texts beside them tell. */
const CONVERSION: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  ignoreActions: ['check', 'non_empty', 'readonly', 'trim'],
};

const schemas = toJsonSchemaDefs(
  {
    Room: chat.RoomName,
    Cursor: chat.CursorText,
    Key: chat.PostKey,
    OwnerKey: chat.OwnerKey,
    Post: chat.NewPost,
    Text: chat.NewText,
    Reactor: chat.NewReactor,
    Message: chat.ChatMessage,
    Page: chat.HistoryPage,
    Entry: chat.LogEntry,
    Log: chat.LogPage,
    RoomList: chat.RoomsPage,
    GochatMessage: chat.GochatMessage,
    Problem: chat.Problem,
    ClientFrame: chat.ClientFrame,
    ServerFrame: chat.ServerFrame,
    Gap: chat.Gap,
    Farewell: chat.Farewell,
  },
  { ...CONVERSION, overrideRef: ({ referenceId }) => schema(referenceId).$ref },
);

/** The parameters of a query, of which none has to be there. */
function inQuery(query: v.GenericSchema): object[] {
  const { properties = {} } = toJsonSchema(query, { ...CONVERSION, typeMode: 'output' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as JsonSchema;
    return { name, in: 'query', description, schema };
  });
}

const ABOUT = `A chat whose behaviour is a graph. docs/api.md tells the same with examples.

Every error is an \`application/problem+json\` that names the node of the graph that refused, with a \`code\` for programs. A method that a path does not
take gets 405 with \`Allow\`; HEAD is answered as GET. Beside the statuses below there are 408 and 431 where a request is
too slow or its header has more than 16 kB, 403 where a page of a foreign origin would change something, and 421 where the
name in Host is not this server's.`;

const HEADERS = {
  CacheControl: { description: 'Nobody keeps an answer.', schema: { const: 'no-store' }, required: true },
  RetryAfter: { description: 'Seconds.', schema: { type: 'string', pattern: '^[1-9][0-9]*$' } },
  ServerTiming: {
    description: 'Milliseconds at each node, only with TIMING on.',
    schema: { type: 'string', pattern: '^[\\w-]+;dur=[0-9.]+(, [\\w-]+;dur=[0-9.]+)*$' },
  },
};
const header = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });
const TIMED = { 'Server-Timing': header('ServerTiming') };

const json = (shape: object) => ({ 'application/json': { schema: shape } });
const given = (description: string, shape: object) => ({
  description,
  headers: { 'Cache-Control': header('CacheControl'), ...TIMED },
  content: json(shape),
});
const problem = (description: string, headers: object = {}) => ({
  description,
  headers: { ...headers, ...TIMED },
  content: { 'application/problem+json': { schema: schema('Problem') } },
});
const later = { 'Retry-After': header('RetryAfter') };

/** Headers of the answers that refuse, by their status. */
const REFUSED_WITH = {
  400: {},
  403: {},
  404: {},
  409: {},
  413: {},
  415: {},
  422: {},
  426: { Upgrade: { schema: { const: 'websocket' }, required: true } },
  429: later,
  500: {},
  503: later,
  504: {},
};
type Status = keyof typeof REFUSED_WITH;

/** What an answer with a status means: the codes that it may have. */
function meaningOf(status: string): string {
  const codes = Object.entries(CODES).filter(([, [of]]) => String(of) === status);
  return codes.map(([code, [, meaning]]) => `\`${code}\`: ${meaning}`).join(' ');
}

const RESPONSES = Object.fromEntries(
  Object.entries(REFUSED_WITH).map(([status, headers]) => [status, problem(meaningOf(status), headers)]),
);

const refused = (...statuses: readonly Status[]) =>
  Object.fromEntries(statuses.map(status => [status, { $ref: `#/components/responses/${status}` }]));
const failing: readonly Status[] = [500, 503, 504];

const PARAMETERS = {
  room: { name: 'room', in: 'path', required: true, schema: schema('Room') },
  key: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes it safe to post again: the same key with the same message gives the message that is there already.',
    schema: schema('Key'),
  },
  owner: { name: 'Owner-Key', in: 'header', description: 'Whose message it is.', schema: schema('OwnerKey') },
  message: { name: 'message', in: 'path', required: true, description: "A message's id.", schema: { type: 'string' } },
  emoji: {
    name: 'emoji',
    in: 'path',
    required: true,
    description: 'One emoji of the Unicode standard.',
    schema: { type: 'string' },
  },
  lastEventId: { name: 'Last-Event-ID', in: 'header', description: 'As `after`.', schema: schema('Cursor') },
};
const parameter = (name: keyof typeof PARAMETERS) => ({ $ref: `#/components/parameters/${name}` });

/** A body in one of the forms in which fields are taken. */
const body = (name: 'Post' | 'Text' | 'Reactor', required = true) => ({
  required,
  content: {
    'application/json': { schema: schema(name) },
    'application/x-www-form-urlencoded': { schema: schema(name) },
    'multipart/form-data': { schema: schema(name) },
  },
});

const gochat = (name: string) => ({
  get: {
    operationId: `${name}Read`,
    summary: "gochat's messages after a time",
    tags: ['gochat'],
    parameters: [
      { name: 'since', in: 'query', description: 'Seconds; 0 where it is missing or odd.', schema: { type: 'string' } },
    ],
    responses: {
      200: given('The newest 50 of them at most, oldest first', { type: 'array', items: schema('GochatMessage') }),
      ...refused(400, ...failing),
    },
  },
  post: {
    operationId: `${name}Post`,
    summary: 'Posts a message to the lobby',
    tags: ['gochat'],
    parameters: [parameter('key'), parameter('owner')],
    requestBody: body('Post'),
    responses: {
      201: given('The message as it is kept, for good', schema('GochatMessage')),
      ...refused(400, 413, 415, 422, 429, ...failing),
    },
  },
});

const listed = {
  ...given('Rooms, by name', schema('RoomList')),
  headers: {
    ...TIMED,
    ETag: {
      description: 'Whoever sends it back in If-None-Match gets 304 as long as nothing has changed.',
      schema: { type: 'string' },
      required: true,
    },
    'Cache-Control': { schema: { const: 'private, no-cache' }, required: true },
  },
};

const messages = {
  parameters: [parameter('room')],
  get: {
    operationId: 'readMessages',
    summary: 'A part of the history of a room, without `after` and `before` the newest',
    tags: ['rooms'],
    parameters: inQuery(chat.HistoryQuery),
    responses: { 200: given('Messages', schema('Page')), ...refused(400, 404, 422, ...failing) },
  },
  post: {
    operationId: 'postMessage',
    summary: 'Posts a message',
    tags: ['rooms'],
    parameters: [parameter('key'), parameter('owner')],
    requestBody: body('Post'),
    responses: {
      201: given('The message as it is kept, for good', schema('Message')),
      ...refused(400, 404, 413, 415, 422, 429, ...failing),
    },
  },
};

const message = {
  parameters: [parameter('room'), parameter('message'), parameter('owner')],
  patch: {
    operationId: 'editMessage',
    summary: 'Gives a message of the caller another text',
    tags: ['rooms'],
    requestBody: body('Text'),
    responses: {
      200: given('The message as it is now', schema('Message')),
      ...refused(400, 403, 404, 409, 413, 415, 422, 429, ...failing),
    },
  },
  delete: {
    operationId: 'removeMessage',
    summary: 'Removes the text of a message of the caller, for good',
    tags: ['rooms'],
    responses: {
      200: given('The message without its text', schema('Message')),
      ...refused(400, 403, 404, 409, 429, ...failing),
    },
  },
};

const reactionAnswers = {
  200: given('The message as it is now', schema('Message')),
  ...refused(400, 404, 409, 413, 415, 422, 429, ...failing),
};
const reaction = {
  parameters: [parameter('room'), parameter('message'), parameter('emoji'), parameter('owner')],
  put: {
    operationId: 'react',
    summary: 'Adds a reaction of the caller to a message',
    tags: ['rooms'],
    requestBody: body('Reactor', false),
    responses: reactionAnswers,
  },
  delete: {
    operationId: 'unreact',
    summary: 'Takes a reaction of the caller back',
    tags: ['rooms'],
    responses: reactionAnswers,
  },
};

const entries = {
  parameters: [parameter('room')],
  get: {
    operationId: 'readLog',
    summary: 'A part of the log of a room: messages and what became of them, without `after` the newest',
    tags: ['rooms'],
    parameters: inQuery(chat.LogQuery),
    responses: { 200: given('Entries', schema('Log')), ...refused(400, 404, 422, ...failing) },
  },
};

const events = {
  parameters: [parameter('room')],
  get: {
    operationId: 'hearRoom',
    summary: 'What comes to a room from now on, or after a cursor, as server-sent events',
    description:
      'The `id` of an event is its cursor. A comment comes every 15 s. `x-events` has the data of each event.',
    tags: ['rooms'],
    parameters: [...inQuery(chat.EventsQuery), parameter('lastEventId')],
    responses: {
      200: {
        description: 'A stream that stays open',
        headers: { 'Cache-Control': header('CacheControl') },
        content: { 'text/event-stream': { schema: { type: 'string' } } },
        'x-events': {
          message: schema('Message'),
          edit: schema('Message'),
          remove: schema('Message'),
          reaction: schema('Message'),
          gap: schema('Gap'),
          error: schema('Farewell'),
        },
      },
      ...refused(400, 404, 422, ...failing),
    },
  },
};

const socket = {
  get: {
    operationId: 'openSocket',
    summary: 'A WebSocket for many rooms; its frames are JSON text',
    description: 'Frames have 64 KiB at most. A page of another origin needs CORS_ORIGINS.',
    tags: ['rooms'],
    responses: { 101: { description: 'A WebSocket' }, ...refused(403, 426) },
    'x-websocket': { receives: schema('ClientFrame'), sends: schema('ServerFrame') },
  },
};

const probe = (operationId: string, summary: string, content: object, more: object = {}) => ({
  get: { operationId, summary, tags: ['probes'], responses: { 200: { description: summary, content }, ...more } },
});
const state = (status: string) =>
  json({
    type: 'object',
    properties: { status: { const: status }, notice: { type: 'string' } },
    required: ['status'],
  });

/** The server's API as an OpenAPI 3.1 document. */
export function openapi(version: string, basePath: string): object {
  return {
    openapi: '3.1.0',
    info: { title: 'flowchat', version, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: basePath || '/' }],
    tags: [
      { name: 'rooms', description: 'Posting, history and live delivery' },
      { name: 'gochat', description: "gochat's API, which its page uses; also at `/` where a proxy cuts the path off" },
      { name: 'probes', description: 'For those who run the server' },
    ],
    paths: {
      '/chat': gochat('chat'),
      '/gochat/chat': gochat('gochat'),
      '/api/rooms': {
        get: {
          operationId: 'listRooms',
          summary: 'The rooms that have messages, each with the cursor of its newest; all, or a part of them',
          tags: ['rooms'],
          parameters: inQuery(chat.RoomsQuery),
          responses: { 200: listed, ...refused(400, 422, ...failing) },
        },
      },
      '/api/rooms/{room}/messages': messages,
      '/api/rooms/{room}/messages/{message}': message,
      '/api/rooms/{room}/messages/{message}/reactions/{emoji}': reaction,
      '/api/rooms/{room}/entries': entries,
      '/api/rooms/{room}/events': events,
      '/api/socket': socket,
      '/healthz': probe('alive', 'The process is alive', state('alive')),
      '/readyz': probe('ready', 'The graph runs and the store can be written', state('ready'), refused(503)),
      '/metrics': probe('metrics', 'Metrics as Prometheus reads them', {
        'text/plain': { schema: { type: 'string' } },
      }),
      '/openapi.json': probe('description', 'This description', json({ type: 'object' })),
    },
    components: { schemas, responses: RESPONSES, parameters: PARAMETERS, headers: HEADERS },
  };
}
