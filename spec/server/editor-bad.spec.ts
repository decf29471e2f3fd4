import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from '../../src/model/bucket.ts';
import { until } from '../support/chat.ts';
import { building, type Editor, SECRET } from '../support/endpoint.ts';
import { handshake } from '../support/wire.ts';

const STATUS = { protocol: 'network', command: 'getstatus', payload: { graph: 'chat/chat' } };
const WAIT = { protocol: 'network', command: 'wait', payload: {} };
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** That the connection still does what it is for. */
async function expectAlive(editor: Editor): Promise<void> {
  expect(await editor.ask(STATUS)).toMatchObject({ protocol: 'network', command: 'status' });
}

/** Waits until so many have come. */
function pings({ socket }: Editor, most: number): Promise<void> {
  let seen = 0;
  return new Promise(resolve => {
    socket.on('ping', () => {
      seen += 1;
      if (seen === most) resolve();
    });
  });
}

describe('a message that is no good', () => {
  const cases: readonly (readonly [what: string, text: string, protocol: string, sentence: RegExp])[] = [
    ['nothing', '', 'runtime', /no JSON/],
    ['no JSON', '{"protocol":', 'runtime', /no JSON/],
    ['JSON with something after it', '{} {}', 'runtime', /no JSON/],
    ['null', 'null', 'runtime', /not null/],
    ['a number', '7', 'runtime', /not a number/],
    ['a text', '"graph"', 'runtime', /not a string/],
    ['an array', '[{"protocol":"graph"}]', 'runtime', /not an array/],
    ['empty', '{}', 'runtime', /"protocol" must be a text/],
    ['without a command', '{"protocol":"graph"}', 'graph', /"command" must be a text/],
    ['with null for a protocol', '{"protocol":null,"command":"addnode","payload":{}}', 'runtime', /not null/],
    ['with an array for a protocol', '{"protocol":["graph"],"command":"addnode"}', 'runtime', /not an array/],
    ['with a number for a command', '{"protocol":"graph","command":7}', 'graph', /not a number/],
    ['with null for a payload', '{"protocol":"graph","command":"addnode","payload":null}', 'graph', /not null/],
    ['with an array for a payload', '{"protocol":"graph","command":"addnode","payload":[]}', 'graph', /an array/],
    ['with a text for a payload', '{"protocol":"network","command":"getstatus","payload":"x"}', 'network', /a string/],
    [
      'of an unknown protocol',
      '{"protocol":"x","command":"y"}',
      'runtime',
      /no protocol "x"; there are runtime, graph/,
    ],
    ['of an unknown command', '{"protocol":"graph","command":"y"}', 'graph', /no command "y"; it has addnode, /],
    ['of a protocol that every object has', '{"protocol":"constructor","command":"name"}', 'runtime', /no protocol/],
    ['of a protocol that every object has', '{"protocol":"__proto__","command":"get"}', 'runtime', /no protocol/],
    ['of a command that every object has', '{"protocol":"graph","command":"toString"}', 'graph', /no command/],
    ['of a command that every map has', '{"protocol":"graph","command":"get"}', 'graph', /no command/],
    ['that would be the prototype', '{"__proto__":{"protocol":"graph","command":"addnode"}}', 'runtime', /"protocol"/],
    ['of a long protocol', `{"protocol":"${'x'.repeat(100_000)}","command":"y"}`, 'runtime', /more than 50 char/],
    ['nested deeply', `{"protocol":"graph","payload":${deep(101)}}`, 'runtime', /nested at most 100 deep/],
    ['nested very deeply', deep(500_000), 'runtime', /nested at most 100 deep/],
    ['of brackets only', '['.repeat(1_000_000), 'runtime', /nested at most 100 deep/],
    ['of an open text', `"${'\\"['.repeat(200_000)}`, 'runtime', /no JSON/],
  ];

  it.each(cases)('comes back as an error, with a secret or without: %s', async (_, text, protocol, sentence) => {
    const { enter, failures } = await building();
    for (const secret of [undefined, SECRET]) {
      const editor = await enter(secret);
      const error = await editor.ask(text);
      expect(error).toMatchObject({
        protocol,
        command: 'error',
        payload: { message: expect.stringMatching(sentence) },
      });
      expect(JSON.stringify(error).length).toBeLessThan(500);
      if (secret !== undefined) await expectAlive(editor);
    }
    expect(failures).toEqual([]);
  });

  it('is none for brackets in its texts, nor for what nobody knows', async () => {
    const { enter } = await building();
    const editor = await enter(SECRET);
    const odd = { graph: `\\"${'['.repeat(1000)}`, selected: false, __proto__: null, constructor: 1 };
    expect(await editor.ask({ ...STATUS, id: 7, payload: odd })).toMatchObject({ payload: { graph: odd.graph } });
    expect((await editor.ask({ protocol: 'flowchat', command: 'open' })).command).toBe('open');
  });

  it('of bytes comes back as an error in its turn', async () => {
    const { enter } = await building();
    const editor = await enter(SECRET);
    editor.say(STATUS);
    editor.say(new Uint8Array([1, 2, 3]));
    expect((await editor.next()).command).toBe('status');
    expect((await editor.next()).payload).toEqual({ message: 'a message is JSON text, not bytes' });
    await expectAlive(editor);
  });

  it('because of its size ends the connection, and no smaller one', async () => {
    const { enter } = await building();
    const editor = await enter(SECRET);
    const text = JSON.stringify(STATUS);
    expect((await editor.ask(text + ' '.repeat(1024 * 1024 - text.length))).command).toBe('status');
    editor.say(' '.repeat(1024 * 1024 + 1));
    expect(await editor.closed).toMatchObject({ code: 1009 });
  });
});

describe('who asks for too much', () => {
  it('in too short a time is told, and let go', async () => {
    const { enter } = await building({ limits: { rate: 0.001, burst: 10 } });
    const editor = await enter();
    for (let i = 0; i < 11; i += 1) editor.say(STATUS);
    const reason = 'more than 0.001 messages a second; slow down';
    expect(await editor.closed).toEqual({ code: 1008, reason });
    const { protocol, payload } = JSON.parse(editor.frames.at(-1) ?? '');
    expect([protocol, payload]).toEqual(['runtime', { message: reason }]);
  });

  it('may do so once in a while', () => {
    let now = 0;
    const bucket = new TokenBucket(500, 2000, () => now);
    const taken = (tries: number) => Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;
    expect(taken(3000)).toBe(2000);
    now = 100;
    expect(taken(3000)).toBe(50);
    now = 1_000_000;
    expect(taken(3000)).toBe(2000);
  });

  it('without waiting for answers is let go', async () => {
    const { enter } = await building({ limits: { waiting: 10 } });
    const editor = await enter(SECRET);
    for (let i = 0; i < 12; i += 1) editor.say(WAIT);
    expect(await editor.closed).toEqual({ code: 1008, reason: '10 messages wait already; wait for answers' });
  });

  it('in messages too big is not read from until there is room, and loses nothing', async () => {
    const { enter, release } = await building({ limits: { waitingText: 100_000, heartbeat: 500 } });
    const editor = await enter(SECRET);
    editor.say(WAIT);
    const padding = ' '.repeat(50_000);
    for (let i = 0; i < 200; i += 1) editor.say(JSON.stringify(STATUS) + padding);
    // What it has sent stays with it, as nobody takes it.
    await until(() => editor.socket.bufferedAmount > 0);
    const other = await enter(SECRET);
    await pings(other, 3);
    await expectAlive(other);
    release();
    expect((await editor.next()).command).toBe('waited');
    for (let i = 0; i < 200; i += 1) expect((await editor.next()).command).toBe('status');
  });

  it('and reads nothing is let go', async () => {
    const { endpoint: door, enter } = await building({ limits: { backlog: 100_000 } });
    const editor = await enter(SECRET);
    editor.socket.pause();
    const message = { protocol: 'network', command: 'data', payload: { data: 'x'.repeat(100_000) } };
    await until(() => {
      door.broadcast(message);
      return [...door.clients].length === 0;
    });
    editor.socket.resume();
    expect(await editor.closed).toMatchObject({ code: expect.any(Number) });
  });
});

describe('who connects', () => {
  it('and shows no good secret in time is let go', async () => {
    const { enter } = await building({ limits: { patience: 20 } });
    const editor = await enter();
    expect(await editor.closed).toEqual({ code: 1008, reason: 'no good secret within 0.02 s' });
  });

  it('and has shown one stays', async () => {
    const { enter } = await building({ limits: { patience: 1000 } });
    const editor = await enter(SECRET);
    const stranger = await enter();
    await stranger.closed;
    await expectAlive(editor);
  });

  it('without a secret makes room for one more, and never who has one', async () => {
    const { enter } = await building({ limits: { nameless: 2, grace: 0 } });
    const inside = [await enter(SECRET), await enter(SECRET)];
    const oldest = await enter();
    const older = await enter();
    const newest = await enter();
    expect(await oldest.closed).toEqual({ code: 1008, reason: 'others want to connect; show a good secret at once' });
    await newest.show(SECRET);
    await older.show(SECRET);
    for (const editor of [...inside, newest, older]) await expectAlive(editor);
  });

  it('when there are many already is refused until one leaves', async () => {
    const { endpoint: door, enter, refused } = await building({ limits: { clients: 2 } });
    const first = await enter(SECRET);
    const second = await enter(SECRET);
    const detail = '2 editors are connected already; close one';
    expect(await refused()).toEqual({ status: 503, code: 'editors-limit', detail });
    first.socket.terminate();
    await until(() => [...door.clients].length === 1);
    await expectAlive(await enter(SECRET));
    await expectAlive(second);
  });

  it('and answers no ping is gone, who answers is not', async () => {
    const { endpoint: door, enter } = await building({ limits: { heartbeat: 500 } });
    const editor = await enter(SECRET);
    const mute = await enter(SECRET);
    mute.socket.pause();
    await pings(editor, 3);
    await until(() => [...door.clients].length === 1);
    await expectAlive(editor);
  });

  it.each([
    ['with no key', ['GET /runtime HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'], ' 400 '],
    [
      'for something else',
      ['GET /runtime HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: h2c'],
      ' 400 ',
    ],
    ['with a bad key', handshake('/runtime').map(line => line.replace(/Key: .*/, 'Key: x')), ' 400 '],
  ])('is refused %s', async (_, lines, status) => {
    const { url, endpoint: door } = await building();
    const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1');
    socket.write([...lines, '', ''].join('\r\n'));
    const [answer] = await once(socket, 'data');
    expect(answer).toContain(`HTTP/1.1${status}`);
    expect([...door.clients]).toEqual([]);
    socket.destroy();
  });
});
