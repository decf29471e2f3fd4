import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isPublic, Outbound, type OutboundRequest } from '../../src/behaviour/outbound.ts';
import { IsolatedStores } from '../../src/store/open.ts';
import { until } from '../support/chat.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let port: number;
let answer: Answer;
/** What the server was asked, as `METHOD path`, with the headers and bodies. */
let asked: { what: string; headers: IncomingMessage['headers']; body: string }[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ what: `${request.method} ${request.url}`, headers: request.headers, body });
    answer(request, response, body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
beforeEach(() => {
  asked = [];
  answer = (_, response) => response.end('hi');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Names that lead to this machine, or inside. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'hooks.local': ['127.0.0.1'],
  'other.local': ['127.0.0.1'],
  'inside.example': ['10.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'both.example': ['93.184.216.34', '127.0.0.1'],
  'none.example': [],
};
const resolve = async (host: string) => {
  const all = NAMES[host];
  if (!all) throw Object.assign(new Error('queryA'), { code: 'ENOTFOUND' });
  return all.map(address => ({ address, family: address.includes(':') ? 6 : 4 }));
};
const outbound = (allowed = ['hooks.local'], by = resolve) => new Outbound(allowed, by);
const at = (host = 'hooks.local', path = '/') => `http://${host}:${port}${path}`;
const request = (given: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url: at(),
  method: 'GET',
  headers: {},
  timeout: 5000,
  follows: true,
  ...given,
});
const asks = (given: Partial<OutboundRequest> = {}, by = outbound()) => by.ask(request(given));

describe('an address', () => {
  it.each(['8.8.8.8', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    'is public: %s',
    address => expect(isPublic(address)).toBe(true),
  );

  it.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '100.64.0.1', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.168.1.1', '192.0.0.8', '192.0.2.1', '198.18.0.1', '203.0.113.9', '224.0.0.1'],
    ...['255.255.255.255', '240.0.0.1', '::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::7f00:1'],
    ...['64:ff9b::7f00:1', '64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1'],
    ...['fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', 'nonsense', ''],
  ])('is not: %s', address => expect(isPublic(address)).toBe(false));
});

describe('a URL', () => {
  it.each([
    ...['127.0.0.1', '127.1', '0x7f.1', '2130706433', '0177.0.0.1', '0', '[::1]', '[::ffff:127.0.0.1]', '127.0.0.1.'],
    ...['169.254.169.254', '[fe80::1]', '[64:ff9b::a9fe:a9fe]', '１２７.0.0.1'],
  ])('with an address inside is refused before anything is asked: %s', host => {
    expect(() => outbound().read(`http://${host}/`)).toThrow('is not on the public internet; if it is meant, name it');
  });

  it.each(['ftp://a.example', 'file:///etc/passwd', 'a.example', '', 'javascript:1', 'http://'])(
    'that is none is refused: %j',
    url => expect(() => outbound().read(url)).toThrow('this is no URL'),
  );

  it('has no password in it', () => {
    expect(() => outbound().read('https://ann:sesame@a.example')).toThrow(/^a URL has no name and password in it/);
  });
});

describe('a request to another server', () => {
  it('goes to what OUTBOUND names, by name, address or network', async () => {
    for (const allowed of ['hooks.local', '127.0.0.1', '127.0.0.0/8'])
      expect(await asks({}, outbound([allowed]))).toMatchObject({ status: 200, text: 'hi' });
    expect(await asks({ url: at('127.0.0.1') }, outbound(['127.0.0.0/8']))).toMatchObject({ text: 'hi' });
    expect(
      await asks(
        { url: at('hooks.local.') },
        outbound(['hooks.local'], async () => resolve('hooks.local')),
      ),
    ).toMatchObject({ status: 200 });
    await expect(asks({ url: at('other.local') })).rejects.toThrow('other.local');
  });

  it.each(['inside.example', 'metadata.example', 'both.example', 'other.local'])(
    'is not sent to a name that leads inside: %s',
    async host => {
      await expect(asks({ url: at(host) })).rejects.toThrow(
        `${host}:${port} is not on the public internet; if it is meant, name it in the setting OUTBOUND`,
      );
      expect(asked).toEqual([]);
    },
  );

  it('resolves a name once, and connects to the address that was checked', async () => {
    const answers = ['127.0.0.1', '127.0.0.2'];
    let count = 0;
    const changing = async () => [{ address: answers[count++]!, family: 4 }];
    expect(await asks({ url: at('rebind.example') }, outbound(['127.0.0.1'], changing))).toMatchObject({ status: 200 });
    expect(count).toBe(1);
    await expect(asks({ url: at('rebind.example') }, outbound(['127.0.0.1'], changing))).rejects.toThrow('public');
  });

  it('sends its body and headers, and asks for a plain answer', async () => {
    await asks({ method: 'POST', body: 'grüße', headers: { 'x-a': '1' } });
    expect(asked).toEqual([
      {
        what: 'POST /',
        headers: expect.objectContaining({ 'x-a': '1', 'content-length': '7', 'accept-encoding': 'identity' }),
        body: 'grüße',
      },
    ]);
  });

  it('follows three redirects, and no more', async () => {
    answer = ({ url }, response) => {
      const left = Number(url!.slice(1));
      response.writeHead(left > 0 ? 302 : 200, left > 0 ? { location: `/${left - 1}` } : {}).end('there');
    };
    expect(await asks({ url: at('hooks.local', '/3') })).toMatchObject({ status: 200, text: 'there' });
    await expect(asks({ url: at('hooks.local', '/4') })).rejects.toThrow('leads on more than 3 times');
    expect(await asks({ url: at('hooks.local', '/3'), follows: false })).toMatchObject({ status: 302 });
  });

  it.each([
    ...['http://127.0.0.1:1/', 'http://169.254.169.254/latest', 'http://inside.example/', '//both.example/'],
    ...['file:///etc/passwd', 'http://a:b@hooks.local/'],
  ])('is not led on to %s', async location => {
    answer = (_, response) => response.writeHead(307, { location }).end();
    await expect(asks()).rejects.toThrow(/not on the public internet|no URL|no name and password/);
    expect(asked).toHaveLength(1);
  });

  it('takes what proves who asks to no other place, and a body only where it is asked for again', async () => {
    const by = outbound(['hooks.local', 'other.local']);
    const given = { method: 'POST', body: '{}', headers: { authorization: 'Bearer s', 'x-key': 's', accept: '*/*' } };
    for (const [status, method] of [
      [307, 'POST'],
      [303, 'GET'],
      [302, 'GET'],
    ] as const) {
      answer = ({ url }, response) => {
        if (url === '/') response.writeHead(status, { location: at('other.local', '/on') }).end();
        else response.end('there');
      };
      asked = [];
      expect(await asks(given, by)).toMatchObject({ text: 'there' });
      const { what, headers, body } = asked[1]!;
      expect([what, body, headers.authorization, headers['x-key']]).toEqual([
        `${method} /on`,
        method === 'POST' ? '{}' : '',
        undefined,
        undefined,
      ]);
    }
  });

  it('ends with a server that sends for ever', async () => {
    let open = false;
    answer = (_, response) => {
      open = true;
      response.on('close', () => {
        open = false;
      });
      const more = () => !response.destroyed && response.write('x'.repeat(16_384), () => setImmediate(more));
      more();
    };
    await expect(asks()).rejects.toThrow(`hooks.local:${port} answers with more than 64 KiB`);
    await until(() => !open);
  });

  it.each([
    ['never answers', () => {}],
    ['begins and never ends', (_, response) => void response.write('x')],
  ] satisfies [string, Answer][])('ends with a server that %s', async (_, silent) => {
    answer = silent;
    await expect(asks({ timeout: 50 })).rejects.toThrow(`hooks.local:${port} gave no answer within 0.05 s`);
  });

  it('ends where a name is never resolved', async () => {
    const never = () => new Promise<never>(() => {});
    await expect(asks({ timeout: 20 }, outbound([], never))).rejects.toThrow('gave no answer within 0.02 s');
  });

  it('says what else is wrong', async () => {
    await expect(asks({ url: at('gone.example') })).rejects.toThrow(`the name gone.example:${port} is not known`);
    await expect(asks({ url: at('none.example') })).rejects.toThrow('has no address');
    await expect(asks({ url: 'http://hooks.local:1/' })).rejects.toThrow("hooks.local:1 can't be asked (ECONNREFUSED)");
    await expect(asks({ url: `https://hooks.local:${port}/` })).rejects.toThrow("can't be asked");
    await expect(asks({ headers: { 'x-a': 'a\nb' } })).rejects.toThrow("can't be asked (ERR_INVALID_CHAR)");
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    await expect(asks()).rejects.toThrow('compressed');
  });

  it('of a test or a try only reads', async () => {
    const stores = new IsolatedStores();
    expect(await stores.run(() => asks())).toMatchObject({ status: 200 });
    await expect(stores.run(() => asks({ method: 'POST' }))).rejects.toThrow('a test or a try sends nothing');
  });

  it('waits for its turn while many are under way, and one host does not hold up the others', async () => {
    const held: ServerResponse[] = [];
    answer = ({ headers }, response) => {
      if (headers.host!.startsWith('hooks')) held.push(response);
      else response.end('other');
    };
    const by = outbound(['hooks.local', 'other.local']);
    const slow = Array.from({ length: 20 }, () => asks({}, by));
    await until(() => held.length === 8);
    expect(await asks({ url: at('other.local') }, by)).toMatchObject({ text: 'other' });
    await expect(asks({ timeout: 20 }, by)).rejects.toThrow('gave no answer within 0.02 s');
    expect(held).toHaveLength(8);
    for (let count = 0; count < 20; count++) {
      await until(() => held.length > count);
      held[count]!.end('slow');
    }
    expect((await Promise.all(slow)).map(({ text }) => text)).toEqual(Array(20).fill('slow'));
  });
});
