import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Flowing } from '../support/flowing.ts';
import { CHAT } from '../support/graphs.ts';
import { ROOT } from '../support/source.ts';

// What a graph sets wrongly for behaviour without code, or what it meets, in the chat as it runs.

let flowing: Flowing;
beforeAll(async () => {
  flowing = new Flowing(ROOT);
  await flowing.publish(CHAT);
});
afterAll(() => flowing.runtime.stop());

/** What comes back for a post; the time in which it does. */
async function post(text: string, room = 'lobby') {
  const { answer, node } = await flowing.ask(`/api/rooms/${room}/messages`, {
    method: 'POST',
    body: { author: 'ann', text },
  });
  return 'detail' in answer ? `${answer.status} by ${node}: ${answer.detail}` : answer.status;
}

/** The chat with a node that its messages come to. */
const beside = (component: string, settings: Readonly<Record<string, string>>, port = 'IN') =>
  [
    CHAT.trimEnd(),
    component === 'Schedule' ? 'odd(chat/Schedule)' : `storage ADDED -> ${port} odd(chat/${component})`,
    ...Object.entries(settings).map(([name, value]) => `'${value}' -> ${name} odd`),
    '',
  ].join('\n');
/** The chat with a node in the way of posts. */
const between = (component: string, settings: Readonly<Record<string, string>>, out: string, other: string) =>
  [
    CHAT.replace(
      'router SEND -> IN sender(chat/SendController) OUT -> IN check',
      `router SEND -> IN sender(chat/SendController) OUT -> IN odd(chat/${component}) ${out} -> IN check`,
    ).trimEnd(),
    `odd ${other} -> IN refuse(chat/Refuse) OUT -> IN responder`,
    "'no' -> DETAIL refuse",
    ...Object.entries(settings).map(([name, value]) => `'${value}' -> ${name} odd`),
    '',
  ].join('\n');

describe('a setting that makes no sense', () => {
  it.each([
    ['Match', { PATTERN: '/(/' }, 'odd: PATTERN: "/(/" is no pattern'],
    ['Match', { PATTERN: '/(?=a)/' }, 'odd: PATTERN: "/(?=a)/" is no pattern'],
    ['Match', { PATTERN: `/(${'a{1,99}'.repeat(60)})/` }, 'odd: PATTERN'],
    ['If', { WHEN: '$length(' }, 'odd: WHEN is no JSONata expression'],
    ['Map', { EXPRESSION: '/(?=a)/' }, 'odd: EXPRESSION is no JSONata expression'],
    ['Words', { WORDS: ',' }, 'odd: WORDS has no word'],
    ['Words', { WORDS: 'bad, *' }, 'odd: WORDS: "*" has no letter to be found by'],
    ['Words', { WORDS: '💩' }, 'odd: WORDS: "💩" has no letter to be found by'],
    ['Words', { WORDS: 'b*d' }, 'odd: WORDS: "b*d" has a star within'],
    ['Words', { WORDS: 'w,'.repeat(100_001) }, 'odd: WORDS has more than 100,000 words'],
    ['Count', { MOST: 'many', WITHIN: '1 s' }, 'odd MOST takes int, not'],
    ['Count', { MOST: '1', WITHIN: '0 s' }, 'odd: WITHIN must be a time'],
    ['Set', { FIELDS: 'who: {"role": "owner"}' }, "odd: FIELDS: who is given by the server and can't be set"],
    ['Say', { TEXT: '{{#a}}' }, 'odd: this is no template'],
    ['Schedule', { EVERY: '0 s' }, 'odd: EVERY must be a time'],
    ['Schedule', { EVERY: '10 ms' }, 'odd: EVERY must be at least 1 s'],
    ['Schedule', { CRON: '* * 31 2 *' }, 'odd: CRON'],
    ['Delay', { SECONDS: '1e9' }, 'odd: SECONDS'],
    ['Fetch', { URL: 'http://127.0.0.1/' }, 'odd: URL: 127.0.0.1 is not on the public internet'],
    ['Webhook', { URL: 'http://[::1]/' }, 'odd: URL: [::1] is not on the public internet'],
    ['Webhook', { URL: 'http://169.254.169.254/latest/' }, 'odd: URL: 169.254.169.254 is not on the public internet'],
    ['Webhook', { URL: 'http://[::ffff:10.0.0.1]/' }, 'odd: URL: [::ffff:a00:1] is not on the public internet'],
    ['Webhook', { URL: 'ftp://example.org/' }, 'odd: URL begins with a fixed place'],
    ['Webhook', { URL: 'https://example.org/', SECRET: 'Not a name' }, 'odd: SECRET takes the name of a secret'],
    ['Webhook', { URL: 'https://example.org/', RETRIES: '-1' }, 'odd: RETRIES must be a whole number'],
    [
      'Verify',
      { SECRET: 'hook', SCHEME: 'md5' },
      "odd SCHEME takes 'standard', 'github', 'slack' or 'token', not 'md5'",
    ],
  ])('is a fault at its node, and the chat goes on: %s %j', async (component, settings, sentence) => {
    const port = 'IN';
    await expect(
      flowing.publish(beside(component, settings as Readonly<Record<string, string>>, port)),
    ).rejects.toThrow(sentence);
    expect(await post('hi')).toBe(201);
  });

  it.each([
    [{ FOR: 'soon' }, 'odd: FOR must be a time'],
    [{ STORE: '../../etc/passwd x' }, 'odd: STORE is a name'],
  ])('is a fault at its node, and the chat goes on: Keep %j', async (settings, sentence) => {
    await expect(flowing.publish(beside('Keep', settings as Readonly<Record<string, string>>, 'PUT'))).rejects.toThrow(
      sentence,
    );
    expect(await post('hi')).toBe(201);
  });
});

describe('what takes too long', () => {
  it.each([
    [
      'an expression that never ends',
      'If',
      { WHEN: '($f := function($x) {$f($x + 1)}; $f(1))' },
      'YES',
      'NO',
      /^500 by odd/,
    ],
    [
      'an expression that grows',
      'If',
      { WHEN: '$length($join([1..9999].($string($) & $pad("", 9000)))) > 0' },
      'YES',
      'NO',
      /^500 by odd/,
    ],
    [
      'an expression that recurses',
      'If',
      { WHEN: '($f := function($x) {1 + $f($x)}; $f(1))' },
      'YES',
      'NO',
      /^500 by odd/,
    ],
    ['a pattern that explodes elsewhere', 'Match', { PATTERN: '/(a+)+$/' }, 'ELSE', 'MATCH', /^201$/],
  ])('fails its question alone: %s', async (_, component, settings, out, other, expected) => {
    await flowing.publish(between(component, settings as Readonly<Record<string, string>>, out, other));
    expect(String(await post(`${'a'.repeat(3000)}!`))).toMatch(expected);
    expect((await flowing.ask('/api/rooms')).answer.status).toBe(200);
  });
});
