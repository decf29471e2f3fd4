import type { Caller } from '../accounts/accounts.ts';
import type { Outcome } from '../gate/gate.ts';
import type { LogPage } from '../model/chat.ts';
import { cursorOf, cursorText, eventName } from '../model/events.ts';
import { MAX_PAGE_LENGTH } from '../model/limits.ts';
import type { Reply, Subscription } from '../model/packets.ts';
import type { Who } from '../model/who.ts';
import { QuestionRefused, type Questions, replyOf } from './questions.ts';

/** One page of a topic's history. */
export interface EventPage {
  readonly events: readonly {
    readonly cursor: string;
    readonly event: string;
    readonly data: string;
  }[];
  readonly cursor: string;
  /** End of a gap: events between the requested cursor and this one are lost. */
  readonly gap?: string | undefined;
}

/** A reader of a topic's history. */
type Reader = Pick<Subscription, 'history'> & { readonly audience: string | undefined; readonly caller: Caller };

/** Reads the history of topics for subscribers. */
export class History {
  readonly #questions: Questions;
  /** Parsed pages by reply, which readers may share. */
  readonly #pages = new WeakMap<Reply, EventPage>();

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  /**
   * Reads the events after a cursor, like any client: by a question for entries, with the reader's identity. Empty at
   * the end. Readers with equal results share one question: all guests, a subscription's audience, each other person.
   * Rejects with QuestionRefused.
   */
  async read(reader: Reader, after: string): Promise<EventPage> {
    const { history, caller } = reader;
    const { who } = caller.visitor;
    const query = { after, limit: String(MAX_PAGE_LENGTH) };
    const request = { method: 'GET', path: history, query, body: {}, from: caller.request.from, who };
    const ask = (audience: string) => this.#questions.ask(JSON.stringify([history, after, audience]), request);
    const shared = await ask(audienceOf(reader, who));
    try {
      return this.#page(shared.outcome);
    } catch (error) {
      const isOther = shared.who.kind !== who.kind || shared.who.id !== who.id;
      if (!(error instanceof QuestionRefused && error.isFinal && isOther)) throw error;
      // A refusal of another reader says nothing about this one.
      return this.#page((await ask(alone(who))).outcome);
    }
  }

  #page(outcome: Outcome): EventPage {
    const reply = replyOf(outcome);
    let page = this.#pages.get(reply);
    if (!page) {
      page = pageOf(reply.body);
      this.#pages.set(reply, page);
    }
    return page;
  }
}

const alone = ({ kind, id, role }: Who) => `${kind} ${role} ${id}`;

function audienceOf({ audience }: Reader, who: Who): string {
  if (audience !== undefined) return `audience ${audience}`;
  return who.kind === 'guest' ? 'guests' : alone(who);
}

function pageOf(body: string): EventPage {
  const { entries, cursor, gap } = JSON.parse(body) as LogPage;
  const { epoch } = cursorOf(cursor);
  const events = entries.map(({ seq, kind, message }) => ({
    cursor: cursorText({ epoch, seq }),
    event: eventName({ kind, message }),
    data: JSON.stringify(message),
  }));
  const first = entries[0];
  return { events, cursor, gap: gap ? (first ? cursorText({ epoch, seq: first.seq - 1 }) : cursor) : undefined };
}
