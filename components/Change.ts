import { Component } from 'noflo';
import { checked, NewReaction, NewText } from '../src/model/chat.ts';
import { refusal } from '../src/model/codes.ts';
import type { Post, Question, Refusal } from '../src/model/packets.ts';
import { setting } from '../src/model/port-options.ts';
import { isKnown, proofOf } from '../src/model/who.ts';

/**
 * The change of a message in a question, or the refusal: PATCH edits, DELETE removes; with an emoji in the path PUT
 * adds a reaction, and DELETE removes it.
 */
export function change(question: Question, within?: number): Post | Refusal {
  const { id, method, body, from, who, params } = question;
  const owner = proofOf(who, question.owner);
  const { room, message, emoji } = params ?? {};
  if (!room || !message) return refusal(id, 'message-not-found', 'a change needs the room and the id of a message');
  const about = { id, room, form: 'api', about: message, author: '', from, who } as const;
  if (emoji !== undefined) {
    const made = checked(id, NewReaction, { ...body, emoji, ...(isKnown(who) && { author: who.name }) });
    if ('status' in made) return made;
    // Without a key, a reaction belongs to the address.
    return Object.freeze({
      ...about,
      kind: method === 'DELETE' ? 'unreact' : 'react',
      text: '',
      ...made,
      owner: owner ?? from,
    });
  }
  const proof = { ...(owner !== undefined && { owner }), ...(within !== undefined && { within }) };
  if (method !== 'PATCH') return Object.freeze({ ...about, kind: 'remove', text: '', ...proof });
  const made = checked(id, NewText, body);
  return 'status' in made ? made : Object.freeze({ ...about, kind: 'edit', ...made, ...proof });
}

function withinAt(seconds: number): void {
  if (!(seconds > 0)) throw new Error('WITHIN must be a number of seconds above 0');
}

/** Turns a question about changing a message into a post for Storage. */
export const getComponent = () =>
  new Component({
    description: 'Makes a post of a question that edits or removes a message, or reacts to it',
    icon: 'eraser',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' },
      within: setting({
        datatype: 'number',
        title: 'Can be changed for',
        unit: 'seconds',
        description: 'After that a message can not be changed any more; without it, always',
        check: withinAt,
      }),
    },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/post', description: 'Post that says what it changes' },
      refused: {
        datatype: 'object',
        schema: 'chat/refusal',
        description: 'Refusal 404 or 422: no message, no text, or no emoji',
      },
    },
    process(input, output) {
      const question: Question | undefined = input.hasData('in') ? input.getData('in') : undefined;
      const within = input.hasData('within') ? Number(input.getData('within')) : undefined;
      if (within !== undefined) withinAt(within);
      if (!question) return output.done();
      const made = change(question, within);
      output.sendDone('status' in made ? { refused: made } : { out: made });
    },
  });
