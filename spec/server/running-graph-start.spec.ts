import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Flowing } from '../support/flowing.ts';
import { beside, CHAT, GOCHAT, set } from '../support/graphs.ts';
import { component, type Odd, Project } from '../support/project.ts';

const project = new Project();
let flowing: Flowing;
let count = 0;

beforeEach(async () => {
  flowing = new Flowing(project.root);
  await flowing.publish(GOCHAT);
});
afterEach(async () => {
  await flowing.runtime.stop();
  process.removeAllListeners('odd');
});
afterAll(() => project.remove());

function add(process: string, more?: Odd): string {
  const name = `Odd${++count}`;
  project.component(name, component(process, more));
  return `chat/${name}`;
}

/** The seed's graph and beside it a node `odd`, with an initial packet at SETTING. */
const withSetting = (component: string) => beside({ odd: component }, `'bad' -> SETTING odd`);

const INERT = 'process() {}';

/** What the nodes of a spec tell it, in their order. */
function told(): string[] {
  const words: string[] = [];
  process.on('odd', (word: string) => words.push(word));
  return words;
}

describe('a node that does not start', () => {
  it.each<[how: string, process: string, more?: Odd]>([
    ['throws for an initial packet', `process(input) { if (input.hasData('setting')) throw new Error('no'); }`],
    ['rejects for an initial packet', `async process(input) { if (input.hasData('setting')) throw new Error('no'); }`],
    ['throws in setUp', INERT, { setUp: `component.setUp = () => { throw new Error('no'); };` }],
    ['rejects in setUp', INERT, { setUp: `component.setUp = async () => { throw new Error('no'); };` }],
    [
      'fails when it is made, though not when it was looked at',
      INERT,
      { setUp: `if (globalThis.looked) throw new Error('no'); globalThis.looked = true;` },
    ],
  ])('is named, and the old revision lives on: it %s', async (_, process, more = {}) => {
    const before = flowing.runtime.live;
    await flowing.say('hi');
    await expect(flowing.publish(withSetting(add(process, more)))).rejects.toThrow('odd does not start: no');
    expect(flowing.runtime.live).toBe(before);
    expect(await flowing.read()).toEqual(['hi']);
    expect(flowing.failures).toEqual([]);
  });

  it('is named by the way to it when it is in a subgraph', async () => {
    const thrower = add(`process(input) { if (input.hasData('setting')) throw new Error('no'); }`);
    project.write('graphs/Box.fbp', `INPORT=inner.IN:IN\nOUTPORT=inner.OUT:OUT\n'bad' -> SETTING inner(${thrower})\n`);
    await expect(flowing.publish(beside({ odd: 'chat/Box' }))).rejects.toThrow('odd/inner does not start: no');
  });

  it('does not leave the other nodes of its revision running', async () => {
    const words = told();
    const thrower = add(`process(input) { if (input.hasData('setting')) throw new Error('no'); }`);
    const other = add(INERT, {
      setUp: `
        component.setUp = async () => { process.emit('odd', 'up'); };
        component.tearDown = async () => { process.emit('odd', 'down'); };`,
    });
    const text = beside({ odd: thrower, other }, `'bad' -> SETTING odd`);
    await expect(flowing.publish(text)).rejects.toThrow('odd does not start: no');
    expect(words).toEqual(['up', 'down']);
  });

  it('does not leave the other nodes of its revision running when it is its setUp that fails', async () => {
    const words = told();
    const rejecter = add(INERT, { setUp: `component.setUp = async () => { throw new Error('no'); };` });
    const other = add(INERT, {
      setUp: `
        component.setUp = async () => { process.emit('odd', 'up'); };
        component.tearDown = async () => { process.emit('odd', 'down'); };`,
    });
    await expect(flowing.publish(beside({ odd: rejecter, other }))).rejects.toThrow('odd does not start: no');
    expect(words).toEqual(['up', 'down']);
  });

  it('does not keep the next revision from starting', async () => {
    const thrower = add(`process(input) { if (input.hasData('setting')) throw new Error('no'); }`);
    const text = withSetting(thrower);
    await expect(flowing.publish(text)).rejects.toThrow('odd does not start: no');
    const { number } = await flowing.publish(text.replace(/'bad' -> SETTING odd/, ''));
    expect(number).toBe(2);
    expect((await flowing.say('hi')).answer.status).toBe(201);
  });

  it('does not keep the next revision from starting when its setUp never ends', async () => {
    const stuck = new Flowing(project.root);
    await stuck.publish(GOCHAT);
    const sleeper = add(INERT, { setUp: 'component.setUp = () => new Promise(() => {});' });
    const refused = expect(stuck.publish(beside({ odd: sleeper }))).rejects.toThrow('odd does not start');
    const { number } = await stuck.publish(set(CHAT, { MAXLEN: '7' }));
    expect(number).toBe(2);
    await refused;
    await stuck.runtime.stop();
  }, 30_000);
});
