import { describe, expect, it } from '@jest/globals';
import * as v from 'valibot';
import { because, checked } from '../../src/model/chat.ts';
import { asSentence } from '../../src/model/text.ts';
import { excerpt } from '../../src/model/words.ts';

describe('the beginning of a text in a sentence', () => {
  it.each([
    ['short', 60, 'short'],
    ['x'.repeat(60), 60, 'x'.repeat(60)],
    ['x'.repeat(61), 60, `${'x'.repeat(60)}…`],
    ['anything', 0, '…'],
  ])('is %j, of which %i may be seen, as %j', (text, most, seen) => {
    expect(excerpt(text, most)).toBe(seen);
  });

  it('has no half of a character at its end', () => {
    expect(excerpt('123😀 more', 4)).toBe('123…');
    expect(excerpt('123😀 more', 5)).toBe('123😀…');
  });
});

describe('a reason', () => {
  it.each([
    ['you are banned', 'You are banned.'],
    ['Gone.', 'Gone.'],
  ])('%j is the sentence %j', (reason, sentence) => {
    expect(asSentence(reason)).toBe(sentence);
  });
});

describe('the refusal of a field', () => {
  const Wanted = v.object({
    text: v.string(because('text-missing', 'a post needs a text')),
    more: v.array(v.number()),
  });

  it('has the code and the words of the rule that it breaks', () => {
    expect(checked('q1', Wanted, { text: 1 })).toMatchObject({ code: 'text-missing', detail: 'a post needs a text' });
  });

  it('names the field where the rule has no words of its own', () => {
    expect(checked('q1', Wanted, { text: 'hi', more: [1, 'two'] })).toMatchObject({
      id: 'q1',
      status: 422,
      code: 'field-invalid',
      detail: expect.stringContaining('more.1: '),
    });
  });
});
