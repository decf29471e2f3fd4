import { describe, expect, it } from '@jest/globals';
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
