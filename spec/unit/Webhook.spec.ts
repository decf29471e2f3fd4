import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deliveryOf, getComponent } from '../../components/Webhook.ts';
import { closeBehaviourDatabase, setBehaviourDatabase } from '../../src/behaviour/database.ts';
import { setOutbound } from '../../src/behaviour/outbound.ts';
import { closeOutbox, outbox } from '../../src/behaviour/outbox.ts';
import { setSecrets } from '../../src/behaviour/secrets.ts';
import { signedBody, verifiedBy } from '../../src/behaviour/signature.ts';
import { bot } from '../../src/model/who.ts';
import { IsolatedStores } from '../../src/store/open.ts';
import { until } from '../support/chat.ts';
import { flaws, frozen, NodeHarness, post } from '../support/node.ts';

interface Got {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let url: string;
let data: string;
const got: Got[] = [];
/** What the server answers next; 200 in the end. */
const statuses: number[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    got.push({ path: request.url, headers: request.headers, body });
    response.writeHead(statuses.shift() ?? 200).end('thanks');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  setOutbound(['127.0.0.1']);
});
afterAll(() => {
  server.close();
  setOutbound([]);
});
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'webhook-'));
  setSecrets(data, { hook: 'sesame', discord: '123/ab_c' });
  setBehaviourDatabase(data, () => {});
});
afterEach(async () => {
  await closeOutbox(5000);
  closeBehaviourDatabase();
  rmSync(data, { recursive: true });
  got.length = 0;
  statuses.length = 0;
});

const start = (settings: object = {}, wired?: readonly string[]) =>
  NodeHarness.start(getComponent(), { url: `${url}/hook`, ...settings }, wired && { wired });

const AT = '2026-11-29T08:00:00.000Z';
/** A message as Storage tells of it. */
const added = (text: string, given: object = {}) =>
  frozen({
    ...{ kind: 'message', room: 'lobby', seq: 1, id: 'm1', by: 'ann', at: AT, cursor: 'e:1' },
    who: { kind: 'guest', id: 'g', name: '', role: 'guest' },
    message: { id: 'm1', room: 'lobby', author: 'ann', text },
    ...given,
  });

describe('Webhook', () => {
  it('delivers what was kept, signed by Standard Webhooks, and sends it on', async () => {
    const node = await start({ secret: 'hook' });
    const sent = await node.ask('in', added('hi'), 'sent');
    expect(sent).toEqual({ ...added('hi'), delivered: 200 });
    expect(flaws(sent)).toEqual([]);
    const [{ headers, body, path }] = got as [Got];
    expect([path, headers['content-type'], headers['flowchat-hops']]).toEqual(['/hook', 'application/json', '1']);
    expect(verifiedBy('standard', signedBody(body, headers), 'sesame', Date.now())).toMatchObject({ hops: 1 });
    const { message, cursor } = added('hi');
    expect(JSON.parse(body)).toEqual({
      type: 'message',
      timestamp: AT,
      data: { kind: 'message', room: 'lobby', seq: 1, by: 'ann', message, cursor },
    });
    await node.stop();
  });

  it('keeps the order, and goes on after a failure', async () => {
    statuses.push(422);
    const node = await start({ body: '{"text": "{{message.text}}"}' });
    for (const text of ['1', '2', '3']) node.send('in', added(text));
    expect(await node.next('failed')).toMatchObject({ status: 502, code: 'fetch-failed' });
    await until(() => got.length === 3);
    expect(got.map(({ body }) => JSON.parse(body).text)).toEqual(['1', '2', '3']);
    await node.stop();
  });

  it('puts a secret into its URL only as it is sent', async () => {
    const node = await start({ url: `${url}/{{room}}/{{secret}}`, secret: 'discord', body: 'x' });
    await node.ask('in', added('hi', { room: '{{secret}}' }), 'sent');
    const [{ path, headers }] = got as [Got];
    expect(path).toBe('/%7B%7Bsecret%7D%7D/123/ab_c');
    expect(headers['webhook-signature']).toBeUndefined();
    await node.stop();
  });

  it('leaves out what bots say, unless told, and counts how many answered', () => {
    const settings = { url: () => url, secret: undefined, retries: 1, body: { type: 'text/plain', write: () => 'x' } };
    const byBot = added('x', { who: bot('b', 'b') });
    expect(deliveryOf(byBot, 'hook', { ...settings, bots: false })).toBeUndefined();
    expect(deliveryOf(byBot, 'hook', { ...settings, bots: true })).toMatchObject({ hops: 2, about: 'm1' });
    // Somebody waits for an answer to this one.
    const asked = post({ who: bot('b', 'b') });
    expect(deliveryOf(asked, 'hook', { ...settings, bots: false })).toMatchObject({ hops: 2 });
  });

  it('leaves out what another process has kept', () => {
    const settings = {
      url: () => url,
      secret: undefined,
      retries: 1,
      body: { type: 'a', write: () => 'x' },
      bots: true,
    };
    expect(deliveryOf(added('x', { who: undefined }), 'hook', settings)).toBeUndefined();
    expect(deliveryOf(added('', { who: undefined, kind: 'remove' }), 'hook', settings)).toBeDefined();
  });

  it('needs no wires behind it', async () => {
    const node = await start({}, []);
    node.send('in', added('hi'));
    await until(() => got.length === 1);
    await until(() => outbox().counts().waiting === 0);
    await node.stop();
  });

  it('sends nothing in a test or a try', async () => {
    await new IsolatedStores().run(async () => {
      const node = await start();
      const failed = (await node.ask('in', added('hi'), 'failed')) as { detail: string };
      expect(failed.detail).toBe('a test or a try sends nothing to other servers; publish the graph for that');
      await node.stop();
    });
    expect(got).toEqual([]);
  });

  it.each([
    [{ body: '{{message.text}}{{message.text}}' }, 'BODY made more than 64 KiB; send less'],
    [{ url: `https://hooks.example/{{secret}}` }, 'URL has {{secret}}; name it at SECRET'],
  ])('refuses what it can not deliver: %j', async (settings, sentence) => {
    const node = await start(settings);
    const failed = (await node.ask('in', added('ä'.repeat(20_000)), 'failed')) as { detail: string };
    expect(failed.detail).toBe(sentence);
    await node.stop();
  });

  it.each([
    ['url', 'http://[::1]/', 'URL: [::1] is not on the public internet'],
    ['url', 'http://169.254.169.254/', 'URL: 169.254.169.254 is not on the public internet'],
    ['url', 'https://{{secret}}.example/', 'URL begins with a fixed place'],
    ['secret', 'whsec_abc', 'takes the name of a secret'],
    ['retries', '31', 'RETRIES must be a whole number from 0 to 30'],
    ['retries', 'many', 'RETRIES must be a whole number'],
    ['body', '{{#a}}', 'template'],
  ])('does not start with %s %j', async (port, value, sentence) => {
    await expect(start({ [port]: value })).rejects.toThrow(sentence);
  });
});
