/** A reference to one of the schemas. */
export const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });
const object = (properties: Readonly<Record<string, object>>, required: readonly string[], more: object = {}) => ({
  type: 'object',
  properties,
  required,
  ...more,
});
/** A frame of a socket: what its `type` is, and what else it has. */
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

/** The shapes of what comes and goes, in JSON Schema. */
export const schemas = {
  Room: text("A room's name. It comes to be with its first message. gochat's is `lobby`.", {
    pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
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
  Problem: object(PROBLEM, ['title', 'status', 'detail'], { description: 'RFC 9457' }),
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
  Farewell: object({ detail: PROBLEM.detail }, ['detail'], { description: 'Why the server ends the stream.' }),
};

export { KEY };
