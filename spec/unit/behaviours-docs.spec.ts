import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Request } from '../../src/gate/gate.ts';
import type { Message } from '../../src/model/packets.ts';
import type { Who } from '../../src/model/who.ts';
import { until } from '../support/chat.ts';
import { EXAMPLES, withExample } from '../support/examples.ts';
import { Flowing } from '../support/flowing.ts';
import { CHAT } from '../support/graphs.ts';
import { ROOT } from '../support/source.ts';

// The examples of docs/behaviours.md, as they stand there, in the graph of the chat.

let flowing: Flowing;
beforeEach(() => {
  flowing = new Flowing(ROOT);
});
afterEach(() => flowing.runtime.stop());

/** What comes back for a post. */
async function post(text: string, { room = 'lobby', ...given }: Partial<Request> & { room?: string } = {}) {
  const request = { method: 'POST', body: { author: 'ann', text }, ...given };
  const { answer, node } = await flowing.ask(`/api/rooms/${room}/messages`, request);
  return 'detail' in answer ? `${answer.status} by ${node}: ${answer.detail}` : answer.status;
}

/** What a room has, as `author: text`. */
async function read(room = 'lobby'): Promise<readonly string[]> {
  const { answer } = await flowing.ask(`/api/rooms/${room}/messages`);
  const { messages } = JSON.parse('body' in answer ? answer.body : '{}') as { messages: readonly Message[] };
  return messages.map(({ author, text }) => `${author}: ${text}`);
}

const someone = (given: Partial<Who>): Who => ({ kind: 'person', id: 'p1', name: 'mo', role: 'member', ...given });

describe('an example of docs/behaviours.md', () => {
  it.each(EXAMPLES)('has no fault: %s', async heading => {
    await flowing.publish(withExample(heading));
    expect(await post('hello', { from: heading })).toBe(201);
    expect(flowing.runtime.live?.warnings).toEqual([]);
    expect(flowing.failures).toEqual([]);
  });

  it('filters words, also of those who edit', async () => {
    await flowing.publish(withExample('A word filter'));
    expect(await post('a b4d day')).toBe('403 by impolite: we do not say bad here');
    expect(await post('worst of all')).toBe(201);
    expect(await post('worsening, badminton')).toBe('403 by impolite: we do not say worse* here');
    const { answer } = await flowing.ask('/api/rooms/lobby/messages/x', { method: 'PATCH', body: { text: 'bad' } });
    expect(answer).toMatchObject({ status: 403, detail: 'we do not say bad here' });
  });

  it('tells the time, once for each who asks', async () => {
    await flowing.publish(withExample('A bot that tells the time'));
    expect([await post('!TIME', { room: 'clock' }), await post('no !time', { room: 'clock' })]).toEqual([201, 201]);
    await until(() => flowing.pushed.length >= 3);
    const all = await read('clock');
    expect(all.map(each => each.replace(/\d.*Z/, 'AT')).sort()).toEqual([
      'ann: !TIME',
      'ann: no !time',
      'clock: ann, it is AT',
    ]);
    expect([flowing.failures, flowing.gate.counts.orphaned]).toEqual([[], 0]);
  });

  it('helps who asks, and tells nobody else', async () => {
    await flowing.publish(withExample('Help that only who asks sees'));
    const asked = { method: 'POST', body: { author: 'ann', text: '!help' } };
    const { answer } = await flowing.ask('/api/rooms/quiet/messages', asked);
    expect(answer).toMatchObject({
      ...{ status: 200, body: '{"answer":{"author":"helper","text":"Be kind, ann, and ask whatever you like."}}' },
    });
    expect(await post('thanks', { room: 'quiet' })).toBe(201);
    expect(await read('quiet')).toEqual(['ann: thanks']);
    expect([flowing.pushed.length, flowing.failures]).toEqual([1, []]);
  });

  it('keeps a room read-only but for moderators', async () => {
    await flowing.publish(withExample('A read-only room'));
    expect(await post('hi', { room: 'news' })).toBe('403 by readonly: news is read-only');
    expect(await post('hi', { room: 'news', who: someone({ role: 'moderator' }) })).toBe(201);
    expect(await post('hi', { room: 'newsroom' })).toBe(201);
  });

  it('slows authors down in each room', async () => {
    await flowing.publish(withExample('Slow mode'));
    const from = 'slow';
    expect([await post('1', { from }), await post('2', { from, room: 'other' })]).toEqual([201, 201]);
    expect(await post('3', { from })).toMatch(/^429 by wait: slow mode: write again in (30|29) s$/);
  });

  it('mutes whom a moderator mutes', async () => {
    await flowing.publish(withExample('Muting'));
    const who = someone({ role: 'moderator' });
    expect(await post('/mute ann')).toBe(201);
    expect(await post('hi', { room: 'mute' })).toBe(201);
    expect(await post('/mute ann', { who })).toBe('403 by silence: ann is muted for ten minutes');
    expect(await post('hi', { room: 'mute' })).toBe('403 by silence: ann is muted for ten minutes');
    expect(await post('hi', { room: 'mute', body: { author: 'bob', text: 'hi' } })).toBe(201);
    expect(await read('mute')).toEqual(['ann: hi', 'bob: hi']);
  });

  it('answers at an endpoint', async () => {
    await flowing.publish(withExample('An endpoint'));
    const { answer } = await flowing.ask('/api/hello', { query: { name: '"ann"' } });
    expect(answer).toMatchObject({ status: 200, body: '{"hello":"\\"ann\\""}', type: 'application/json' });
    expect((await flowing.ask('/api/hello', { method: 'POST' })).answer.status).toBe(404);
  });
});

describe('a bot', () => {
  const hears = (id: string, bots: string, more = '') =>
    `storage ADDED -> IN hears${id}(chat/Match) MATCH -> IN bot${id}(chat/Say) OUT -> IN check
'*' -> PATTERN hears${id}
'${bots}' -> BOTS hears${id}
'${id}' -> AUTHOR bot${id}
'{{message.text}}${id}' -> TEXT bot${id}
${more}`;

  it('does not answer itself, nor another one', async () => {
    await flowing.publish(`${CHAT}\n${hears('a', 'false')}${hears('b', 'false')}`);
    await post('x', { room: 'quiet' });
    await until(() => flowing.pushed.length >= 3);
    expect((await read('quiet')).toSorted()).toEqual(['a: xa', 'ann: x', 'b: xb']);
  });

  it('that is told to answer bots ends after three', async () => {
    await flowing.publish(`${CHAT}\n${hears('a', 'true')}`);
    expect(await post('x', { room: 'loud' })).toBe(201);
    await until(
      () => flowing.failures.length > 0,
      () => flowing.pushed.length,
    );
    expect(await read('loud')).toEqual(['ann: x', 'a: xa', 'a: xaa', 'a: xaaa']);
    expect(flowing.failures).toEqual([expect.stringMatching(/^bota: 3 bots have answered one another/)]);
    expect(await post('y', { room: 'other' })).toBe(201);
  });

  it('whose post is refused is told of it, and nobody else', async () => {
    await flowing.publish(`${CHAT.replace("'4000' -> MAXTEXT", "'3' -> MAXTEXT")}\n${hears('a', 'false')}`);
    expect(await post('xyz', { room: 'short' })).toBe(201);
    await until(() => flowing.failures.length > 0);
    expect(flowing.failures).toEqual(['bota: what it did was refused with 422: text has 4 characters; 3 is the most']);
    expect(await read('short')).toEqual(['ann: xyz']);
    expect(flowing.gate.counts.orphaned).toBe(0);
  });
});
