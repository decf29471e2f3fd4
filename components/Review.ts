import { createHash, randomUUID } from 'node:crypto';
import { Component } from 'noflo';
import { refusal, storeFailed } from '../src/model/codes.ts';
import type { Directory, DirectoryRecord, HeldRecord } from '../src/model/directory.ts';
import { recordOf } from '../src/model/directory.ts';
import { publicMessage } from '../src/model/events.ts';
import {
  decideApproval,
  decideHold,
  decideOnReport,
  decideRefusal,
  decideReport,
  heldPage,
  passes,
  type ReportsPage,
} from '../src/model/moderation.ts';
import type { Answer, Message, Post, Question, Refusal } from '../src/model/packets.ts';
import { anyPacket, sameAs, storePort } from '../src/model/port-options.ts';
import { storeSlot } from '../src/store/handles.ts';
import { ChangeRefused, KeyReused, type NewMessage, type Store } from '../src/store/store.ts';

/** An id that is equal for equal parts. */
const idOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);

const reply = (id: string, status: 200 | 201 | 204, body?: object): Answer =>
  Object.freeze({ id, status, body: body ? JSON.stringify(body) : '' });

/** Holds a post for a moderator, and tells its author; undefined if it needs no review, or repeats an approved post. */
export async function hold(store: Store, post: Post & { readonly why?: unknown }): Promise<Refusal | undefined> {
  const directory = await store.directory();
  const { room, who, key } = post;
  if (passes(directory.now, post) || (key !== undefined && (await store.knows(room, key)))) return;
  const held = key === undefined ? randomUUID() : idOf(room, who.id, key);
  return directory.change(now => decideHold(now, post, { held, now: Date.now() }));
}

/** Stores a report. */
export async function report(store: Store, question: Question): Promise<Answer> {
  const { id, params, who } = question;
  const { room = '', message = '' } = params ?? {};
  const place = (await store.select({ message })).messages.find(each => each.room === room);
  const given = { report: idOf(room, message, who.id), now: Date.now() };
  const directory = await store.directory();
  const decided = await directory.change(now => decideReport(now, question, place, given));
  return 'status' in decided ? decided : reply(id, 204);
}

/** Answers a moderator: lists what waits, or carries out a decision. */
export async function review(store: Store, question: Question): Promise<Answer> {
  const { id, method, path, params } = question;
  const { now: directory } = await store.directory();
  if (params?.held !== undefined) return method === 'POST' ? approve(store, question) : refuse(store, question);
  if (params?.report !== undefined) return resolve(store, question);
  if (path.endsWith('/held')) {
    const page = heldPage(directory, question);
    return 'status' in page ? page : reply(id, 200, page);
  }
  return reply(id, 200, await openReports(store));
}

/** Posts a held post; it leaves the queue in the same transaction. */
async function approve(store: Store, question: Question): Promise<Answer> {
  const directory = await store.directory();
  let message: Message | undefined;
  const held = await directory.change(
    now => decideApproval(now, question),
    async (decided, held) => {
      if ('room' in held) ({ message } = await store.append(draftOf(directory.now, held), decided));
    },
  );
  return message ? reply(question.id, 201, publicMessage(message)) : (held as Refusal);
}

function draftOf(directory: Directory, { room, author, by: id, text, key, owner }: HeldRecord): NewMessage {
  const by = directory.person(id)?.id;
  return {
    room,
    author,
    ...(by !== undefined && { by }),
    text,
    ...(key !== undefined && { key }),
    ...(owner !== undefined && { owner }),
  };
}

async function refuse(store: Store, question: Question): Promise<Answer> {
  const directory = await store.directory();
  return (await directory.change(now => decideRefusal(now, question))) ?? reply(question.id, 204);
}

/** The message is removed first, so that its reports exist until it is gone. */
async function resolve(store: Store, question: Question): Promise<Answer> {
  const directory = await store.directory();
  const { result } = decideOnReport(directory.now, question);
  if ('status' in result) return result;
  const [{ room, message, verdict } = {}] = result;
  if (room !== undefined && message !== undefined && verdict?.what === 'removed')
    await store
      .change({ room, kind: 'remove', about: message, text: '', bypassesOwnership: true, isAnnounced: true })
      .catch((error: Error) => {
        if (!(error instanceof ChangeRefused)) throw error;
      });
  const decided = await directory.change(now => decideOnReport(now, question));
  return 'status' in decided ? decided : reply(question.id, 204);
}

/** Open reports with the present state of their messages. Drops reports of removed messages. */
async function openReports(store: Store): Promise<ReportsPage> {
  const directory = await store.directory();
  const gone: DirectoryRecord[] = [];
  const known = await Promise.all(
    directory.now.reports.map(async report => {
      const { id, room, seq, message: about, reason, by, at } = report;
      const [message] = (await store.read(room, { after: seq - 1, limit: 1 })).messages;
      if (message?.id !== about || message.removed) {
        gone.push(recordOf.report(report, false));
        return [];
      }
      const name = directory.now.person(by)?.name;
      const said = { id, reason, at: new Date(at).toISOString(), message: publicMessage(message) };
      return [name === undefined ? said : { ...said, by: name }];
    }),
  );
  await directory.change(() => ({ records: gone, result: undefined }));
  return { reports: known.flat() };
}

/** The refusal after a failure of the store. */
function failure(id: string, error: Error): Refusal {
  if (error instanceof KeyReused)
    return refusal(id, 'key-reused', 'its author has used its key for another message, so it can only be refused');
  return storeFailed(id, error);
}

/** Stores what waits for a moderator: held posts and reported messages. */
export const getComponent = () => {
  const slot = storeSlot();
  const component: Component = new Component({
    description:
      'Keeps posts that wait for a moderator and messages that are reported, and takes what moderators decide',
    icon: 'gavel',
    inPorts: {
      in: {
        datatype: 'object',
        schema: 'chat/question',
        description: 'Question of a moderator, as Router lets it out at REVIEW',
      },
      hold: { ...anyPacket('Post that waits; its why says what it has, as in "has a link"'), required: false },
      report: {
        datatype: 'object',
        schema: 'chat/question',
        description: 'Question that reports a message, as Router lets it out at REPORT',
      },
      store: storePort('Where the messages are: the same as at Storage'),
    },
    outPorts: {
      out: {
        datatype: 'object',
        description:
          'Reply, or refusal 403, 404, 409, 422 or 503; of a post that is held always a refusal 403, which says that it waits',
      },
      passed: sameAs(
        'hold',
        'Post of HOLD that need not wait, unchanged: of a moderator or a bot of the graph, in a private room, or without a new text',
      ),
    },
    process(input, output) {
      const port = (['in', 'hold', 'report'] as const).find(each => input.hasData(each));
      if (!input.hasData('store')) return output.done();
      const store = slot.at(input.getData('store'));
      if (!port) return output.done();
      const packet: (Question & Post) | undefined = input.getData(port);
      if (!packet) return output.done();
      const work =
        port === 'hold' ? hold(store, packet) : port === 'in' ? review(store, packet) : report(store, packet);
      work.then(
        out => output.sendDone(out ? { out } : { passed: packet }),
        (error: Error) => output.sendDone({ out: failure(packet.id, error) }),
      );
    },
  });
  component.tearDown = slot.release;
  return Object.assign(component, { opened: slot.opened });
};
