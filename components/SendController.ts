import { Component } from 'noflo';
import { refusal } from '../src/model/codes.ts';
import { nameFault, normalName } from '../src/model/name.ts';
import type { Post, Question, Refusal } from '../src/model/packets.ts';
import { hasVisible } from '../src/model/text.ts';

const LOBBY = 'lobby';

/** The post in a question, or the reason why there is none. A question that names no room is gochat's. */
export function post({ id, body, from, key, params }: Question): Post | Refusal {
  const { author = '', text = '' } = body;
  if (typeof author !== 'string') return refusal(id, 'author-invalid', 'author must be a string');
  if (typeof text !== 'string') return refusal(id, 'text-invalid', 'text must be a string');
  if (text.trim() === '') return refusal(id, 'text-missing', 'a post needs a text');
  if (!hasVisible(text)) return refusal(id, 'text-missing', 'a post needs a text that can be seen');
  const name = normalName(author) || 'anonymous';
  // How long it may be is a matter of another node.
  const fault = nameFault(name, Number.POSITIVE_INFINITY);
  if (fault !== undefined) return refusal(id, 'author-invalid', `author ${fault}`);
  return Object.freeze({
    id,
    room: params?.room ?? LOBBY,
    form: params?.room ? 'api' : 'gochat',
    author: name,
    text: text.trim(),
    from,
    ...(key !== undefined && { key }),
  });
}

/** Turns a question that brings a message into a post that Storage can keep. */
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
