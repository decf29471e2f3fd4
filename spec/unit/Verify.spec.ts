import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getComponent } from '../../components/Verify.ts';
import { setSecrets } from '../../src/behaviour/secrets.ts';
import { signature, signedBody } from '../../src/behaviour/signature.ts';
import { flaws, NodeHarness, question } from '../support/node.ts';

const data = mkdtempSync(join(tmpdir(), 'verify-'));
const SECRET = 'sesame';
const KEY = 'c2VzYW1lIG9wZW4gc2VzYW1lIQ==';
beforeAll(() => setSecrets(data, { hook: SECRET, standard: `whsec_${KEY}` }));
afterAll(() => rmSync(data, { recursive: true }));

const RAW = '{"text": "Grüße"}';
const now = () => Math.floor(Date.now() / 1000);
const hmac = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex');

const asked = (headers: Readonly<Record<string, string>>, raw = RAW) =>
  question({ method: 'POST', path: '/hook', body: { text: 'Grüße' }, signed: signedBody(raw, headers) });

/** What leaves, by which port. */
async function verify(scheme: string, packet: ReturnType<typeof question>, secret = 'hook') {
  const node = await NodeHarness.start(getComponent(), { secret, scheme });
  node.send('in', packet);
  const [port = ''] = node.left;
  const left = (await node.next(port)) as { readonly detail?: string };
  expect(flaws(left)).toEqual([]);
  return port === 'out' ? left : left.detail;
}

/** Headers by Standard Webhooks, made here as its specification says. */
function standard(time = now(), id = 'msg_1', key = Buffer.from(KEY, 'base64'), raw = RAW) {
  const made = createHmac('sha256', key).update(`${id}.${time}.${raw}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': `v1,${made}` };
}

describe('Verify', () => {
  it('lets a question by Standard Webhooks pass, with what is known of its sender in place of its signature', async () => {
    const { signed, ...known } = asked(standard());
    expect(await verify('standard', asked(standard()), 'standard')).toEqual({
      ...known,
      verified: { id: 'msg_1', hops: 1 },
    });
    expect(signed?.raw).toBe(RAW);
  });

  it('takes one of several signatures, as there are while a secret changes, and a secret that is a text', async () => {
    const headers = standard();
    const two = { ...headers, 'webhook-signature': `v1,bm8= ${headers['webhook-signature']}` };
    expect(await verify('standard', asked(two), 'standard')).toMatchObject({ verified: { id: 'msg_1' } });
    expect(await verify('standard', asked(standard(now(), 'a', Buffer.from(SECRET))))).toMatchObject({ id: 'q1' });
  });

  it('signs as it verifies', () => {
    const { 'webhook-signature': made } = standard(1_700_000_000);
    expect(signature(`whsec_${KEY}`, 'msg_1', 1_700_000_000, RAW)).toBe(made);
  });

  it('lets pass what GitHub, Slack and a token prove', async () => {
    const github = { 'x-hub-signature-256': `sha256=${hmac(RAW)}`, 'x-github-delivery': 'd1' };
    expect(await verify('github', asked(github))).toMatchObject({ verified: { id: 'd1', hops: 1 } });
    const time = String(now());
    const slack = { 'x-slack-signature': `v0=${hmac(`v0:${time}:${RAW}`)}`, 'x-slack-request-timestamp': time };
    expect(await verify('slack', asked(slack))).toMatchObject({ verified: { hops: 1 } });
    for (const header of [{ 'x-gitlab-token': SECRET }, { authorization: `Bearer ${SECRET}` }])
      expect(await verify('token', asked(header))).toMatchObject({ verified: { hops: 1 } });
  });

  it('refuses what three bots have answered already', async () => {
    const headers = { ...standard(), 'flowchat-hops': '3' };
    expect(await verify('standard', asked(headers), 'standard')).toMatch(/^3 bots have answered one another; it ends/);
  });

  it('has no token in a packet', () => {
    const told = JSON.stringify(asked({ authorization: `Bearer ${SECRET}`, cookie: 'c', 'x-webhook-token': SECRET }));
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain('cookie');
  });

  it('knows how many bots have answered one another, as another server says', async () => {
    const headers = { ...standard(), 'flowchat-hops': '2' };
    expect(await verify('standard', asked(headers), 'standard')).toMatchObject({ verified: { hops: 2 } });
  });

  const WRONG = /is not by this secret; look at the secret of both sides$/;
  it.each([
    ['standard', 'another body', asked(standard(), '{}'), WRONG],
    ['standard', 'another secret', asked(standard(now(), 'a', Buffer.from('no'))), WRONG],
    ['standard', 'an old time', asked(standard(now() - 400)), /webhook-timestamp is more than 5 minutes away/],
    ['standard', 'a time to come', asked(standard(now() + 400)), /webhook-timestamp is more than 5 minutes away/],
    ['standard', 'no time', asked({ ...standard(), 'webhook-timestamp': '' }), /no webhook-timestamp in seconds/],
    ['standard', 'no id', asked({ 'webhook-signature': 'v1,x' }), /^there is no webhook-id$/],
    ['standard', 'the signature of GitHub', asked({ 'x-hub-signature-256': 'x' }), /no webhook-signature; sign/],
    ['github', 'another body', asked({ 'x-hub-signature-256': `sha256=${hmac(RAW)}` }, `${RAW} `), WRONG],
    ['github', 'a signature that is none', asked({ 'x-hub-signature-256': '' }), WRONG],
    ['slack', 'no time', asked({ 'x-slack-signature': `v0=${hmac(`v0::${RAW}`)}` }), /no X-Slack-Request-Timestamp/],
    ['token', 'another token', asked({ 'x-gitlab-token': 'sesam' }), WRONG],
    [
      'token',
      'no signature',
      question(),
      /^there is no token in X-Gitlab-Token, .* or a path such as .hooks.TOKEN; sign/,
    ],
  ])('refuses by %s: %s', async (scheme, _, packet, sentence) => {
    expect(await verify(scheme, packet)).toMatch(sentence);
  });

  it('does not start with a secret that is not there', async () => {
    await expect(NodeHarness.start(getComponent(), { secret: 'gone' })).rejects.toThrow('there is no secret gone');
  });
});
