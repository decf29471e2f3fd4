import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphDocument } from '../../src/fbp/document.ts';
import { Chat, until } from '../support/chat.ts';
import { withExample } from '../support/examples.ts';

// Webhooks by HTTP, in and out, in the chat with the examples of docs/behaviours.md.

const SECRET = 'sesame';

let chat: Chat;
beforeAll(async () => {
  chat = await Chat.start({}, { SECRET_GITHUB_HOOK: SECRET });
  await chat.runtime.publish(new GraphDocument('graphs/chat.fbp', withExample('A webhook of GitHub')));
});
afterAll(() => chat.stop());

const BODY = '{"pusher": {"name": "ann"},\n "repository": {"full_name": "tea/pot"}}';
const sign = (body: string) => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;

/** What the server answers to a webhook. */
async function sent(body: string, headers: Readonly<Record<string, string>>) {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body };
  const response = await fetch(`${chat.origin}/api/hooks/github`, init);
  return `${response.status} ${await response.text()}`;
}

async function read(room: string): Promise<readonly string[]> {
  const response = await fetch(`${chat.origin}/api/rooms/${room}/messages`);
  const { messages } = (await response.json()) as { messages: { author: string; text: string }[] };
  return messages.map(({ author, text }) => `${author}: ${text}`);
}

describe('a webhook of another server', () => {
  it('is told once, as it is signed by its raw body', async () => {
    const headers = { 'X-Hub-Signature-256': sign(BODY), 'X-GitHub-Delivery': 'd1' };
    expect(await sent(BODY, headers)).toBe('200 {"ok":true}');
    expect(await sent(BODY, headers)).toBe('200 {"ok":true}');
    await until(async () => (await read('dev')).length > 0);
    expect(await read('dev')).toEqual(['github: ann pushed to tea/pot']);
  });

  it.each([
    ['is not signed', {}, 'there is no X-Hub-Signature-256; sign what you send'],
    ['is signed by somebody else', { 'X-Hub-Signature-256': sign('{}') }, 'is not by this secret'],
  ])('is refused where it %s', async (_, headers, sentence) => {
    const answer = await sent(BODY, headers as Readonly<Record<string, string>>);
    expect(answer).toMatch(/^401 .*"code":"signature-invalid"/);
    expect(answer).toContain(sentence);
  });
});
