import { describe, expect, it } from '@jest/globals';
import { getComponent, setter } from '../../components/Set.ts';
import { flaws, NodeHarness, post } from '../support/node.ts';

describe('Set', () => {
  it('changes, adds and removes fields, each from the packet as it came in', () => {
    const set = setter(['text: {{author}}: {{text}}', 'author = [{{text}}]', 'params.by: {{author}}', 'key:']);
    expect(set(post({ key: 'k' }))).toEqual({ ...post(), text: 'ann: hi', author: '[hi]', params: { by: 'ann' } });
  });

  it.each(['id', 'who', 'who.role', 'from', 'form', 'owner'])('never changes %s', name => {
    expect(() => setter([`${name}: x`])).toThrow(`${name.split('.')[0]} is given by the server and can't be set`);
  });

  it.each(['text', 'a b: c', ': x', 'text: {{#a}}'])('takes no line such as %j', line => {
    expect(() => setter([line])).toThrow(/FIELDS|template/);
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent(), { fields: 'text: {{text}}!\nroom: den' });
    const out = await node.ask('in', post());
    expect([out, flaws(out)]).toEqual([post({ text: 'hi!', room: 'den' }), []]);
  });
});
