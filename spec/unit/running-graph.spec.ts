import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { Flowing } from '../support/flowing.ts';
import { beside } from '../support/graphs.ts';
import { component, type Odd, Project } from '../support/project.ts';

const project = new Project();
const flowings: Flowing[] = [];
/** A graph with a node that never ends takes its time to stop; the next test need not wait for it. */
const stopping: Promise<void>[] = [];
let count = 0;

afterEach(() => {
  jest.useRealTimers();
  stopping.push(...flowings.splice(0).map(({ runtime }) => runtime.stop()));
});
afterAll(async () => {
  await Promise.all(stopping);
  project.remove();
});

function add(process: string, more?: Odd): string {
  const name = `Odd${++count}`;
  project.component(name, component(process, more));
  return `chat/${name}`;
}

/** The seed's graph, live, and beside it a node called `odd` that answers at /odd. */
async function live(process: string, more: Odd = {}): Promise<Flowing> {
  const flowing = new Flowing(project.root);
  flowings.push(flowing);
  const others = more.outports?.filter(port => port !== 'out') ?? [];
  const ended = others.map(port => `odd ${port.toUpperCase()} -> IN end(core/Drop)`);
  await flowing.publish(beside({ odd: add(process, more) }, ...ended));
  return flowing;
}

const TAKE = `const { id } = input.getData('in');`;
const REPLY = `{ out: { id, status: 200, body: 'good' } }`;

describe('a node that fails a question', () => {
  it.each<[how: string, process: string, says: string, more?: Odd]>([
    ['throws', `process() { throw new Error('no'); }`, 'no'],
    ['throws once it has taken the packet', `process(input) { ${TAKE} throw new Error('no'); }`, 'no'],
    ['throws what is no error', `process() { throw 'no'; }`, 'no'],
    ['throws undefined', `process() { throw undefined; }`, 'undefined'],
    [
      'is done with an error that has no port',
      `process(input, output) { ${TAKE} output.done(new Error('no')); }`,
      'no',
    ],
    ['sends an error that has no port', `process(input, output) { ${TAKE} output.sendDone(new Error('no')); }`, 'no'],
    ['rejects', `async process() { throw new Error('no'); }`, 'no'],
    ['rejects later', `async process(input) { ${TAKE} await new Promise(setImmediate); throw new Error('no'); }`, 'no'],
    ['rejects with undefined', `async process(input) { ${TAKE} throw undefined; }`, 'undefined'],
    ['resolves to undefined', `async process(input) { ${TAKE} }`, 'its process resolved to nothing and sent nothing'],
    [
      'resolves to undefined and has several outports',
      `async process(input) { ${TAKE} }`,
      'its process resolved to nothing and sent nothing',
      { outports: ['out', 'other'] },
    ],
    [
      'sends to a port that is not there',
      `process(input, output) { ${TAKE} output.sendDone({ nowhere: {} }); }`,
      'Port must be specified for sending output',
      { outports: ['out', 'other'] },
    ],
  ])('is named at once, and goes on: it %s', async (_, process, says, more: Odd = {}) => {
    const flowing = await live(process, more);
    for (const time of [1, 2]) {
      expect(await flowing.ask('/odd')).toMatchObject({
        node: 'odd',
        answer: { status: 500, detail: 'odd failed; the log says why' },
      });
      expect(flowing.failures).toEqual(Array(time).fill(`odd: ${says}`));
      expect(await flowing.read()).toEqual([]);
    }
    expect(flowing.gate.counts).toMatchObject({ waiting: 0, expired: 0, orphaned: 0 });
  });

  it('is named, not the one that sent it the packet', async () => {
    const flowing = await live(`process(input, output) { ${TAKE} output.sendDone(${REPLY}); }`);
    const thrower = add(`process() { throw new Error('no'); }`);
    const text = beside({ odd: 'core/Repeat' }, `odd OUT -> IN thrower(${thrower})`, 'OUTPORT=thrower.OUT:THROWER');
    await flowing.publish(text.replace('OUTPORT=odd.OUT:ODD', ''));
    expect(await flowing.ask('/odd')).toMatchObject({ node: 'thrower', answer: { status: 500 } });
    expect(flowing.failures).toEqual(['thrower: no']);
  });

  it('is named at once, though what it was sent is no question', async () => {
    const flowing = new Flowing(project.root);
    flowings.push(flowing);
    const sender = add(`process(input, output) { ${TAKE} output.sendDone({ out: null }); }`);
    const thrower = add(`process(input) { const { id } = input.getData('in'); }`);
    const text = beside({ odd: sender }).replace(/^OUTPORT=odd\.OUT:.*$/m, 'OUTPORT=thrower.OUT:ODD');
    await flowing.publish(`${text}\nodd OUT -> IN thrower(${thrower})\n`);
    expect(await flowing.ask('/odd')).toMatchObject({ node: 'thrower', answer: { status: 500 } });
  });

  it('does not take an answer back that has left already', async () => {
    const flowing = await live(`process(input, output) { ${TAKE} output.send(${REPLY}); throw new Error('no'); }`);
    expect((await flowing.ask('/odd')).answer).toMatchObject({ status: 200, body: 'good' });
    expect(flowing.failures).toEqual(['odd: no']);
    expect(await flowing.read()).toEqual([]);
  });

  it.each([
    ['a status that is a word', `{ id, status: 'ok', body: '' }`],
    ['no body', `{ id, status: 200 }`],
    ['a body that is an object', `{ id, status: 200, body: {} }`],
    ['a question', `{ id, method: 'GET' }`],
  ])('is named at once when it answers with %s', async (_, garbage) => {
    const flowing = await live(`process(input, output) { ${TAKE} output.sendDone({ out: ${garbage} }); }`);
    expect(await flowing.ask('/odd')).toMatchObject({
      node: 'odd',
      answer: { status: 500, detail: 'odd sent an answer without a status, or without a body or detail' },
    });
    expect(await flowing.read()).toEqual([]);
  });
});

describe('a node that does not answer', () => {
  it.each([
    ['takes the question and keeps it', `process(input) { ${TAKE} }`],
    ['never takes the question', 'process() {}'],
    ['waits for ever', `async process(input) { ${TAKE} await new Promise(() => {}); }`],
  ])('is named at the deadline, and only then: it %s', async (_, process) => {
    const flowing = await live(process);
    jest.useFakeTimers();
    const outcome = flowing.ask('/odd');
    jest.advanceTimersByTime(59_999);
    expect(flowing.gate.counts).toMatchObject({ waiting: 1, expired: 0 });
    jest.advanceTimersByTime(1);
    expect(await outcome).toMatchObject({
      node: 'odd',
      answer: { status: 504, detail: 'odd had the question last and gave no answer in 60 s' },
    });
    expect(flowing.gate.counts).toMatchObject({ waiting: 0, expired: 1 });
    expect(await flowing.read()).toEqual([]);
  });

  it('holds nobody else up while it hangs', async () => {
    const flowing = await live(`process(input) { ${TAKE} }`);
    jest.useFakeTimers();
    const outcome = flowing.ask('/odd');
    expect((await flowing.say('hi')).answer.status).toBe(201);
    expect(await flowing.read()).toEqual(['hi']);
    expect(flowing.gate.counts.waiting).toBe(1);
    jest.advanceTimersByTime(60_000);
    expect((await outcome).answer.status).toBe(504);
  });

  it.each(['undefined', 'null', '7', `'text'`, '{}', `{ id: 'nobody', status: 200, body: '' }`])(
    'is named at once when all that it sends is %s',
    async garbage => {
      const flowing = await live(`process(input, output) { ${TAKE} output.sendDone({ out: ${garbage} }); }`);
      expect(await flowing.ask('/odd')).toMatchObject({ node: 'odd', answer: { status: 500 } });
      expect(flowing.gate.counts.orphaned).toBe(1);
      expect(await flowing.read()).toEqual([]);
    },
  );
});

describe('an answer that nobody waits for', () => {
  it('is counted, and told at its node, when it is the second one', async () => {
    const flowing = await live(`process(input, output) { ${TAKE} output.send(${REPLY}); output.sendDone(${REPLY}); }`);
    expect((await flowing.ask('/odd')).answer).toMatchObject({ status: 200, body: 'good' });
    expect(flowing.gate.counts).toMatchObject({ waiting: 0, orphaned: 1 });
    expect(flowing.failures).toEqual([expect.stringMatching(/^odd: a second answer to one question/)]);
    expect(await flowing.read()).toEqual([]);
  });

  it('is counted when it comes after the deadline', async () => {
    const flowing = await live(
      `process(input, output) { ${TAKE} setTimeout(() => output.sendDone(${REPLY}), 90_000); }`,
    );
    jest.useFakeTimers();
    const outcome = flowing.ask('/odd');
    jest.advanceTimersByTime(60_000);
    expect((await outcome).answer.status).toBe(504);
    jest.advanceTimersByTime(30_000);
    expect(flowing.gate.counts).toMatchObject({ waiting: 0, expired: 1, orphaned: 1 });
    expect(await flowing.read()).toEqual([]);
  });
});
