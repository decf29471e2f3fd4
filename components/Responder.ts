import { Component } from 'noflo';
import type { GochatMessage } from '../src/model/chat.ts';
import type { Answer, Form, Message, MessagePage, Receipt, RoomList } from '../src/model/packets.ts';

const WRITTEN: Readonly<Record<Form, (message: Message) => string>> = {
  gochat: ({ time, author, text }) =>
    JSON.stringify({ Time: time, Author: author, Text: text } satisfies GochatMessage),
  api: ({ time: _, ...message }) => JSON.stringify(message),
};

/** Writes lists of rooms as JSON, each once for as long as the list is the same object. */
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

/** Writes messages as JSON, each once in each form for as long as the store keeps the object. */
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

/** The reply with what Storage found, in the form that its caller understands. What is a reply already, passes. */
export function respond(
  found: MessagePage | Receipt | RoomList | Answer,
  write = writer(),
  writeRooms = roomWriter(),
): Answer {
  if ('status' in found) return found;
  const { id } = found;
  if ('rooms' in found) {
    const { etag } = found;
    return Object.freeze({ id, status: 200, body: writeRooms(found), ...(etag !== undefined && { etag }) });
  }
  if ('message' in found) return Object.freeze({ id, status: 201, body: write(found.form, found.message) });
  const list = `[${found.messages.map(message => write(found.form, message)).join()}]`;
  if (found.form === 'gochat') return Object.freeze({ id, status: 200, body: list });
  const body = `{"messages":${list},"cursor":${JSON.stringify(found.cursor)},"gap":${found.gap}}`;
  const wait = found.wait !== undefined && found.messages.length === 0 && !found.gap;
  return Object.freeze({
    id,
    status: 200,
    body,
    ...(wait && { wait: Object.freeze({ topic: `room/${found.room}`, seconds: found.wait }) }),
  });
}

/** Encloses what was found in a JSON reply. */
export const getComponent = () => {
  const write = writer();
  const writeRooms = roomWriter();
  return new Component({
    description: 'Makes a JSON reply of what was found',
    icon: 'reply',
    inPorts: {
      in: { datatype: 'object', required: true, description: 'Page, receipt, list of rooms, refusal or reply' },
    },
    outPorts: { out: { datatype: 'object', schema: 'chat/reply', description: 'Reply or refusal' } },
    process(input, output) {
      if (!input.hasData('in')) return;
      output.sendDone({ out: respond(input.getData('in'), write, writeRooms) });
    },
  });
};
