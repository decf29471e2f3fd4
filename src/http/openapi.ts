import { CODES } from '../model/codes.ts';
import { ROOM_NAME } from '../model/name.ts';

/** A reference to one of the schemas. */
const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });
const object = (properties: Readonly<Record<string, object>>, required: readonly string[], more: object = {}) => ({
  type: 'object',
  properties,
  required,
  ...more,
});
/** The schema of a socket frame: its `type` and its other properties. */
const frame = (type: string, properties: Readonly<Record<string, object>>, optional: readonly string[] = []) => {
  const required = Object.keys(properties).filter(name => !optional.includes(name));
  return object({ type: { const: type }, ...properties }, ['type', ...required]);
};

const KEY = text('The same key in the same room gives the same message again. Begin it with the time.', {
  minLength: 1,
  maxLength: 200,
});
const POST = {
  author: text(
    'Kept in NFC, trimmed, with one space for each row of blanks. Without one the message is by `anonymous`.',
    { maxLength: 64 },
  ),
  text: text('Trimmed; then it has 1 to 4,000 characters, or as many as the graph allows.'),
};
const PROBLEM = {
  title: text("The status in words, in HTTP's own."),
  status: { type: 'integer', minimum: 400, maximum: 599 },
  code: text("Why, for programs. A graph with components of one's own may give others.", {
    enum: Object.keys(CODES),
  }),
  detail: text('A sentence for people: what is wrong, and the cure.'),
  node: text('The node of the graph that refused, failed or hung.'),
  request: text("The question's id, as the log has it."),
};
const MESSAGE = {
  room: schema('Room'),
  seq: { type: 'integer', minimum: 1, description: "The message's place in its room, without holes." },
  id: text('', { format: 'uuid' }),
  author: text(''),
  text: text(''),
  at: text('When it was kept, UTC, with milliseconds.', { format: 'date-time' }),
};
const ROOM = { room: schema('Room') };
const CURSOR = { cursor: schema('Cursor') };

const schemas = {
  Room: text("A room's name. It comes to be with its first message. gochat's is `lobby`.", {
    pattern: ROOM_NAME.source,
    examples: ['lobby'],
  }),
  Cursor: text('`EPOCH:SEQ`: a place in the history of a room. Take it as it is, and give it back.', {
    pattern: '^[A-Za-z0-9_-]{1,64}:[0-9]{1,15}$',
    examples: ['05b8ce34:42'],
  }),
  Post: object(POST, ['text'], { examples: [{ author: 'ann', text: 'hi' }] }),
  Message: object(MESSAGE, Object.keys(MESSAGE)),
  Page: object(
    {
      messages: { type: 'array', items: schema('Message'), description: 'Oldest first.' },
      cursor: { ...schema('Cursor'), description: 'Where the next `after` goes on.' },
      gap: { type: 'boolean', description: 'True where messages between `after` and the first one here are lost.' },
    },
    ['messages', 'cursor', 'gap'],
  ),
  RoomList: object(
    {
      rooms: { type: 'array', items: object({ ...ROOM, ...CURSOR }, ['room', 'cursor']) },
      next: { ...schema('Room'), description: 'The `after` of the next part, where there is one.' },
    },
    ['rooms'],
  ),
  GochatMessage: object(
    {
      Time: { type: 'number', description: 'Seconds since 1970, strictly increasing.' },
      Author: text(''),
      Text: text(''),
    },
    ['Time', 'Author', 'Text'],
  ),
  Problem: object(PROBLEM, ['title', 'status', 'code', 'detail'], { description: 'RFC 9457' }),
  ClientFrame: {
    description: 'What a client may send over a socket.',
    oneOf: [
      frame('subscribe', { ...ROOM, after: schema('Cursor') }, ['after']),
      frame('unsubscribe', ROOM),
      frame('send', { ...ROOM, key: KEY, ...POST }, ['author']),
    ],
  },
  ServerFrame: {
    description: 'What a server sends over a socket.',
    oneOf: [
      frame('hello', { version: { type: 'string' } }),
      frame('subscribed', { ...ROOM, ...CURSOR }, ['cursor']),
      frame('message', { ...CURSOR, ...MESSAGE }),
      frame('gap', { ...ROOM, ...CURSOR }),
      frame('ack', { ...ROOM, key: KEY, seq: MESSAGE.seq }),
      frame('error', { room: {}, key: {}, ...PROBLEM }, ['room', 'key', 'node', 'request']),
    ],
  },
  Gap: object(CURSOR, ['cursor'], { description: 'Events up to this cursor are lost.' }),
  Farewell: object({ code: PROBLEM.code, detail: PROBLEM.detail }, ['code', 'detail'], {
    description: 'Why the server ends the stream.',
  }),
};

export { KEY };

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
    schema: KEY,
  },
  after: { name: 'after', in: 'query', description: 'Only what came after this cursor.', schema: schema('Cursor') },
  lastEventId: { name: 'Last-Event-ID', in: 'header', description: 'As `after`.', schema: schema('Cursor') },
};
const parameter = (name: keyof typeof PARAMETERS) => ({ $ref: `#/components/parameters/${name}` });

const POSTED = {
  required: true,
  content: {
    'application/json': { schema: schema('Post') },
    'application/x-www-form-urlencoded': { schema: schema('Post') },
    'multipart/form-data': { schema: schema('Post') },
  },
};

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
    parameters: [parameter('key')],
    requestBody: POSTED,
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

const whole = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum });

const messages = {
  parameters: [parameter('room')],
  get: {
    operationId: 'readMessages',
    summary: 'A part of the history of a room, without `after` and `before` the newest',
    tags: ['rooms'],
    parameters: [
      parameter('after'),
      { name: 'before', in: 'query', description: 'Only what came before this cursor.', schema: schema('Cursor') },
      { name: 'limit', in: 'query', description: "MAXLEN of the graph's storage unless given.", schema: whole(1, 200) },
      { name: 'wait', in: 'query', description: 'Long poll: seconds to wait for a message.', schema: whole(0, 30) },
    ],
    responses: { 200: given('Messages', schema('Page')), ...refused(400, 404, 422, ...failing) },
  },
  post: {
    operationId: 'postMessage',
    summary: 'Posts a message',
    tags: ['rooms'],
    parameters: [parameter('key')],
    requestBody: POSTED,
    responses: {
      201: given('The message as it is kept, for good', schema('Message')),
      ...refused(400, 404, 413, 415, 422, 429, ...failing),
    },
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
    parameters: [parameter('after'), parameter('lastEventId')],
    responses: {
      200: {
        description: 'A stream that stays open',
        headers: { 'Cache-Control': header('CacheControl') },
        content: { 'text/event-stream': { schema: { type: 'string' } } },
        'x-events': { message: schema('Message'), gap: schema('Gap'), error: schema('Farewell') },
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
          parameters: [
            { name: 'after', in: 'query', description: 'Only rooms behind this one, by name.', schema: schema('Room') },
            { name: 'limit', in: 'query', description: 'Of a part; 200 unless given.', schema: whole(1, 200) },
          ],
          responses: { 200: listed, ...refused(400, 422, ...failing) },
        },
      },
      '/api/rooms/{room}/messages': messages,
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
