import * as v from 'valibot';
import { CODES, type RefusalCode, refusal } from './codes.ts';
import { MAX_KEY_LENGTH, MAX_PAGE_LENGTH, MAX_WAIT_S, MIN_OWNER_LENGTH } from './limits.ts';
import { MAX_NAME_LENGTH, nameFault, normalName, ROOM_NAME } from './name.ts';
import { EMOJI, hasVisible } from './text.ts';

/**
 * The chat's protocol: what callers send and get, over HTTP and as frames of a socket. Types, checks and /openapi.json are
 * made from these schemas. Pages import only the types, so that neither checks nor descriptions are in what they load.
 */

/** Error text `CODE: sentence`; valibot allows one string. */
export const because = (code: RefusalCode, detail: string) => `${code}: ${detail}`;

/** Checks the fields of a question by a schema. Returns the parsed fields, or the refusal for the first broken rule. */
export function checked<Schema extends v.GenericSchema>(
  id: string,
  schema: Schema,
  fields: v.InferInput<Schema> | Readonly<Record<string, unknown>>,
): v.InferOutput<Schema> | ReturnType<typeof refusal> {
  const { success, output, issues } = v.safeParse(schema, fields, { abortEarly: true });
  if (success) return output;
  const { message } = issues[0];
  const [, code = '', detail = ''] = /^([\w-]+): (.*)$/s.exec(message) ?? [];
  if (Object.hasOwn(CODES, code)) return refusal(id, code as RefusalCode, detail);
  // Without a message of ours, valibot's is used.
  return refusal(id, 'field-invalid', [v.getDotPath(issues[0]), message].filter(Boolean).join(': '));
}

const described = (description: string) => v.pipe(v.string(), v.description(description));

/** An optional query parameter, with the error for a bad value. */
const parameter = <Schema extends v.GenericSchema<string, string | number>>(
  schema: Schema,
  code: RefusalCode,
  detail: string,
  description: string,
) => v.exactOptional(v.pipe(v.message(schema, because(code, detail)), v.description(description)));

const cursor = (name: string, description: string) =>
  parameter(CursorText, 'cursor-invalid', `${name} is no cursor; it looks like EPOCH:SEQ`, description);

/** A whole number; `what` is the error message. */
const whole = (what: string, least: number, most: number, description: string) => {
  const isWhole = v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
  const schema = v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number), isWhole);
  return parameter(schema, 'parameter-invalid', `${what} from ${least} to ${most}`, description);
};

export const RoomName = v.pipe(
  v.string(),
  v.regex(ROOM_NAME),
  v.description("A room's name. It comes to be with its first message. gochat's is `lobby`."),
  v.examples(['lobby']),
);

export const CursorText = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}:[0-9]{1,15}$/),
  v.description('`EPOCH:SEQ`: a place in the history of a room. Take it as it is, and give it back.'),
  v.examples(['05b8ce34:42']),
);

/** Key by which a message that is posted again is recognised. */
export const PostKey = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(MAX_KEY_LENGTH),
  v.description('The same key in the same room gives the same message again. Begin it with the time.'),
);

/** The place of an entry in the log of a room. */
export const Seq = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.description("A place in the log of a room: a message's own, or that of what became of one."),
);

let emoji: RegExp | undefined;
/** Whether a text is one emoji of Unicode's list. */
function isEmoji(text: string): boolean {
  emoji ??= new RegExp(`^${EMOJI}$`, 'v');
  return emoji.test(text);
}

const ANY_LENGTH = Number.POSITIVE_INFINITY;

const Author = v.pipe(
  v.string(because('author-invalid', 'author must be a string')),
  v.metadata({
    description:
      'Kept in NFC, trimmed, with one space for each row of blanks. Without one the message is by `anonymous`.',
    maxLength: MAX_NAME_LENGTH,
  }),
  v.transform(name => normalName(name) || 'anonymous'),
  v.check(
    name => nameFault(name, ANY_LENGTH) === undefined,
    ({ input }) => because('author-invalid', `author ${nameFault(input, ANY_LENGTH)}`),
  ),
);

const NO_TEXT = because('text-missing', 'a post needs a text');

const PostText = v.pipe(
  v.string(because('text-invalid', 'text must be a string')),
  v.description('Trimmed; then it has 1 to 4,000 characters, or as many as the graph allows.'),
  v.trim(),
  v.nonEmpty(NO_TEXT),
  v.check(hasVisible, because('text-missing', 'a post needs a text that can be seen')),
);

/** Proves who wrote a message: sent with the post, and again with a change. */
export const OwnerKey = v.pipe(
  v.string(),
  v.minLength(MIN_OWNER_LENGTH),
  v.maxLength(MAX_KEY_LENGTH),
  v.description(
    'Proves that a message is yours: give it when you post, show it to edit or remove. Only a hash is kept.',
  ),
);

export const MessageId = v.pipe(v.string(), v.description('The id of a message.'));

/** A message as callers send it. How long it may be is up to the graph. */
export const NewPost = v.pipe(
  v.object({ author: v.exactOptional(Author, 'anonymous'), text: PostText }, NO_TEXT),
  v.examples([{ author: 'ann', text: 'hi' }]),
);
export type NewPost = Readonly<v.InferOutput<typeof NewPost>>;

/** A new text for a message. */
export const NewText = v.object({ text: PostText }, NO_TEXT);

/** One emoji of Unicode's list. Its text form is converted to the coloured one. */
const Emoji = v.pipe(
  v.string(because('emoji-invalid', 'a reaction needs an emoji')),
  v.transform(emoji => (isEmoji(`${emoji}\u{fe0f}`) ? `${emoji}\u{fe0f}` : emoji)),
  v.check(isEmoji, because('emoji-invalid', 'a reaction is one emoji of the Unicode standard, such as 👍')),
  v.metadata({ description: 'One emoji of the Unicode standard.' }),
);

/** The name of the person who reacts. */
export const NewReactor = v.object({ author: v.exactOptional(Author, 'anonymous') });

/** A reaction as callers send it. */
export const NewReaction = v.object({ ...NewReactor.entries, emoji: Emoji });

/** A bot's answer to a command that is not kept: only its author gets it. */
export const PrivateAnswer = v.object({ author: v.string(), text: v.string() });
export type PrivateAnswer = Readonly<v.InferOutput<typeof PrivateAnswer>>;

/** The response to such a command, in place of the message. */
export const AnsweredPost = v.pipe(
  v.object({ answer: v.pipe(PrivateAnswer, v.readonly()) }),
  v.description('What a bot answers, to you alone: your message is not kept.'),
);
export type AnsweredPost = Readonly<v.InferOutput<typeof AnsweredPost>>;

/** Who reacted; `id` is the same for the same Owner-Key. */
const Reactor = v.object({
  id: v.string(),
  name: v.string(),
  by: v.exactOptional(v.pipe(v.string(), v.description('The id of their account, where they have one.'))),
});
export type Reactor = Readonly<v.InferOutput<typeof Reactor>>;

/** Who reacted to a message, by emoji. */
export const Reactions = v.pipe(
  v.record(v.string(), v.pipe(v.array(v.pipe(Reactor, v.readonly())), v.readonly())),
  v.readonly(),
  v.description('Who reacted, by emoji, in the order in which they did.'),
);
export type Reactions = v.InferOutput<typeof Reactions>;

/** A reaction that was added or removed. */
export const Reaction = v.pipe(v.object({ emoji: v.string(), by: v.pipe(Reactor, v.readonly()) }), v.readonly());
export type Reaction = v.InferOutput<typeof Reaction>;

const Instant = v.pipe(v.string(), v.isoTimestamp());

/** A message as callers get it, in its present state. */
export const ChatMessage = v.object({
  room: RoomName,
  seq: Seq,
  id: v.pipe(v.string(), v.uuid()),
  author: v.pipe(v.string(), v.description('The name as it was when the message was written.')),
  by: v.exactOptional(
    v.pipe(
      v.string(),
      v.description('The id of the person or bot with an account who wrote it; `/api/people` has the name of now.'),
    ),
  ),
  text: v.exactOptional(v.pipe(v.string(), v.description('Not there where the message was removed.'))),
  at: v.pipe(Instant, v.description('When it was kept, UTC, with milliseconds.')),
  edited: v.exactOptional(v.pipe(Instant, v.description('When it was edited last.'))),
  removed: v.exactOptional(v.literal(true)),
  reactions: v.exactOptional(Reactions),
});
export type ChatMessage = Readonly<v.InferOutput<typeof ChatMessage>>;

/** Kinds of changes of a message. */
export const ChangeKind = v.picklist(['edit', 'remove', 'react', 'unreact']);
export type ChangeKind = v.InferOutput<typeof ChangeKind>;

/** Kinds of entries in a room's log. */
const EntryKind = v.picklist(['message', ...ChangeKind.options]);
export type EntryKind = v.InferOutput<typeof EntryKind>;

/** An entry of a room's log, with the present state of its message. */
export const LogEntry = v.object({
  seq: Seq,
  id: v.pipe(v.string(), v.uuid(), v.description("Of a message the message's own.")),
  kind: EntryKind,
  about: v.exactOptional(
    v.pipe(MessageId, v.description('The id of the message that it is about; not there where it is one.')),
  ),
  reaction: v.exactOptional(
    v.pipe(Reaction, v.description('What was added or taken back, unless the message was removed since.')),
  ),
  at: v.pipe(Instant, v.description('When it was kept.')),
  message: v.pipe(ChatMessage, v.readonly()),
});
export type LogEntry = Readonly<v.InferOutput<typeof LogEntry>>;

/** A part of the history of a room. */
export const HistoryPage = v.object({
  messages: v.pipe(v.array(ChatMessage), v.readonly(), v.description('Oldest first.')),
  cursor: v.pipe(CursorText, v.description('Where the next `after` goes on.')),
  gap: v.pipe(v.boolean(), v.description('True where messages between `after` and the first one here are lost.')),
});
export type HistoryPage = Readonly<v.InferOutput<typeof HistoryPage>>;

/** A part of the log of a room. */
export const LogPage = v.object({
  cursor: HistoryPage.entries.cursor,
  gap: HistoryPage.entries.gap,
  entries: v.pipe(v.array(LogEntry), v.readonly(), v.description('Oldest first.')),
});
export type LogPage = Readonly<v.InferOutput<typeof LogPage>>;

const after = cursor('after', 'Only what came after this cursor.');
/** A parameter `limit`. */
export const limitOf = (description: string) => whole('limit must be a whole number', 1, MAX_PAGE_LENGTH, description);
const limit = limitOf("MAXLEN of the graph's storage unless given.");
const wait = whole(
  'wait must be a whole number of seconds',
  0,
  MAX_WAIT_S,
  'Long poll: seconds to wait for a message.',
);

/** Selects a part of a room's history; the newest without `after` and `before`. */
export const HistoryQuery = v.pipe(
  v.object({
    after,
    before: cursor('before', 'Only what came before this cursor.'),
    limit,
    wait,
  }),
  v.check(
    ({ after, before }) => after === undefined || before === undefined,
    because('parameter-invalid', 'after and before exclude each other; give one of them'),
  ),
);
export type HistoryQuery = Readonly<v.InferOutput<typeof HistoryQuery>>;

/** Selects a part of a room's log; the newest without `after`. */
export const LogQuery = v.object({ after, limit, wait });

/** Selects a room's events after a cursor. */
export const EventsQuery = v.object({ after });

/** A room, with the cursor of its newest entry. */
const RoomSummary = v.object({
  room: RoomName,
  cursor: CursorText,
  newest: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(0),
    v.description('The number of its newest message; 0 of a room that was made and has none.'),
  ),
  title: v.exactOptional(v.pipe(v.string(), v.description('The room’s title, if it differs from its name.'))),
  kind: v.exactOptional(
    v.pipe(v.picklist(['private', 'direct']), v.description('Who may find it; not there where everybody may.')),
  ),
  with: v.exactOptional(v.pipe(v.string(), v.description('Of a direct room: the name of the other one.'))),
  archived: v.exactOptional(v.pipe(v.literal(true), v.description('It can be read, and nothing more.'))),
  mine: v.exactOptional(v.pipe(v.literal(true), v.description('Who asks has made it.'))),
});
export type RoomSummary = Readonly<v.InferOutput<typeof RoomSummary>>;

/** The rooms that have messages, or a page of them. */
export const RoomsPage = v.object({
  rooms: v.pipe(v.array(RoomSummary), v.readonly()),
  next: v.exactOptional(v.pipe(RoomName, v.description('The `after` of the next part, where there is one.'))),
});
export type RoomsPage = Readonly<v.InferOutput<typeof RoomsPage>>;

/** Selects a page of the list of rooms. */
export const RoomsQuery = v.object({
  after: parameter(
    RoomName,
    'parameter-invalid',
    'after is no room; it is the last one of the part before',
    'Only rooms behind this one, by name.',
  ),
  limit: whole('limit must be a number', 1, MAX_PAGE_LENGTH, `Of a part; ${MAX_PAGE_LENGTH} unless given.`),
});

export const GochatMessage = v.object({
  Time: v.pipe(v.number(), v.description('Seconds since 1970, strictly increasing.')),
  Author: v.string(),
  Text: v.string(),
});
export type GochatMessage = Readonly<v.InferOutput<typeof GochatMessage>>;

/** A refusal as callers get it. */
export const Problem = v.pipe(
  v.object({
    title: described("The status in words, in HTTP's own."),
    status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
    code: v.pipe(
      v.string(),
      v.metadata({
        description: "Why, for programs. A graph with components of one's own may give others.",
        enum: Object.keys(CODES),
      }),
    ),
    detail: described('A sentence for people: what is wrong, and the cure.'),
    node: v.exactOptional(described('The node of the graph that refused, failed or hung.')),
    request: v.exactOptional(described("The question's id, as the log has it.")),
  }),
  v.description('RFC 9457'),
);
export type Problem = Readonly<v.InferOutput<typeof Problem>>;

/** The caller, as the server knows them. */
export const ShownWho = v.pipe(
  v.object({ kind: v.string(), id: v.string(), name: v.string(), role: v.string() }),
  v.readonly(),
  v.description('Who asks; not there where it is told to all.'),
);

/** What the live graph offers: pages show only what is in `can`. */
export const About = v.pipe(
  v.object({
    title: described('What this chat is called.'),
    revision: v.pipe(v.number(), v.integer(), v.description('The live revision of the graph.')),
    limits: v.pipe(
      v.record(v.string(), v.number()),
      v.readonly(),
      v.description('`text`, `author`: characters of a message; `page`: messages of an answer without `limit`.'),
    ),
    can: v.pipe(
      v.array(v.string()),
      v.readonly(),
      v.description(
        'What is wired: `read`, `post`, `edit`, `remove`, `react`, `rooms`, `listen`, and `live` where events leave the graph. There may be others.',
      ),
    ),
    accounts: v.exactOptional(v.pipe(v.literal(true), v.description('People can sign in.'))),
    watched: v.exactOptional(
      v.pipe(
        v.literal(true),
        v.description('Somebody who edits the graph sees messages of private rooms as they pass.'),
      ),
    ),
    provider: v.exactOptional(described('What the button says that leads to another server to sign in.')),
    who: v.exactOptional(ShownWho),
    editor: v.exactOptional(
      v.pipe(
        v.literal(true),
        v.description(
          'Who asks edits the graph without a secret, once they have just signed in; not there where it is told to all.',
        ),
      ),
    ),
  }),
  v.description('What there is at the moment.'),
);
export type About = Readonly<v.InferOutput<typeof About>>;

/** The data of an event `gap`. */
export const Gap = v.pipe(v.object({ cursor: CursorText }), v.description('Events up to this cursor are lost.'));

/** The data of an event `error`. */
export const Farewell = v.pipe(
  v.object({ code: Problem.entries.code, detail: Problem.entries.detail }),
  v.description('Why the server ends the stream.'),
);
