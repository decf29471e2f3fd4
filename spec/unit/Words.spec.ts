import { describe, expect, it } from '@jest/globals';
import { filterWords, getComponent } from '../../components/Words.ts';
import { wordFinder } from '../../src/behaviour/words.ts';
import { flaws, frozen, NodeHarness, post } from '../support/node.ts';

const find = wordFinder(['bad'], []);

describe('Words', () => {
  it('names each word once', () => {
    expect(filterWords(post({ text: 'bad, b4d' }), find)).toEqual({
      found: { ...post({ text: 'bad, b4d' }), words: ['bad'] },
    });
  });

  it('masks the text of a post, and of a message that was kept', () => {
    expect(filterWords(post({ text: 'a bad day' }), find, true)).toEqual({ out: post({ text: 'a *** day' }) });
    const kept = frozen({ message: { text: 'bad', room: 'a' } });
    expect(filterWords(kept, find, true)).toEqual({ out: { message: { text: '***', room: 'a' } } });
  });

  it('passes what has no such word on as it is', async () => {
    const node = await NodeHarness.start(getComponent(), { words: 'bad\nworse', except: 'bad luck' });
    const fine = post({ text: 'bad luck' });
    expect(await node.ask('in', fine)).toBe(fine);
    const found = await node.ask('in', post({ text: 'b4d' }), 'found');
    expect([found, flaws(found)]).toEqual([{ ...post({ text: 'b4d' }), words: ['bad'] }, []]);
  });

  it('does not start without a word', async () => {
    await expect(NodeHarness.start(getComponent(), { words: ' , ' })).rejects.toThrow('WORDS has no word');
  });
});
