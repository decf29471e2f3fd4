import type { EventEmitter } from 'node:events';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fbp from 'fbp';
import { GraphDocument } from '../../src/fbp/document.ts';
import type { Answer } from '../../src/model/packets.ts';
import { Faulty } from '../../src/runtime/examiner.ts';
import { Flowing } from '../support/flowing.ts';
import { beside, CHAT, GOCHAT, set } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';

const project = new Project();
// Answers with its setting, once the spec says so, and tells it when it is stopped.
project.component(
  'Waiter',
  component(
    `process(input, output) {
      if (!input.hasData('in')) return;
      const { id } = input.getData('in');
      const body = input.getData('setting');
      process.once('answer', () => output.sendDone({ out: { id, status: 200, body } }));
    }`,
    { setUp: `component.tearDown = async () => { process.emit('stopped'); };` },
  ),
);
project.component(
  'Echo',
  component(
    `process(input, output) {
      if (!input.hasData('in')) return;
      const { id } = input.getData('in');
      output.sendDone({ out: { id, status: 200, body: input.getData('setting') } });
    }`,
  ),
);
const echo = (body: string) => beside({ echo: 'chat/Echo' }, `'${body}' -> SETTING echo`);
const waiter = (body: string) => beside({ wait: 'chat/Waiter' }, `'${body}' -> SETTING wait`);

// The components of this spec hear and tell by events of the process.
const signals: EventEmitter = process;
let flowing: Flowing;

beforeEach(() => {
  flowing = new Flowing(project.root);
});
afterEach(async () => {
  jest.useRealTimers();
  await flowing.runtime.stop();
  signals.removeAllListeners('answer').removeAllListeners('stopped');
});
afterAll(() => project.remove());

/** What is answered at a path: the body, or the detail. */
async function at(path: string): Promise<string> {
  const { answer }: { answer: Answer } = await flowing.ask(path);
  return 'body' in answer ? answer.body : answer.detail;
}

/** Lets all run that waits for nothing but its turn. */
const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};

describe('Flow', () => {
  it('makes the first graph revision 1, which answers', async () => {
    const revision = await flowing.publish(CHAT);
    expect(revision).toMatchObject({ number: 1 });
    expect(flowing.runtime.live).toBe(revision);
    expect((await flowing.say('hi')).answer.status).toBe(201);
    expect(await flowing.read()).toEqual(['hi']);
    expect(flowing.pushed).toMatchObject([{ topic: 'room/lobby', seq: 1, event: 'message', data: { text: 'hi' } }]);
  });

  it('makes a changed graph the next revision, which answers from then on', async () => {
    await flowing.publish(echo('one'));
    expect(await at('/echo')).toBe('one');
    expect(await flowing.publish(echo('two'))).toMatchObject({ number: 2 });
    expect(await at('/echo')).toBe('two');
  });

  it('takes a changed setting up', async () => {
    await flowing.publish(CHAT);
    for (const text of ['a', 'b', 'c']) await flowing.say(text);
    await flowing.publish(set(CHAT, { MAXLEN: '2' }));
    expect(await flowing.read()).toEqual(['b', 'c']);
  });

  it('leaves what is live as it is when the same text comes again', async () => {
    const revision = await flowing.publish(CHAT);
    expect(await flowing.publish(CHAT)).toBe(revision);
  });

  it.each([
    ['comments', (text: string) => `# Said\n${text}`],
    ['positions', (text: string) => text.replace('router(chat/Router)', 'router(chat/Router:x=7,y=8)')],
    ['the order of settings', (text: string) => text.replace(/('50'.*\n)('4000'.*\n)/, '$2$1')],
  ])('leaves what is live as it is when only %s change', async (_, change) => {
    expect(change(CHAT)).not.toBe(CHAT);
    const revision = await flowing.publish(CHAT);
    expect(await flowing.publish(change(CHAT))).toBe(revision);
    expect(await flowing.publish(set(change(CHAT), { MAXLEN: '7' }))).toMatchObject({ number: 2 });
  });

  it('makes a graph live whose edges of one port are in another order, as packets go that way', async () => {
    const more = [`storage ADDED -> IN drop(core/Drop)`, `storage ADDED -> IN drop2(core/Drop)`];
    await flowing.publish([CHAT, ...more].join('\n'));
    expect(await flowing.publish([CHAT, ...more.toReversed()].join('\n'))).toMatchObject({ number: 2 });
  });

  it('takes up what the sidecar says', async () => {
    const document = (layout?: string) => new GraphDocument('graphs/test.fbp', CHAT, layout);
    const revision = await flowing.runtime.publish(document(''));
    expect(await flowing.runtime.publish(document())).toBe(revision);
  });

  it('goes back to a text that was live before', async () => {
    for (const body of ['one', 'two', 'one']) await flowing.publish(echo(body));
    expect(await at('/echo')).toBe('one');
    expect(flowing.runtime.live).toMatchObject({ number: 3 });
  });

  it('runs a graph in FBP JSON', async () => {
    await flowing.publish(JSON.stringify(fbp.parse(CHAT)), 'graphs/chat.json');
    await flowing.say('hi');
    expect(await flowing.read()).toEqual(['hi']);
  });

  it('has an endpoint more by a node and three wires', async () => {
    const latest = CHAT.replace('INPORT=admit.IN', 'INPORT=latest.IN').concat(
      `\n'GET /latest/:room' -> PATTERN latest(chat/Route) MATCH -> IN controller, latest ELSE -> IN admit\n`,
    );
    await flowing.publish(latest);
    const said = { method: 'POST', body: { author: 'ann', text: 'hi' } };
    await flowing.ask('/api/rooms/attic/messages', said);
    expect(JSON.parse(await at('/latest/attic'))).toMatchObject({ messages: [{ room: 'attic', text: 'hi' }] });
    expect(await at('/api/rooms/attic/messages')).toBe(await at('/latest/attic'));
  });
});

describe('a question that is under way', () => {
  it('is answered by the revision that it was asked of', async () => {
    await flowing.publish(waiter('old'));
    const asked = at('/wait');
    await flowing.publish(waiter('new'));
    const askedLater = at('/wait');
    signals.emit('answer');
    expect([await asked, await askedLater]).toEqual(['old', 'new']);
  });

  it('keeps its revision running until it is answered', async () => {
    let stopped = 0;
    signals.on('stopped', () => stopped++);
    await flowing.publish(waiter('old'));
    const asked = at('/wait');
    await flowing.publish(echo('new'));
    await turns();
    expect(stopped).toBe(0);
    signals.emit('answer');
    expect(await asked).toBe('old');
    await turns();
    expect(stopped).toBe(1);
  });

  it('keeps its revision running until the deadline at most', async () => {
    let stopped = 0;
    signals.on('stopped', () => stopped++);
    await flowing.publish(waiter('old'));
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    const asked = at('/wait');
    await flowing.publish(echo('new'));
    await turns();
    expect(stopped).toBe(0);
    jest.advanceTimersByTime(60_000);
    expect(await asked).toBe('wait had the question last and gave no answer in 60 s');
    await turns();
    expect(stopped).toBe(1);
    jest.advanceTimersByTime(60_000);
    await turns();
    expect(await at('/echo')).toBe('new');
  });
});

describe('a faulty graph', () => {
  const faulty = GOCHAT.replace('chat/Controller', 'chat/Controler').replace('SEND -> IN', 'SENT -> IN');

  it('is refused with every fault on a line of its own, and the old revision lives on', async () => {
    const revision = await flowing.publish(CHAT);
    await flowing.say('hi');
    const refused = flowing.publish(faulty, 'graphs/mine.fbp');
    await expect(refused).rejects.toBeInstanceOf(Faulty);
    await expect(refused).rejects.toThrow(
      /^graphs\/mine\.fbp:\d+:\d+: there is no component chat\/Controler; did you mean chat\/Controller\?\ngraphs\/mine\.fbp:\d+:8: router has no outport SENT; .*$/,
    );
    expect(flowing.runtime.live).toBe(revision);
    expect(await flowing.read()).toEqual(['hi']);
  });

  it('has its faults told without being published', async () => {
    const { faults } = await flowing.runtime.examine(new GraphDocument('graphs/mine.fbp', faulty));
    expect(faults).toMatchObject([
      { file: 'graphs/mine.fbp', sentence: expect.stringContaining('chat/Controler') },
      { file: 'graphs/mine.fbp', sentence: expect.stringContaining('SENT') },
    ]);
    expect((await flowing.runtime.examine(new GraphDocument('graphs/mine.fbp', CHAT))).faults).toEqual([]);
    expect(flowing.runtime.live).toBeUndefined();
  });

  it('is refused for its syntax, too', async () => {
    await expect(flowing.publish(`${GOCHAT}router( ->`)).rejects.toThrow(/^graphs\/test\.fbp:\d+:\d+: /);
    await expect(flowing.publish('{', 'graphs/mine.json')).rejects.toThrow(/^graphs\/mine\.json:1:\d+: /);
  });

  it('is live once it is mended', async () => {
    await expect(flowing.publish(faulty)).rejects.toThrow('chat/Controler');
    expect(await flowing.publish(GOCHAT)).toMatchObject({ number: 1 });
    expect(await flowing.read()).toEqual([]);
  });
});

describe('what the nodes keep', () => {
  it('is there in the next revision: messages in memory', async () => {
    await flowing.publish(GOCHAT);
    await flowing.say('hi');
    for (const most of [10, 20, 30]) await flowing.publish(`${GOCHAT}\n'${most}' -> MAXLEN storage\n`);
    await flowing.say('there');
    expect(await flowing.read()).toEqual(['hi', 'there']);
  });

  it('is there in the next revision: how much an author may post', async () => {
    const strict = (most: string) => set(CHAT, { BURST: '2', RATE: '0.000001', MAXTEXT: most });
    await flowing.publish(strict('100'));
    const statuses = async () => [(await flowing.say('a')).answer.status, (await flowing.say('b')).answer.status];
    expect(await statuses()).toEqual([201, 201]);
    // Nobody posts to the revision between.
    await flowing.publish(strict('200'));
    await flowing.publish(strict('300'));
    expect(await statuses()).toEqual([429, 429]);
  });
});

describe('Flow when it stops', () => {
  it('turns questions away, gives the answers that are due, and stops the nodes', async () => {
    let stopped = 0;
    signals.on('stopped', () => stopped++);
    await flowing.publish(waiter('last'));
    const asked = at('/wait');
    const stopping = flowing.runtime.stop();
    await turns();
    expect(await at('/chat')).toBe('the graph is stopped; try again when it runs');
    expect(stopped).toBe(0);
    signals.emit('answer');
    await stopping;
    expect(await asked).toBe('last');
    expect(stopped).toBe(1);
  });
});

describe('Flow when it is halted', () => {
  it('turns questions away, gives the answers that are due, and then stops the nodes', async () => {
    let stopped = 0;
    signals.on('stopped', () => stopped++);
    await flowing.publish(waiter('last'));
    const asked = at('/wait');
    await flowing.runtime.halt();
    expect(flowing.runtime.halted).toBe(true);
    expect(flowing.runtime.live).toBeUndefined();
    expect(await flowing.ask('/chat')).toMatchObject({
      answer: { status: 503, code: 'graph-stopped', detail: 'the graph is stopped; try again when it runs' },
    });
    expect(stopped).toBe(0);
    signals.emit('answer');
    expect(await asked).toBe('last');
    await turns();
    expect(stopped).toBe(1);
  });

  it('runs again as the same revision when it is resumed, and as a new one with what was published meanwhile', async () => {
    const before = await flowing.publish(echo('one'));
    await flowing.runtime.halt();
    const again = await flowing.runtime.resume();
    expect(again).not.toBe(before);
    expect(again).toMatchObject({ number: 1 });
    expect(flowing.runtime).toMatchObject({ halted: false, live: { number: 1 } });
    expect(await at('/echo')).toBe('one');
    await flowing.runtime.halt();
    await flowing.publish(echo('two'));
    expect(await flowing.runtime.resume()).toMatchObject({ number: 2 });
    expect(await at('/echo')).toBe('two');
  });

  it('checks and remembers what is published, and starts nothing before it is resumed', async () => {
    const before = await flowing.publish(echo('one'));
    await flowing.runtime.halt();
    expect(await flowing.publish(echo('two'))).toBe(before);
    await expect(flowing.publish('router(chat/Ruoter)')).rejects.toBeInstanceOf(Faulty);
    expect(await at('/echo')).toBe('the graph is stopped; try again when it runs');
    await flowing.runtime.resume();
    expect(await at('/echo')).toBe('two');
  });

  it('stays halted when what it should resume is faulty by now', async () => {
    const gone = new Project();
    const other = new Flowing(gone.root);
    gone.component('Gone', component('process() {}'));
    await other.publish(beside({ gone: 'chat/Gone' }));
    await other.runtime.halt();
    gone.remove('components/Gone.ts');
    await expect(other.runtime.resume()).rejects.toThrow('chat/Gone');
    expect(other.runtime).toMatchObject({ halted: true, live: undefined });
    await other.runtime.stop();
    gone.remove();
  });

  it('does nothing where it is halted, resumed or empty already', async () => {
    await flowing.runtime.halt();
    expect(flowing.runtime.halted).toBe(false);
    await expect(flowing.runtime.resume()).rejects.toThrow('there is no graph to start yet');
    const revision = await flowing.publish(GOCHAT);
    expect(await flowing.runtime.resume()).toBe(revision);
    await flowing.runtime.halt();
    await flowing.runtime.halt();
    expect(await flowing.runtime.resume()).toMatchObject({ number: 1 });
  });

  it('tells who listens what is live, after each change of that', async () => {
    const heard: (number | undefined)[] = [];
    const end = flowing.runtime.onLive(live => heard.push(live?.number));
    await flowing.publish(echo('one'));
    await flowing.publish(echo('one'));
    await flowing.publish(echo('two'));
    await flowing.runtime.halt();
    await flowing.runtime.resume();
    end();
    await flowing.publish(echo('three'));
    expect(heard).toEqual([1, 2, undefined, 2]);
  });
});
