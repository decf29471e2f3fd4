import { describe, expect, it } from '@jest/globals';
import { answerAsker, getComponent, say } from '../../components/Say.ts';
import { template } from '../../src/behaviour/template.ts';
import { unaskedBy } from '../../src/model/who.ts';
import { flaws, frozen, NodeHarness, post as sent } from '../support/node.ts';

const kept = (who?: object) => frozen({ kind: 'message', message: { room: 'den', author: 'ann', text: 'hi' }, who });
const line = {
  room: template('{{message.room}}'),
  author: template(' b  ot '),
  text: template('hi {{message.author}}'),
};

describe('Say', () => {
  it('makes a post of a bot, that nobody asked for', () => {
    const post = say(kept({ kind: 'guest' }), 'greeter', line);
    expect(post).toMatchObject({
      ...{ room: 'den', form: 'api', author: 'b ot', text: 'hi ann', from: 'bot:greeter' },
      who: { kind: 'bot', id: 'greeter', name: 'b ot', role: 'guest', hops: 1 },
    });
    expect([unaskedBy(post.id), flaws(post)]).toEqual(['greeter', []]);
    expect(say(kept(), 'greeter', line).id).not.toBe(post.id);
  });

  it('ends where three bots have answered one another', () => {
    const hops = (hops?: number) => say(kept({ kind: 'bot', hops }), 'a', line);
    expect([hops(1), hops(2), hops()]).toMatchObject([
      { who: { hops: 2 } },
      { who: { hops: 3 } },
      { who: { hops: 2 } },
    ]);
    expect(() => hops(3)).toThrow('3 bots have answered one another; it ends here');
  });

  it.each([
    ['text', '{{nothing}}', 'text-missing'],
    ['author', 'a\u202eb', 'author-invalid'],
    ['room', 'No Room', 'room-invalid'],
    ['room', '{{nothing}}', 'room-invalid'],
  ])('refuses where its %s is %j', (port, text, code) => {
    expect(say(kept(), 'a', { ...line, [port]: template(text) })).toMatchObject({ code });
  });

  it('sends its refusal on, or throws it where nobody takes it', async () => {
    const settings = { text: 'hi', room: 'No Room' };
    const node = await NodeHarness.start(getComponent(), settings);
    expect(await node.ask('in', kept(), 'refused')).toMatchObject({ status: 404 });
    const open = await NodeHarness.start(getComponent(), settings, { wired: ['out'] });
    expect(() => open.send('in', kept())).toThrow('ROOM made "No Room", which is no name of a room');
  });

  it('answers who asks, and posts nothing, with TO asker', async () => {
    const answer = answerAsker(sent({ author: 'zoe', text: '!help' }), { ...line, text: template(' hi {{author}} ') });
    expect(answer).toMatchObject({ id: 'q1', status: 200 });
    expect(JSON.parse('body' in answer ? answer.body : '')).toEqual({ answer: { author: 'b ot', text: 'hi zoe' } });
    expect(flaws(answer)).toEqual([]);
    const node = await NodeHarness.start(getComponent(), { to: 'asker', text: 'hi' }, { wired: ['out', 'answer'] });
    expect(await node.ask('in', sent(), 'answer')).toMatchObject({ body: '{"answer":{"author":"bot","text":"hi"}}' });
  });

  it('refuses who asks where its text is none, and fails where nobody waits', () => {
    expect(answerAsker(sent(), { ...line, text: template('{{nothing}}') })).toMatchObject({
      ...{ id: 'q1', status: 422, code: 'text-missing' },
    });
    expect(() => answerAsker(kept(), line)).toThrow('nobody waits for an answer to what was kept');
  });

  it('does not start with what is no template', async () => {
    await expect(NodeHarness.start(getComponent(), { text: '{{#a}}' })).rejects.toThrow('template');
  });
});
