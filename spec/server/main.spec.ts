import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type End, launch, launchServer, sweep } from '../support/launch.ts';
import { long } from '../support/long.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

const { path: place, remove } = folder();
const file = (name: string) => join(place, name);
const data = file('data');
/** Whatever is logged, nothing in it went wrong. */
const QUIET = expect.not.stringMatching(/error|fail|uncaught|\n\s+at /i);
const serving = (args: readonly string[] = [], env = {}) => launchServer(args, { DATA: data, ...env });

/** A graph whose answers take a second. */
const SLOW = `INPORT=router.IN:REQUEST
OUTPORT=responder.OUT:REPLY
router(chat/Router) SHOW -> IN controller(chat/Controller) OUT -> IN wait(core/RepeatDelayed)
wait OUT -> GET storage(chat/Storage) OUT -> IN responder(chat/Responder)
router MISSING -> IN responder
controller REFUSED -> IN responder
'1000' -> DELAY wait
'memory:' -> STORE storage
`;

/** What callers say who are not waited for: nothing, a request whose answer they have, the beginning of a header, of a body. */
const IDLE = [
  '',
  'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /chat HT',
  'POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{',
];

/** A connection by which somebody has said words, and stays. */
async function calling({ port, hostname }: URL, words: string): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  socket.resume().on('error', () => {});
  socket.write(words);
  await once(socket, 'connect');
  return socket;
}

afterEach(sweep);
afterAll(remove);

describe('flowchat', () => {
  describe('in a process that starts a server itself', () => {
    /** Modules, or parts of Node, that are loaded by the time that it is asked the first time, and after all. */
    let loaded: Readonly<Record<'fetch' | 'postgres' | 'postgresInTheEnd' | 'accounts', readonly string[]>>;

    beforeAll(async () => {
      const code = `import { createRequire, registerHooks } from 'node:module';
        const loaded = [];
        registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
        await import('./src/cli/start.ts');
        const fetched = process.moduleLoadList.filter(name => name.includes('undici'));
        const { serve } = await import('./src/serve.ts');
        const { readSettings } = await import('./src/settings.ts');
        const running = await serve(readSettings({ PORT: '0', DATA: ${JSON.stringify(file('lean'))}, LOG_LEVEL: 'silent' }, []));
        await fetch(running.url + 'chat', { method: 'POST', body: new URLSearchParams({ text: 'hi' }) });
        await (await fetch(running.url + 'api/about')).text();
        const { cache } = createRequire(import.meta.url);
        const ofPostgres = () => Object.keys(cache).filter(path => path.includes('node_modules/pg/'));
        const postgres = ofPostgres();
        const accounts = loaded.filter(url => /better-auth|\\/jose\\/|src\\/accounts\\//.test(url)).map(url => url.split('/').at(-1));
        await import('./src/store/postgres.ts');
        console.log(JSON.stringify({ fetch: fetched, postgres, postgresInTheEnd: ofPostgres(), accounts }));
        await running.stop();`;
      const args = ['-r', './src/node24.cjs', '--input-type=module', '-e', code];
      loaded = JSON.parse((await promisify(execFile)(process.execPath, args, { cwd: ROOT })).stdout);
    });

    it("is loaded without Node's fetch, which nothing of it needs and many an import brings along", () => {
      expect(loaded.fetch).toEqual([]);
    });

    it('serves a history in SQLite without anything of PostgreSQL', () => {
      expect(loaded.postgres).toEqual([]);
      expect(loaded.postgresInTheEnd).not.toEqual([]);
    });

    it('loads nothing of accounts where there are none', () => {
      expect(loaded.accounts.toSorted()).toEqual(['accounts.ts', 'open.ts']);
    });
  });

  describe('from its start to SIGTERM', () => {
    const secret = 'a secret of its own';
    let line: string;
    let url: URL;
    let ended: End;
    const statuses: number[] = [];

    beforeAll(async () => {
      const { child, end, ...said } = await serving([], { EDITOR_SECRET: secret });
      ({ line, url } = said);
      const ask = async (path: string) => statuses.push((await fetch(new URL(path, url))).status);
      await ask('chat');
      child.kill('SIGHUP');
      await ask('chat');
      const callers = await Promise.all(IDLE.map(words => calling(url, words)));
      // Who is answered came later, so that the others are known by then.
      await ask('healthz');
      child.kill('SIGTERM');
      ended = await end;
      for (const socket of callers) socket.destroy();
    });

    it('says in one line where it is ready, with which graph and revision, and serves there', () => {
      expect(line).toMatch(/^flowchat is ready at http:\/\/127\.0\.0\.1:\d+\/ with graphs\/chat\.fbp, revision 1$/);
      expect(statuses[0]).toBe(200);
      expect(ended).toMatchObject({ code: 0, out: expect.stringMatching(/^flowchat is ready at /), err: QUIET });
    });

    it('says where it can be edited, but the secret only at a terminal', () => {
      const { out, err } = ended;
      expect(out + err).not.toMatch(/a secret|a%20secret|a%2520secret/);
      expect(out).toContain(`edit it at ${url}editor/\n`);
      const noflo = new URL(/https:\S+/.exec(out)![0]);
      expect(noflo.origin + noflo.pathname).toBe('https://app.flowhub.io/index.html');
      const endpoint = new URLSearchParams(decodeURIComponent(noflo.hash.slice('#runtime/endpoint?'.length)));
      expect(Object.fromEntries(endpoint)).toEqual({
        protocol: 'websocket',
        address: `ws://${url.host}/runtime`,
        secret: 'SECRET',
        id: expect.stringMatching(/^[\da-f-]{36}$/),
      });
    });

    it('goes on at SIGHUP where it has no terminal, as at the rotation of logs, and says what there is instead', () => {
      expect(statuses[1]).toBe(200);
      expect(ended).toMatchObject({ code: 0, err: expect.stringMatching(/SIGHUP says nothing here/) });
    });

    it('does not wait at SIGTERM for callers who say nothing, keep their connection, or stop in the middle', () => {
      expect(statuses[2]).toBe(200);
      expect(ended).toMatchObject({ code: 0, err: QUIET });
    });
  });

  it('takes its settings from the environment and from flags, and warns where others than this machine can reach it', async () => {
    const env = { PORT: 'overruled', GRAPH: 'graphs/gochat.fbp', BASE_PATH: '/gochat', DATA: file('made/by itself') };
    const { child, end, line, url } = await serving(['--host', '0.0.0.0'], env);
    expect(line).toMatch(/:\d+\/gochat\/ with graphs\/gochat\.fbp, revision 1$/);
    expect((await fetch(new URL('chat', url))).status).toBe(200);
    // An address that can be opened.
    expect(url.hostname).toBe('127.0.0.1');
    await (await fetch(new URL('healthz', url))).text();
    child.kill('SIGTERM');
    const { code, out, err } = await end;
    expect(code).toBe(0);
    expect(err).toMatch(/0\.0\.0\.0 can be reached by others; put TLS/);
    expect(out).toContain(encodeURIComponent(`ws://${url.host}/gochat/runtime`));
    expect(out).not.toContain('0.0.0.0');
  });

  long('knows SIGTERM by the time it is ready', async () => {
    const { child, end } = launch(['-r', './src/node24.cjs', 'src/main.ts', '--port', '0'], { DATA: data });
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect(await end).toMatchObject({ code: 0, err: QUIET });
  });

  it('ends with 0 at SIGTERM and at SIGINT, can be started again with the same DATA, and says nothing of editing where that is off', async () => {
    for (const [i, signal] of (['SIGINT', 'SIGTERM'] as const).entries()) {
      const { child, end, line, url } = await serving(['--data', file('again'), '--flow-editor', 'off']);
      const chat = new URL('chat', url);
      expect(await (await fetch(chat)).json()).toHaveLength(i);
      expect((await fetch(chat, { method: 'POST', body: new URLSearchParams({ text: 'hi' }) })).status).toBe(201);
      expect((await fetch(new URL('editor/', url))).status).toBe(404);
      child.kill(signal);
      expect(await end).toMatchObject({ code: 0, out: `${line}\n`, err: QUIET });
    }
  });

  it('answers the request that is under way at SIGTERM before it ends', async () => {
    writeFileSync(file('slow.fbp'), SLOW);
    const { child, end, url } = await serving(['--graph', file('slow.fbp')]);
    const socket = connect(Number(url.port), url.hostname).setEncoding('utf8');
    // Both come in one piece: when the first is answered, the second is under way.
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /chat HTTP/1.1\r\nHost: localhost\r\n\r\n');
    let said = '';
    socket.on('data', data => {
      if (said === '') child.kill('SIGTERM');
      said += data;
    });
    await once(socket, 'close');
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
    expect(said).toMatch(/\r\n\r\n\[\]$/);
    expect(await end).toMatchObject({ code: 0, err: QUIET });
  });
});
