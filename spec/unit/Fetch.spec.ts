import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getComponent, headerTemplates } from '../../components/Fetch.ts';
import { setOutbound } from '../../src/behaviour/outbound.ts';
import { setSecrets } from '../../src/behaviour/secrets.ts';
import { urlTemplate } from '../../src/behaviour/url-template.ts';
import { flaws, NodeHarness, post } from '../support/node.ts';

let server: Server;
let url: string;
const data = mkdtempSync(join(tmpdir(), 'fetch-'));

/** Answers what it was asked, as JSON; `/text` a text, `/broken` no JSON. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method, url: path, headers } = request;
    let body = '';
    for await (const chunk of request) body += chunk;
    if (path === '/text') return response.end(`told ${headers.authorization}`);
    response.setHeader('content-type', 'application/json');
    response.writeHead(path === '/teapot' ? 418 : 200);
    response.end(path === '/broken' ? '{' : JSON.stringify({ method, path, headers, body }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  setOutbound(['127.0.0.1']);
  setSecrets(data, { 'weather-key': 'sesame+1' });
});
afterAll(() => {
  server.close();
  setOutbound([]);
  rmSync(data, { recursive: true });
});

interface Answered {
  readonly response: {
    readonly status: number;
    readonly body: {
      readonly method: string;
      readonly path: string;
      readonly headers: IncomingHttpHeaders;
      readonly body: string;
    };
  };
}

const fetching = async (settings: object, packet = post()) => {
  const node = await NodeHarness.start(getComponent(), { url: `${url}/`, ...settings });
  return (await node.ask('in', packet)) as Answered;
};

describe('Fetch', () => {
  it('sends the packet on with what was answered', async () => {
    const got = await fetching({ url: `${url}/weather?place={{text}}` }, post({ text: 'a b&c=/?' }));
    expect(got).toMatchObject({ ...post({ text: 'a b&c=/?' }), response: { status: 200 } });
    expect(got.response.body).toMatchObject({ method: 'GET', path: '/weather?place=a%20b%26c%3D%2F%3F' });
    expect(flaws(got)).toEqual([]);
  });

  it('sends a body in which templates are filled', async () => {
    const { response } = await fetching({ method: 'POST', body: '{"said": "{{text}}"}', headers: 'X-Room: {{room}}' });
    const { method, body, headers } = response.body;
    expect([method, body, headers['x-room'], headers['content-type']]).toEqual([
      'POST',
      '{"said":"hi"}',
      'lobby',
      'application/json',
    ]);
  });

  it('proves who asks by a secret that is in no packet, even where it is repeated', async () => {
    const { response } = await fetching({ url: `${url}/text`, secret: 'weather-key' });
    expect(response.body).toBe('told Bearer …');
    const own = await fetching({ secret: 'weather-key', headers: 'X-Key: {{secret}}' });
    expect([own.response.body.headers['x-key'], own.response.body.headers.authorization]).toEqual(['…', undefined]);
  });

  it.each([
    ['/teapot', { status: 418 }],
    ['/broken', { status: 200, body: '{' }],
  ])('leaves it to the graph what an answer means: %s', async (path, expected) => {
    expect((await fetching({ url: url + path })).response).toMatchObject(expected);
  });

  it('refuses where there is no answer', async () => {
    const node = await NodeHarness.start(getComponent(), { url: 'http://localhost:9/', timeout: '1 s' });
    expect(await node.ask('in', post(), 'failed')).toMatchObject({ id: 'q1', status: 502, code: 'fetch-failed' });
  });

  it.each([
    ['url', 'http://[::1]/', 'URL: [::1] is not on the public internet'],
    ['url', 'http://169.254.169.254/latest', 'URL: 169.254.169.254 is not on the public internet'],
    ['url', 'https://{{room}}.example/', 'URL begins with a fixed place'],
    ['url', '{{text}}', 'URL begins with a fixed place'],
    ['url', 'https://a.example@{{text}}/', 'URL begins with a fixed place'],
    ['url', 'https://a.example{{text}}/', 'URL begins with a fixed place'],
    ['url', 'https://a.example/{{#a}}', 'template'],
    ['headers', 'Host: a.example', "HEADERS can't have Host"],
    ['headers', 'no header', 'HEADERS has a header on each line'],
    ['headers', 'Authorization: Bearer abc', 'name it at SECRET'],
    ['secret', 'missing', 'SECRET: there is no secret missing'],
    ['secret', 'sk_live_1', 'takes the name of a secret'],
    ['timeout', '2 min', 'TIMEOUT is 1 min at most'],
    ['timeout', 'soon', 'TIMEOUT must be a time'],
    ['body', '{{#a}}', 'template'],
  ])('does not start with %s %j', async (port, value, sentence) => {
    const settings = { url: `${url}/`, method: 'POST', [port]: value };
    await expect(NodeHarness.start(getComponent(), settings)).rejects.toThrow(sentence);
  });

  it('reads what it is given', () => {
    expect(urlTemplate('https://a.example?q={{text}}')({ text: '#' })).toBe('https://a.example?q=%23');
    expect(
      headerTemplates('A: b: c\n\nX-D:{{text}}').map(([name, value]) => `${name}=${value({ text: 'x' })}`),
    ).toEqual(['A=b: c', 'X-D=x']);
  });
});
