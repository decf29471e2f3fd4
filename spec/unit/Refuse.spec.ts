import { describe, expect, it } from '@jest/globals';
import { getComponent, refuse } from '../../components/Refuse.ts';
import { template } from '../../src/behaviour/template.ts';
import { flaws, frozen, NodeHarness, post } from '../support/node.ts';

describe('Refuse', () => {
  it('says no in its own words, and for how long', () => {
    const said = template('{{author}}, wait {{wait}} s');
    expect(refuse(post(), 403, said)).toEqual({ id: 'q1', status: 403, code: 'refused', detail: 'ann, wait  s' });
    expect(refuse(frozen({ ...post(), wait: 3 }), 503, said)).toEqual({
      ...{ id: 'q1', status: 503, code: 'failed', detail: 'ann, wait 3 s' },
      headers: { 'Retry-After': '3' },
    });
  });

  it.each([{ at: 'now' }, { id: 'm1', kind: 'message', message: { text: 'hi' } }])(
    'says where nobody waits for an answer: %j',
    async packet => {
      const node = await NodeHarness.start(getComponent(), { detail: 'no' });
      expect(() => node.send('in', packet)).toThrow(/nobody waits for an answer/);
    },
  );

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent(), { detail: 'no' });
    expect(flaws(await node.ask('in', frozen({ ...post(), wait: 3 })))).toEqual([]);
  });

  it.each([200, 399, 600, 'x'])('does not start with the status %j', async status => {
    await expect(NodeHarness.start(getComponent(), { status, detail: 'no' })).rejects.toThrow(
      'STATUS must be a whole number from 400 to 599',
    );
  });
});
