import { Component } from 'noflo';
import { type AnyPacket, awaitedId, fieldAt } from '../src/behaviour/fields.ts';
import { settingsReader } from '../src/behaviour/settings.ts';
import type { Verified } from '../src/behaviour/signature.ts';
import { type Template, template } from '../src/behaviour/template.ts';
import { type AnsweredPost, checked, NewPost } from '../src/model/chat.ts';
import { refusal } from '../src/model/codes.ts';
import { ROOM_NAME } from '../src/model/name.ts';
import type { Post, Refusal, Reply } from '../src/model/packets.ts';
import { anyPacket, aside, setting, usedWhen } from '../src/model/port-options.ts';
import { bot, unaskedId, type Who } from '../src/model/who.ts';

/** The default name of a bot. */
const BOT = 'bot';

/** A bot's message, and its room. */
interface Line {
  readonly room: Template;
  readonly author: Template;
  readonly text: Template;
}

/** The post of a bot, or the refusal. Throws a sentence if the chain of bots is too long. */
export function say(packet: AnyPacket, node: string, { room, author, text }: Line): Post | Refusal {
  const id = unaskedId(node);
  const made = checked(id, NewPost, { author: author(packet).trim() || BOT, text: text(packet) });
  if ('status' in made) return made;
  const where = room(packet).trim();
  if (!ROOM_NAME.test(where))
    return refusal(id, 'room-invalid', `ROOM made "${where.slice(0, 80)}", which is no name of a room`);
  const verified = fieldAt(packet, ['verified']) as Verified | undefined;
  const answered = verified ? { kind: 'bot' as const, hops: verified.hops } : fieldAt(packet, ['who']);
  const who = bot(node, made.author, answered as Partial<Who> | undefined);
  // A repeated webhook is posted once.
  const key = verified?.id === undefined ? {} : { key: verified.id };
  return Object.freeze({ id, room: where, form: 'api', ...made, from: `bot:${node}`, who, ...key });
}

/** A bot's answer to the caller alone, or the refusal. Throws a sentence if no caller waits for an answer. */
export function answerAsker(packet: AnyPacket, { author, text }: Omit<Line, 'room'>): Reply | Refusal {
  const id = awaitedId(packet);
  const made = checked(id, NewPost, { author: author(packet).trim() || BOT, text: text(packet) });
  if ('status' in made) return made;
  return Object.freeze({ id, status: 200, body: JSON.stringify({ answer: made } satisfies AnsweredPost) });
}

/** The reason why it may stay unwired. */
const REFUSED = aside({
  datatype: 'object',
  schema: 'chat/refusal',
  open: 'the node tells of it by itself',
  description: 'Refusal 404 or 422: its templates made no text, or no name of an author or a room',
});

/** Posts as a bot. No caller waits for the result: a later refusal is reported at this node. */
export const getComponent = () => {
  const templateAt = (value: string) => template(value);
  const settings = {
    to: setting({
      datatype: 'string',
      title: 'To',
      default: 'room',
      values: ['room', 'asker'],
      description: 'Who sees it: all in the room, or only the asker, whose post is answered by ANSWER and not kept',
    }),
    room: setting({
      datatype: 'string',
      title: 'Room',
      default: '{{message.room}}',
      description: 'A template of the room: {{message.room}} is where a message was kept, {{room}} where a post goes',
      check: templateAt,
    }),
    author: setting({
      datatype: 'string',
      title: 'Author',
      everyday: true,
      default: BOT,
      description: 'A template of the name of the bot',
      check: templateAt,
    }),
    text: setting({
      datatype: 'string',
      title: 'Text',
      everyday: true,
      lines: 'many',
      required: true,
      description: 'A template of what it says, such as "Welcome, {{message.author}}!"',
      check: templateAt,
    }),
  };
  const read = settingsReader(settings, ({ to, room, author, text }) => ({
    isPrivate: to === 'asker',
    room: template(String(room)),
    author: template(String(author)),
    text: template(String(text)),
  }));
  const component: Component = new Component({
    description: 'Posts as a bot',
    icon: 'commenting-o',
    inPorts: {
      in: anyPacket('Packet that makes it speak, such as a message that was kept, or the tick of a schedule'),
      ...settings,
    },
    outPorts: {
      out: usedWhen(
        'to',
        'room',
        aside({
          datatype: 'object',
          schema: 'chat/post',
          description: 'Post by the bot, to be checked and kept as any other',
        }),
      ),
      answer: usedWhen('to', 'asker', {
        datatype: 'object',
        schema: 'chat/reply',
        description: 'With TO asker: the reply to the post that comes in, which only its author sees',
      }),
      refused: REFUSED,
    },
    process(input, output) {
      const line = read(input);
      if (!line) return;
      if (!input.hasData('in')) return output.done();
      const packet = input.getData('in');
      const said = line.isPrivate ? answerAsker(packet, line) : say(packet, component.nodeId ?? 'bot', line);
      if (!('detail' in said)) return output.sendDone('body' in said ? { answer: said } : { out: said });
      if (!component.outPorts.ports.refused!.isAttached()) throw new Error(said.detail);
      output.sendDone({ refused: said });
    },
  });
  return component;
};
