import { describe, expect, it } from '@jest/globals';
import { getComponent, mapper } from '../../components/Map.ts';
import { flaws, frozen, NodeHarness, question } from '../support/node.ts';

const asked = frozen({ ...question({ body: { message: 'hi' } }), who: { kind: 'guest', role: 'guest' } });

describe('Map', () => {
  it('makes an object of a packet, of whom it is still', async () => {
    const made = await mapper('{"text": body.message, "who": {"role": "owner"}, "owner": "me", "id": 7}')(asked);
    expect(made).toEqual({ text: 'hi', id: 'q1', from: 'somewhere', who: asked.who });
    expect(flaws(made)).toEqual([]);
  });

  it.each(['body.message', '[1, 2]', 'nothing', '42'])('makes no packet by %j', async text => {
    await expect(mapper(text)(asked)).rejects.toThrow('EXPRESSION made no object');
  });

  it('refuses a packet on which its expression fails, and takes the next one', async () => {
    const node = await NodeHarness.start(getComponent(), { expression: '{"n": $number(body.message)}' });
    const refused = await node.ask('in', asked, 'failed');
    expect(refused).toMatchObject({ id: 'q1', status: 422, code: 'expression-failed' });
    expect(flaws(refused)).toEqual([]);
    expect(await node.ask('in', question({ id: 'q2', body: { message: '7' } }))).toMatchObject({ id: 'q2', n: 7 });
  });
});
