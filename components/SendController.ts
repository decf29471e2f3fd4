import { Component } from 'noflo';
import { checked, NewPost } from '../src/model/chat.ts';
import { LOBBY } from '../src/model/name.ts';
import type { Post, Question, Refusal } from '../src/model/packets.ts';
import { isKnown, proofOf } from '../src/model/who.ts';

/**
 * The post in a question, or the refusal. A question without a room is gochat's. People with an account post under its
 * name.
 */
export function post({ id, body, from, who, key, owner: given, params }: Question): Post | Refusal {
  const made = checked(id, NewPost, isKnown(who) ? { ...body, author: who.name } : body);
  if ('status' in made) return made;
  const owner = proofOf(who, given);
  return Object.freeze({
    id,
    room: params?.room ?? LOBBY,
    form: params?.room ? 'api' : 'gochat',
    ...made,
    from,
    who,
    ...(key !== undefined && { key }),
    ...(owner !== undefined && { owner }),
  });
}

/** Turns a question with a message into a post for Storage. */
export const getComponent = () =>
  new Component({
    description: 'Makes a post of a question that brings a message',
    icon: 'pencil',
    inPorts: { in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' } },
    outPorts: {
      out: {
        datatype: 'object',
        schema: 'chat/post',
        description: 'Post with its name in normal form; without an author by anonymous',
      },
      refused: {
        datatype: 'object',
        schema: 'chat/refusal',
        description: 'Refusal 422: no text, or a name that can not be one',
      },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      const made = post(input.getData('in'));
      output.sendDone('status' in made ? { refused: made } : { out: made });
    },
  });
