import * as v from 'valibot';
import {
  About,
  ChatMessage,
  CursorText,
  MessageId,
  NewPost,
  NewReaction,
  NewText,
  OwnerKey,
  PostKey,
  PrivateAnswer,
  Problem,
  RoomName,
  Seq,
  ShownWho,
} from './chat.ts';

const frame = <const Type extends string, Entries extends v.ObjectEntries>(type: Type, entries: Entries) =>
  v.object({ type: v.literal(type), ...entries });

/**
 * What a client may send. The socket checks what it needs itself (type, key, room, id, emoji, owner), so that its errors can name the
 * key; cursors and texts are checked by the graph.
 */
export const ClientFrame = v.pipe(
  v.variant('type', [
    frame('subscribe', { room: RoomName, after: v.exactOptional(CursorText) }),
    frame('unsubscribe', { room: RoomName }),
    frame('hello', { token: v.string() }),
    frame('send', { room: RoomName, key: PostKey, ...NewPost.entries, owner: v.exactOptional(OwnerKey) }),
    frame('edit', {
      room: RoomName,
      key: PostKey,
      id: MessageId,
      ...NewText.entries,
      owner: v.exactOptional(OwnerKey),
    }),
    frame('remove', { room: RoomName, key: PostKey, id: MessageId, owner: v.exactOptional(OwnerKey) }),
    ...(['react', 'unreact'] as const).map(type =>
      frame(type, {
        room: RoomName,
        key: PostKey,
        id: MessageId,
        ...NewReaction.entries,
        owner: v.exactOptional(OwnerKey),
      }),
    ),
  ]),
  v.description('What a client may send over a socket.'),
);
export type ClientFrame = Readonly<v.InferOutput<typeof ClientFrame>>;

/** `error` repeats `room` and `key` of the refused frame as they were sent. */
export const ServerFrame = v.pipe(
  v.variant('type', [
    frame('hello', { version: v.string(), about: v.exactOptional(About) }),
    frame('about', About.entries),
    frame('people', { ids: v.array(v.string()) }),
    frame('welcome', { who: ShownWho }),
    frame('subscribed', { room: RoomName, cursor: v.exactOptional(CursorText) }),
    frame('message', { cursor: CursorText, ...ChatMessage.entries }),
    frame('edit', { cursor: CursorText, ...ChatMessage.entries }),
    frame('remove', { cursor: CursorText, ...ChatMessage.entries }),
    frame('reaction', { cursor: CursorText, ...ChatMessage.entries }),
    frame('gap', { room: RoomName, cursor: CursorText }),
    frame('ack', { room: RoomName, key: PostKey, seq: Seq }),
    frame('answer', { room: RoomName, key: PostKey, ...PrivateAnswer.entries }),
    frame('error', { room: v.exactOptional(v.unknown()), key: v.exactOptional(v.unknown()), ...Problem.entries }),
  ]),
  v.description('What a server sends over a socket.'),
);
export type ServerFrame = Readonly<v.InferOutput<typeof ServerFrame>>;
