import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphDocument } from '../../src/fbp/document.ts';
import { Chat, until } from '../support/chat.ts';
import { Editor } from '../support/editor.ts';
import { withExample } from '../support/examples.ts';
import { CHAT } from '../support/graphs.ts';
import { chatText, pageComponents, withRecipes } from '../support/recipes.ts';

// Webhooks by HTTP, in and out, in the chat with the examples of docs/behaviours.md.

const SECRET = 'sesame';
const EDITOR_SECRET = 'open-the-editor';

let chat: Chat;
let editor: Editor;
beforeAll(async () => {
  const secrets = { SECRET_HOOK_TOKEN: SECRET, SECRET_GITHUB_HOOK: SECRET, SECRET_NEWS_HOOK: 'whsec_c2VzYW1l' };
  chat = await Chat.start({}, { ...secrets, OUTBOUND: '127.0.0.1', EDITOR_SECRET });
  editor = await Editor.connect(chat.origin, EDITOR_SECRET);
  await editor.ask('flowchat', 'open', {});
  await publish(withExample('A webhook of GitHub'));
});
afterAll(async () => {
  editor.leave();
  await chat.stop();
});

const publish = (text: string) => chat.runtime.publish(new GraphDocument('graphs/chat.fbp', text));

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

describe('what a program posts to Slack', () => {
  it('is told in the room by whoever knows the token in the path, which no packet has', async () => {
    await publish(chatText(withRecipes(await pageComponents(), ['slack'])));
    const tell = async (token: string, body: object) => {
      const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
      const response = await fetch(`${chat.origin}/hooks/${token}`, init);
      return `${response.status} ${response.headers.get('content-type')} ${await response.text()}`;
    };
    await editor.ask('flowchat', 'ways', { on: true });
    const before = (await read('lobby')).length;
    expect(await tell(SECRET, { text: 'deployed', username: 'ci' })).toBe('200 text/plain ok');
    expect(await tell(SECRET, { text: 'by nobody' })).toBe('200 text/plain ok');
    await until(async () => (await read('lobby')).length === before + 2);
    expect((await read('lobby')).slice(-2)).toEqual(['ci: deployed', 'bot: by nobody']);
    expect(await tell('another', { text: 'forged' })).toMatch(/^401 .*"code":"signature-invalid"/);
    const traces = JSON.stringify(await editor.ask('flowchat', 'ways', { on: true }));
    expect(traces).toContain('/hooks/*');
    expect(traces).not.toContain(SECRET);
  });
});

describe('a webhook to another server', () => {
  /** The chat that tells itself of its messages, bots' too, and posts what it is told. */
  const ECHO =
    () => `${CHAT.replace('admit(chat/Admit) OUT -> IN router', 'admit(chat/Admit) OUT -> IN hooks(chat/Route) ELSE -> IN router')}
'POST /api/hooks/echo' -> PATTERN hooks
hooks MATCH -> IN proven(chat/Verify) OUT -> IN echo(chat/Say) OUT -> IN check
proven REFUSED -> IN responder
proven OUT -> IN thanks(chat/Answer) OUT -> IN responder
'news-hook' -> SECRET proven
'{{body.data.message.room}}' -> ROOM echo
'echo' -> AUTHOR echo
'{{body.data.message.text}}!' -> TEXT echo
'ok' -> BODY thanks
storage ADDED -> IN hook(chat/Webhook)
'${chat.origin}/api/hooks/echo' -> URL hook
'news-hook' -> SECRET hook
'true' -> BOTS hook
`;

  it('is taken by another flowchat, and ends after three bots have answered one another', async () => {
    await publish(ECHO());
    await chat.post('loud', 'hi');
    let last: unknown;
    const outbox = async () => {
      const told = await editor.ask('flowchat', 'outbox');
      last = [told, editor.told('network:processerror')];
      return told;
    };
    const failed = () =>
      until(
        async () => (await outbox()).failed === 1,
        () => last,
      );
    await failed();
    expect(await read('loud')).toEqual(['ann: hi', 'echo: hi!']);
    const { deliveries } = (await outbox()) as { deliveries: { seq: number; why: string }[] };
    expect(deliveries).toMatchObject([{ node: 'hook', host: new URL(chat.origin).host, attempts: 1 }]);
    expect(deliveries[0]!.why).toMatch(/answers 508$/);

    // By hand it is tried again, and given up.
    await editor.ask('flowchat', 'retry', { deliveries: [deliveries[0]!.seq] });
    await failed();
    expect(await editor.ask('flowchat', 'giveup', { deliveries: [deliveries[0]!.seq] })).toEqual({
      waiting: 0,
      failed: 0,
      deliveries: [],
    });
    await expect(editor.ask('flowchat', 'giveup', { deliveries: [deliveries[0]!.seq] })).rejects.toThrow(
      'none of these deliveries is in the outbox any more; look at it again',
    );
  });
});
