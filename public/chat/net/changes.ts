import { newKey } from '../../ui/socket.ts';
import type { StateStore } from '../../ui/store.ts';
import type { ChatState } from '../model/state.ts';
import { type Failure, reasonOf, type ShownMessage } from '../model/wire.ts';
import type { ChangeFrame } from './api.ts';
import type { FrameSender } from './connection.ts';
import type { OwnMessages } from './storage.ts';

const OFFLINE = 'there is no connection to the server';

/**
 * Edits and removals of the user's messages. They show once the server tells them, as everybody's do; what it refuses,
 * or does not answer, is told to the user, who can do it again.
 */
export class Changes {
  readonly #store: StateStore<ChatState>;
  readonly #own: OwnMessages;
  readonly #connection: FrameSender;
  /** By the key under which the server answers. */
  readonly #waiting = new Map<string, ChangeFrame['type']>();

  constructor(store: StateStore<ChatState>, own: OwnMessages, connection: FrameSender) {
    this.#store = store;
    this.#own = own;
    this.#connection = connection;
  }

  /** Gives a message another text. */
  edit({ room, id }: ShownMessage, text: string): void {
    this.#send({ type: 'edit', key: newKey(), room, id, text, owner: this.#own.key });
  }

  /** Removes a message. */
  remove({ room, id }: ShownMessage): void {
    this.#send({ type: 'remove', key: newKey(), room, id, owner: this.#own.key });
  }

  /** The server did what was sent under a key; false if that was none of these. */
  done(key: string): boolean {
    return this.#waiting.delete(key);
  }

  /** The server refused what was sent under a key; false if that was none of these. */
  fail(key: string, failure: Failure): boolean {
    const type = this.#waiting.get(key);
    if (!type) return false;
    this.#waiting.delete(key);
    this.#tell(type, reasonOf(failure));
    return true;
  }

  /** The connection was lost: nobody knows what became of what waits. */
  interrupt(): void {
    const [type] = this.#waiting.values();
    this.#waiting.clear();
    if (type) this.#tell(type, OFFLINE);
  }

  #send(frame: ChangeFrame): void {
    this.#store.update(state => ({ ...state, unchanged: undefined }));
    if (this.#connection.send(frame)) this.#waiting.set(frame.key, frame.type);
    else this.#tell(frame.type, OFFLINE);
  }

  #tell(type: ChangeFrame['type'], why: string): void {
    const unchanged = `The message was not ${type === 'edit' ? 'edited' : 'removed'}: ${why}`;
    this.#store.update(state => ({ ...state, unchanged }));
  }
}
