import { Component } from 'noflo';
import { countAt } from '../src/behaviour/settings.ts';
import { type RefusalCode, refusal } from '../src/model/codes.ts';
import { MAX_NAME_LENGTH, nameFault, ROOM_NAME } from '../src/model/name.ts';
import type { Post } from '../src/model/packets.ts';
import { setting } from '../src/model/port-options.ts';
import type { DeclaredLimits, NodeSettings } from '../src/model/routes.ts';
import { hasVisible, MAX_TEXT_LENGTH, tooLong } from '../src/model/text.ts';
import { excerpt } from '../src/model/words.ts';

/** Limits of a post, in characters. */
interface PostLimits {
  readonly author: number;
  readonly text: number;
}

const LIMITS: PostLimits = { author: MAX_NAME_LENGTH, text: MAX_TEXT_LENGTH };

/** The fault of a post; undefined if it is valid. Characters are code points. */
export function fault(post: Post, limits = LIMITS): { code: RefusalCode; detail: string } | undefined {
  return lengthFault(post, limits) ?? malformed(post);
}

/** Faults that no caller can cause, but a node such as Set can. */
function malformed({ kind, room, author, text }: Post): { code: RefusalCode; detail: string } | undefined {
  if (!ROOM_NAME.test(room)) return { code: 'room-invalid', detail: `${excerpt(room)} is no name of a room` };
  const unnamed = kind === undefined && nameFault(author);
  if (unnamed) return { code: 'author-invalid', detail: `author ${unnamed}` };
  if ((kind === undefined || kind === 'edit') && !hasVisible(text))
    return { code: 'text-missing', detail: 'a post needs a text that can be seen' };
  return undefined;
}

function lengthFault(post: Post, limits: PostLimits): { code: RefusalCode; detail: string } | undefined {
  for (const name of ['author', 'text'] as const) {
    const found = tooLong(post[name], limits[name]);
    if (found !== undefined) return { code: `${name}-too-long`, detail: `${name} ${found}` };
  }
  return undefined;
}

const longestAt = (value: unknown): number => countAt('MAXTEXT', value);

/** The limits that the pages show. */
const limits = ({ maxtext = LIMITS.text }: NodeSettings): DeclaredLimits => ({ ...LIMITS, text: maxtext });

/** Refuses invalid posts, so that Storage needs no checks. */
export const getComponent = () => {
  const component = new Component({
    description: 'Passes good posts on and refuses the rest',
    icon: 'check',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/post', required: true, description: 'Post' },
      maxtext: setting({
        datatype: 'int',
        title: 'Longest text',
        everyday: true,
        unit: 'characters',
        default: LIMITS.text,
        description: 'The most characters of a text',
        check: longestAt,
      }),
    },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/post', description: 'Post, unchanged' },
      refused: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 422, with the reason' },
    },
    process(input, output) {
      const post: Post | undefined = input.hasData('in') ? input.getData('in') : undefined;
      const text = input.hasData('maxtext') ? longestAt(input.getData('maxtext')) : LIMITS.text;
      if (!post) return output.done();
      const found = fault(post, { ...LIMITS, text });
      output.sendDone(found ? { refused: refusal(post.id, found.code, found.detail) } : { out: post });
    },
  });
  return Object.assign(component, { limits });
};
