import { Component } from 'noflo';
import type { GochatMessage } from '../src/model/chat.ts';
import { publicMessage, topicOf } from '../src/model/events.ts';
import type {
  Answer,
  Entry,
  EntryPage,
  Form,
  Message,
  MessagePage,
  Question,
  Receipt,
  RoomList,
} from '../src/model/packets.ts';

const WRITTEN: Readonly<Record<Form, (message: Message) => string>> = {
  gochat: ({ time, author, text }) =>
    JSON.stringify({ Time: time, Author: author, Text: text } satisfies GochatMessage),
  api: message => JSON.stringify(publicMessage(message)),
};

/** Writes lists of rooms as JSON; cached for each list object. */
function roomWriter(): (list: RoomList) => string {
  const known = new WeakMap<RoomList['rooms'], string>();
  return ({ rooms, next }) => {
    let json = known.get(rooms);
    if (json === undefined) {
      json = JSON.stringify({ rooms, next });
      known.set(rooms, json);
    }
    return json;
  };
}

/** Writes messages as JSON; cached for each form and message object. */
export function writer(): (form: Form, message: Message) => string {
  const known = { gochat: new WeakMap<Message, string>(), api: new WeakMap<Message, string>() };
  return (form, message) => {
    let json = known[form].get(message);
    if (json === undefined) {
      json = WRITTEN[form](message);
      known[form].set(message, json);
    }
    return json;
  };
}

/** Encloses a page's items, with its other fields. */
const pageText = (name: 'messages' | 'entries', list: readonly string[], { cursor, gap }: MessagePage | EntryPage) =>
  `{"${name}":[${list.join()}],"cursor":${JSON.stringify(cursor)},"gap":${gap}}`;

const WRITTEN_PAGE: Readonly<Record<Form, (page: MessagePage, write: ReturnType<typeof writer>) => string>> = {
  gochat: ({ messages }, write) => {
    const there = messages.filter(({ removed }) => !removed);
    return `[${there.map(message => write('gochat', message)).join()}]`;
  },
  api: (page, write) =>
    pageText(
      'messages',
      page.messages.map(message => write('api', message)),
      page,
    ),
};

/** Writes pages of messages as JSON; cached for each list object. */
function pageWriter(write: ReturnType<typeof writer>): (page: MessagePage) => string {
  type Written = Pick<MessagePage, 'cursor' | 'gap'> & { readonly json: string };
  const known = { gochat: new WeakMap<MessagePage['messages'], Written>(), api: new WeakMap() };
  return page => {
    const { form, messages, cursor, gap } = page;
    const written = known[form].get(messages);
    if (written && written.cursor === cursor && written.gap === gap) return written.json;
    const json = WRITTEN_PAGE[form](page, write);
    known[form].set(messages, { cursor, gap, json });
    return json;
  };
}

/** An entry as JSON, with its message's present state. */
function writeEntry({ message, ...entry }: Entry, write: ReturnType<typeof writer>): string {
  return `${JSON.stringify(entry).slice(0, -1)},"message":${write('api', message)}}`;
}

/**
 * The reply to Storage's result, in the caller's format. A reply passes unchanged. A question about accounts gets
 * `accounts: true`: the server adds the answer.
 */
export function respond(
  found: MessagePage | EntryPage | Receipt | RoomList | Answer | Question,
  write = writer(),
  writeRooms = roomWriter(),
  writePage = pageWriter(write),
): Answer {
  if ('status' in found) return found;
  const { id } = found;
  if ('path' in found) return Object.freeze({ id, status: 200, body: '', accounts: true as const });
  if ('rooms' in found) {
    const { etag } = found;
    return Object.freeze({ id, status: 200, body: writeRooms(found), ...(etag !== undefined && { etag }) });
  }
  if ('message' in found) {
    const { form, message, changed } = found;
    return Object.freeze({ id, status: changed ? 200 : 201, body: write(form, message) });
  }
  const [list, body] =
    'messages' in found
      ? [found.messages, writePage(found)]
      : [
          found.entries,
          pageText(
            'entries',
            found.entries.map(entry => writeEntry(entry, write)),
            found,
          ),
        ];
  const wait = found.wait !== undefined && list.length === 0 && !found.gap;
  return Object.freeze({
    id,
    status: 200,
    body,
    ...(wait && { wait: Object.freeze({ topic: topicOf(found.room), seconds: found.wait }) }),
  });
}

/** Encloses a result in a JSON reply. */
export const getComponent = () => {
  const write = writer();
  const writeRooms = roomWriter();
  const writePage = pageWriter(write);
  return new Component({
    description: 'Makes a JSON reply of what was found',
    icon: 'reply',
    inPorts: {
      in: {
        datatype: 'object',
        required: true,
        description: 'Page, receipt, list of rooms, refusal, reply, or a question about people',
      },
    },
    outPorts: { out: { datatype: 'object', schema: 'chat/reply', description: 'Reply or refusal' } },
    process(input, output) {
      if (!input.hasData('in')) return;
      output.sendDone({ out: respond(input.getData('in'), write, writeRooms, writePage) });
    },
  });
};
