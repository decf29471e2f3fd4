import { Component } from 'noflo';
import { type AnyPacket, fieldAt } from '../src/behaviour/fields.ts';
import { settingsReader } from '../src/behaviour/settings.ts';
import type { Verified } from '../src/behaviour/signature.ts';
import { type Template, template } from '../src/behaviour/template.ts';
import { checked, NewPost } from '../src/model/chat.ts';
import { refusal } from '../src/model/codes.ts';
import { ROOM_NAME } from '../src/model/name.ts';
import type { Post, Refusal } from '../src/model/packets.ts';
import { anyPacket, aside, setting } from '../src/model/port-options.ts';
import { bot, unaskedId, type Who } from '../src/model/who.ts';

/** The name of a bot whose template makes none. */
const BOT = 'bot';

/** What a bot says, and where. */
interface Line {
  readonly room: Template;
  readonly author: Template;
  readonly text: Template;
}

/** The post of a bot, or the reason why there is none. Throws a sentence if bots have answered one another too often. */
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
  // A webhook that comes again is said once.
  const key = verified?.id === undefined ? {} : { key: verified.id };
  return Object.freeze({ id, room: where, form: 'api', ...made, from: `bot:${node}`, who, ...key });
}

/** Why it may stay unwired. */
const REFUSED = aside({
  datatype: 'object',
  schema: 'chat/refusal',
  open: 'nobody waits for what a bot says, and the node tells of it',
  description: 'Refusal 404 or 422: its templates made no text, or no name of an author or a room',
});

/** Posts as a bot. Nobody waits for what becomes of it: if it is refused later, that is told at this node. */
export const getComponent = () => {
  const templateAt = (value: string) => template(value);
  const settings = {
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
  const read = settingsReader(settings, ({ room, author, text }) => ({
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
      out: aside({
        datatype: 'object',
        schema: 'chat/post',
        description: 'Post by the bot, to be checked and kept as any other',
      }),
      refused: REFUSED,
    },
    process(input, output) {
      const line = read(input);
      if (!line) return;
      if (!input.hasData('in')) return output.done();
      const post = say(input.getData('in'), component.nodeId ?? 'bot', line);
      if (!('status' in post)) return output.sendDone({ out: post });
      if (!component.outPorts.ports.refused!.isAttached()) throw new Error(post.detail);
      output.sendDone({ refused: post });
    },
  });
  return component;
};
