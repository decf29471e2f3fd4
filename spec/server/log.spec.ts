import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { lineLog } from '../../src/log.ts';
import { some } from '../support/long.ts';
import { Project } from '../support/project.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

// However busy the machine is.
jest.setTimeout(120_000);

type Line = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

const ODD = `
import { Component } from 'noflo';

export const getComponent = () => new Component({
  inPorts: { in: { datatype: 'object' } },
  outPorts: { out: { datatype: 'object' } },
  process(input, output) {
    const { path } = input.getData('in');
    if (path === '/odd/later') setTimeout(() => { throw new RangeError('too late'); });
    else throw Object.assign(new Error('no'), { secret: 'private' });
  },
});
`;
const ODD_WAY = `route(chat/Route) MATCH -> IN odd(chat/Odd) OUT -> IN responder
'GET /odd/:when' -> PATTERN route
route ELSE -> IN admit
`;
const CHAT = `${readFileSync(join(ROOT, 'graphs/chat.fbp'), 'utf8').replace('INPORT=admit.IN', 'INPORT=route.IN')}\n${ODD_WAY}`;

const project = new Project({ startable: true });
const { path: data, remove } = folder();
project.component('Odd', ODD);
const children: ChildProcess[] = [];

/** A server in a process of its own, and what it logs. */
class Logging {
  readonly lines: Line[] = [];
  readonly out: string[] = [];
  readonly #child: ChildProcess;
  err = '';
  url = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    children.push(child);
    createInterface(child.stdout!).on('line', line => this.out.push(line));
    child.stderr?.setEncoding('utf8').on('data', text => {
      this.err += text;
    });
    if (child.stderr) createInterface(child.stderr).on('line', line => this.lines.push(JSON.parse(line)));
  }

  static async start(env: Readonly<Record<string, string>> = {}, stderr: 'pipe' | number = 'pipe'): Promise<Logging> {
    project.write('graphs/odd.fbp', CHAT);
    const child = spawn(process.execPath, ['-r', './src/node24.cjs', 'src/main.ts'], {
      cwd: project.root,
      env: { PATH: process.env.PATH, PORT: '0', DATA: data, GRAPH: 'graphs/odd.fbp', ...env },
      stdio: ['ignore', 'pipe', stderr],
    });
    const logging = new Logging(child);
    await logging.until(() => logging.out.length > 0);
    logging.url = /http:\S+/.exec(logging.out[0]!)?.[0] ?? '';
    return logging;
  }

  async until(isSo: () => unknown): Promise<void> {
    const patience = performance.now() + 60_000;
    while (!isSo()) {
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.err}`);
      if (performance.now() > patience) throw new Error(`it said: ${this.err}`);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }

  /** The line whose sentence is like this, once it is there. */
  async line(sentence: RegExp): Promise<Line> {
    const found = () => this.lines.find(({ msg }) => sentence.test(msg));
    await this.until(found);
    return found()!;
  }

  ask(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, init);
  }

  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'close');
    }
    return this.#child.exitCode;
  }
}

/** Ends what a test has left running. */
function end(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL');
}

afterAll(() => {
  project.remove();
  remove();
});

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('the log', () => {
  let server: Logging;
  beforeAll(async () => {
    server = await Logging.start();
  });
  afterAll(end);

  it('has a line for a node that failed, with its question and the error, and nothing that hangs on the error', async () => {
    const { request } = (await (await server.ask('odd/now')).json()) as { request: string };
    expect(await server.line(/^odd failed/)).toEqual({
      level: 'error',
      time: TIME,
      node: 'odd',
      request,
      error: { name: 'Error', message: 'no', stack: expect.stringMatching(/^Error: no\n +at .*Odd\.ts/) },
      msg: 'odd failed: no',
    });
    expect(server.lines).toHaveLength(1);
    expect(server.out[0]).toMatch(/^flowchat is ready at /);
  });

  it('has a line for an error that nobody caught, with the question in whose course it was thrown', async () => {
    const { request } = (await (await server.ask('odd/later')).json()) as { request: string };
    expect(await server.line(/uncaught/)).toEqual({
      level: 'error',
      time: TIME,
      node: 'odd',
      request,
      error: { name: 'RangeError', message: 'too late', stack: expect.stringMatching(/^RangeError: too late\n/) },
      msg: 'odd let an error go uncaught: too late',
    });
  });

  it('has a line for each graph that is published or refused', async () => {
    project.write('graphs/odd.fbp', CHAT.replace("'100' -> BURST", "'99' -> BURST"));
    expect(await server.line(/is live/)).toEqual({
      level: 'info',
      time: TIME,
      graph: 'graphs/odd.fbp',
      revision: 2,
      msg: 'graphs/odd.fbp is live as revision 2',
    });
    project.write('graphs/odd.fbp', CHAT.replace('chat/Odd', 'chat/Od'));
    expect(await server.line(/stays live/)).toEqual({
      level: 'warn',
      time: TIME,
      graph: 'graphs/odd.fbp',
      revision: 2,
      msg: expect.stringMatching(
        /^graphs\/odd\.fbp:\d+:\d+: there is no component chat\/Od; .*\nrevision 2 stays live$/,
      ),
    });
  });

  it('tells of no other trouble, nor of an end as it should be', async () => {
    expect(await server.stop()).toBe(0);
    expect(server.lines.flatMap(({ level }) => (level === 'info' ? [] : level))).toEqual(['error', 'error', 'warn']);
  });
});

describe('what is logged', () => {
  afterEach(end);

  it('is a line for each question at debug, and nothing of what it says or who asks', async () => {
    const server = await Logging.start({ LOG_LEVEL: 'debug' });
    const body = new URLSearchParams({ author: 'private-author', text: 'private-text' });
    const headers = {
      'Idempotency-Key': 'private-key',
      Authorization: 'Bearer private-token',
      'User-Agent': 'private-agent',
    };
    await server.ask('chat?token=private-query', { method: 'POST', body, headers });
    expect(await server.line(/^POST/)).toEqual({
      level: 'debug',
      time: TIME,
      request: expect.stringMatching(/^\S+$/),
      method: 'POST',
      path: '/chat',
      status: 201,
      ms: expect.any(Number),
      msg: 'POST /chat 201',
    });
    const { request } = (await (await server.ask('nowhere')).json()) as { request: string };
    expect(await server.line(/nowhere/)).toMatchObject({
      request,
      status: 404,
      node: 'router',
      msg: 'GET /nowhere 404',
    });
    await server.ask('chat%');
    expect(await server.line(/chat%/)).toMatchObject({ status: 400, msg: 'GET /chat% 400' });
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}api/socket`);
    socket.onopen = () =>
      socket.send(JSON.stringify({ type: 'send', key: 'private-key', room: 'a', text: 'private-text' }));
    expect(await server.line(/rooms\/a/)).toMatchObject({ method: 'POST', path: '/api/rooms/a/messages', status: 201 });
    socket.close();
    expect(await server.stop()).toBe(0);
    expect(server.err).not.toMatch(/private|127\.0\.0\.1/);
  });

  /** The server above has it at info. */
  const LEVELS: readonly (readonly [string, readonly string[]])[] = [
    ['error', ['error']],
    ['silent', []],
  ];
  it.each(some(LEVELS, 1))('is as long as LOG_LEVEL says: %s', async (level, expected) => {
    // A folder of its own: a start tells of what others have left in theirs.
    const server = await Logging.start({ LOG_LEVEL: level, HOST: '0.0.0.0', DATA: join(data, level) });
    await server.ask('odd/now');
    await server.ask('chat');
    expect(await server.stop()).toBe(0);
    expect(server.lines.map(line => line.level)).toEqual(expected);
  });

  const LOST: readonly (readonly [string, () => 'pipe' | number])[] = [
    ['its disk is full', () => openSync('/dev/full', 'w')],
    ['nobody reads it', () => 'pipe'],
  ];
  it.each(some(LOST, 1))('may be lost, and the server goes on: %s', async (_, stderr) => {
    const server = await Logging.start({ LOG_LEVEL: 'debug' }, stderr());
    children.at(-1)!.stderr?.destroy();
    for (let i = 0; i < 20; i++) {
      expect((await server.ask('odd/now')).status).toBe(500);
      expect((await server.ask('odd/later')).status).toBe(500);
      expect((await server.ask('chat')).status).toBe(200);
    }
    expect(await server.stop()).toBe(0);
  });
});

describe('a log of lines', () => {
  it('is sentences, and the stack where there is an error', () => {
    const lines: string[] = [];
    const log = lineLog(line => lines.push(line));
    const error = new Error('no');
    log.debug('left out');
    log.info('good', { node: 'a' });
    log.warn('odd');
    log.error('a failed', { node: 'a', error });
    expect(lines).toEqual(['good', 'odd', `a failed: ${error.stack}`]);
  });

  it('has no more than its level', () => {
    const lines: string[] = [];
    const log = lineLog(line => lines.push(line), 'warn');
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
    expect(lines).toEqual(['warn', 'error']);
  });
});
