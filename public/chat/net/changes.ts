import { newKey } from '../../ui/socket.ts';
import type { StateStore } from '../../ui/store.ts';
import { type ChatState, reactionKey } from '../model/state.ts';
import type { ShownMessage } from '../model/wire.ts';
import type { ChangeFrame } from './api.ts';
import type { FrameSender } from './connection.ts';
import type { OwnMessages } from './storage.ts';

const UNDONE: Readonly<Record<ChangeFrame['type'], string>> = {
  edit: 'The message was not edited',
  remove: 'The message was not removed',
  react: 'Your reaction was not added',
  unreact: 'Your reaction was not removed',
};

const OFFLINE = 'there is no connection to the server';

/**
 * Edits and removals of the user's messages, and the user's reactions. They are shown when the server sends the change.
 * If it is refused or unanswered, the user is told and can repeat it.
 */
export class Changes {
  readonly #store: StateStore<ChatState>;
  readonly #own: OwnMessages;
  readonly #connection: FrameSender;
  /** By the key of the request. */
  readonly #waiting = new Map<string, ChangeFrame>();

  constructor(store: StateStore<ChatState>, own: OwnMessages, connection: FrameSender) {
    this.#store = store;
    this.#own = own;
    this.#connection = connection;
  }

  /** Edits a message. */
  edit({ room, id }: ShownMessage, text: string): void {
    this.#send({ type: 'edit', key: newKey(), room, id, text, owner: this.#own.key });
  }

  /** Removes a message. */
  remove({ room, id }: ShownMessage): void {
    this.#send({ type: 'remove', key: newKey(), room, id, owner: this.#own.key });
  }

  /** Adds the user's reaction to a message, or removes it. */
  react({ room, id }: ShownMessage, emoji: string): void {
    const { reacted, name } = this.#store.get();
    const type = reacted.has(reactionKey(id, emoji)) ? 'unreact' : 'react';
    this.#send({ type, key: newKey(), room, id, emoji, author: name, owner: this.#own.key });
  }

  /** Call when the server confirmed a change; false if the key is unknown. */
  done(key: string): boolean {
    const frame = this.#waiting.get(key);
    if (frame && 'emoji' in frame) this.#reacted(reactionKey(frame.id, frame.emoji), frame.type === 'react');
    return this.#waiting.delete(key);
  }

  /** Call when the server refused a change, or a bot answered it; false if the key is unknown. */
  fail(key: string, why: string): boolean {
    const frame = this.#waiting.get(key);
    if (!frame) return false;
    this.#waiting.delete(key);
    this.#tell(frame.type, why);
    return true;
  }

  /** Call when the connection was lost: it is unknown whether pending changes took effect. */
  interrupt(): void {
    const [frame] = this.#waiting.values();
    this.#waiting.clear();
    if (frame) this.#tell(frame.type, OFFLINE);
  }

  #send(frame: ChangeFrame): void {
    this.#store.update(state => ({ ...state, unchanged: undefined }));
    if (this.#connection.send(frame)) this.#waiting.set(frame.key, frame);
    else this.#tell(frame.type, OFFLINE);
  }

  #reacted(key: string, isThere: boolean): void {
    const reacted = new Set(this.#store.get().reacted);
    reacted.delete(key);
    if (isThere) reacted.add(key);
    this.#own.rememberReactions(reacted);
    this.#store.update(state => ({ ...state, reacted }));
  }

  #tell(type: ChangeFrame['type'], why: string): void {
    const unchanged = `${UNDONE[type]}: ${why}`;
    this.#store.update(state => ({ ...state, unchanged }));
  }
}
