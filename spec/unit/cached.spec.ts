import { describe, expect, it } from '@jest/globals';
import { cached } from '../../src/model/cached.ts';

describe('cached', () => {
  const counting = () => {
    const asked: string[] = [];
    const of = cached(text => {
      asked.push(text);
      return { text };
    });
    return { of, asked };
  };

  it('gives the same result again', () => {
    const { of, asked } = counting();
    const first = of('a');
    expect(of('b')).toEqual({ text: 'b' });
    expect(of('a')).toBe(first);
    expect(asked).toEqual(['a', 'b']);
  });

  it('works out long texts anew, and all once there are many, so that its memory is bounded', () => {
    const { of, asked } = counting();
    const long = 'x'.repeat(201);
    expect([of(long), of(long)]).toEqual([{ text: long }, { text: long }]);
    for (let i = 0; i < 1001; i++) of(String(i));
    of('0');
    expect(asked.filter(text => text === long)).toHaveLength(2);
    expect(asked.filter(text => text === '0')).toHaveLength(2);
  });
});
