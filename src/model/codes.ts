/**
 * Every reason for a refusal, by its stable code: the HTTP status, and one sentence for the docs and OpenAPI. A code
 * never changes; the sentence in `detail` may.
 */
export const CODES = {
  unreadable: [400, 'The HTTP request, its URL, form, JSON or UTF-8 is broken, or the frame has no known `type`.'],
  'character-invalid': [400, 'A text has U+0000 or half a surrogate pair.'],
  'key-invalid': [
    400,
    'The Idempotency-Key or the Owner-Key is too short, longer than 200 characters, or there twice.',
  ],
  'handshake-invalid': [400, 'The handshake of a WebSocket is broken.'],
  refused: [400, 'A component of your own refuses without a code; any status of 4xx.'],
  'signature-invalid': [401, 'A webhook has no signature, one by another secret, or a time more than 5 minutes off.'],
  'sign-in-failed': [401, 'The name, the password or the passkey is wrong.'],
  'provider-refused': [
    401,
    'The server where people sign in refused, its answer or the token of an embedding page could not be verified, or you cancelled there.',
  ],
  'sign-in': [401, 'Guests may not do this: sign in.'],
  'not-allowed': [403, "The rules of the graph, or the room's own, don't let you do this."],
  banned: [403, 'You are banned, or your address is.'],
  held: [403, 'The message waits until a moderator has seen it; it need not be sent again.'],
  'room-archived': [403, 'The room is archived: it can be read, and nothing more.'],
  'not-yours': [403, "The message is somebody else's: posted with another Owner-Key, or with none."],
  'too-late': [403, 'The message is too old to be changed.'],
  'origin-refused': [403, 'A page of an origin that is not allowed tried to post or open a WebSocket.'],
  'not-found': [404, 'There is nothing at this path.'],
  'held-not-found': [404, 'No such post or report waits for a moderator any more.'],
  'message-not-found': [404, 'There is no such message in this room.'],
  'room-not-found': [404, 'There is no such room, or none that you may know of.'],
  'link-invalid': [
    404,
    'A link or code to join, set up or recover an account was used, has expired, or never existed.',
  ],
  'person-not-found': [404, 'There is no such person.'],
  'room-invalid': [404, 'The name of a room is missing or not allowed.'],
  'method-not-allowed': [405, 'The path takes other methods; they are in `Allow`.'],
  'request-timeout': [408, 'The request took too long to arrive.'],
  'message-removed': [409, 'The message was removed.'],
  'name-taken': [409, 'Somebody has this name, or one that looks the same.'],
  'last-owner': [409, 'The last owner can neither leave nor get another role.'],
  'room-taken': [409, 'There is a room of this name.'],
  'payload-too-large': [413, 'The body has more than 64 KiB.'],
  'unsupported-media-type': [415, 'The body is neither JSON nor a form, or it is compressed.'],
  'expectation-failed': [417, 'The server cannot do what `Expect` asks for.'],
  'host-refused': [421, "The name in `Host` is none of this server's."],
  'text-missing': [422, 'The message has no text that can be seen.'],
  'text-invalid': [422, 'The text is no string.'],
  'text-too-long': [422, 'The text has more characters than the graph allows.'],
  'author-invalid': [422, 'The author is no string, or a name that nobody can have.'],
  'author-too-long': [422, 'The author has more than 64 characters.'],
  'file-refused': [422, 'A field of a form is a file.'],
  'emoji-invalid': [422, 'A reaction is no emoji.'],
  'reactions-limit': [422, 'The message has as many reactions as allowed.'],
  'cursor-invalid': [422, '`after` or `before` is no cursor.'],
  'parameter-invalid': [422, 'A parameter of the query is wrong, or excludes another one.'],
  'key-reused': [422, 'The key was used for another message in this room.'],
  'expression-failed': [422, 'An expression of the graph failed on this request, or took too long.'],
  'frame-invalid': [
    422,
    'A frame lacks a valid `room`, `key`, `id`, `owner` or `token`, or `hello` is not the first frame.',
  ],
  'subscriptions-limit': [422, 'The WebSocket is subscribed to as many rooms as allowed.'],
  'name-invalid': [422, 'This name is not allowed for a person.'],
  'password-invalid': [422, 'The password is too short or too long.'],
  'field-invalid': [422, 'A field of the body is wrong, or missing.'],
  'held-limit': [422, 'Too many posts or reports wait for a moderator, in all or by you.'],
  'rooms-limit': [422, 'There are, or you have made, as many rooms as allowed.'],
  'websocket-required': [426, 'This is a WebSocket; the request does not ask for one, or a proxy took `Upgrade` away.'],
  'websocket-version': [426, 'The WebSocket has another version than 13.'],
  'rate-limited': [429, 'Too many posts of this author, of this address or in this room.'],
  'new-rooms-limited': [429, 'Too many new rooms from this address.'],
  'too-many-tries': [429, 'Too many wrong passwords or codes of this address, or for this account.'],
  'too-many-waiting': [429, 'Too many requests of this address, or frames of this socket, wait for their answer.'],
  'connections-limit': [429, 'This address has too many streams and sockets open.'],
  'header-too-large': [431, 'The header has more than 16 kB.'],
  'caller-gone': [499, 'The caller hung up; only logs and editors show it.'],
  'node-failed': [500, 'A node of the graph failed; the log says why.'],
  'server-failed': [500, 'The server itself failed; the log says why.'],
  failed: [500, 'A component of your own fails without a code; any status of 5xx.'],
  'provider-failed': [502, 'The server where you sign in gives no answer.'],
  'fetch-failed': [502, 'Another server that the graph asks gave no answer that can be used.'],
  'server-full': [503, 'Too many requests are waiting for their answer.'],
  'graph-stopped': [503, 'The graph is stopped.'],
  'rolled-back': [503, 'The revision that had the request was rolled back; whether it was done is not known.'],
  'store-failed': [503, 'The store cannot be read or written.'],
  'not-ready': [503, 'The server cannot do its work at the moment; only `/readyz` says so.'],
  'too-slow': [503, 'The client read an event stream too slowly.'],
  'editors-limit': [503, 'Too many editors are connected.'],
  'editor-elsewhere': [503, 'Several processes run one graph, and it is edited at another one.'],
  'no-answer-in-time': [504, 'The graph gave no answer within `DEADLINE`.'],
  'bots-loop': [508, 'Bots have answered one another by webhooks until there were too many.'],
} as const satisfies Readonly<Record<string, readonly [status: number, meaning: string]>>;

export type RefusalCode = keyof typeof CODES;

/** The refusal of a question, as a packet. */
export function refusal(id: string, code: RefusalCode, detail: string, headers?: Readonly<Record<string, string>>) {
  const fields = { id, status: CODES[code][0], code, detail };
  return Object.freeze(headers ? { ...fields, headers: Object.freeze(headers) } : fields);
}

/** The refusal of a question that the store failed to serve; the caller may retry after a second. */
export const storeFailed = (id: string, { message }: Error) =>
  refusal(id, 'store-failed', message, { 'Retry-After': '1' });

/** The component's code if well-formed, else `refused` (4xx) or `failed` (5xx). */
export function codeOf({ status, code }: { readonly status: number; readonly code?: unknown }): string {
  if (typeof code === 'string' && code.length <= 64 && /^[a-z]+(-[a-z\d]+)*$/.test(code)) return code;
  return status < 500 ? 'refused' : 'failed';
}
