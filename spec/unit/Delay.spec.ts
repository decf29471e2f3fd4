import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DelayLine, getComponent } from '../../components/Delay.ts';
import { NodeHarness, post } from '../support/node.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const start = (id: string, seconds: unknown = 5) => NodeHarness.start(getComponent(), { seconds }, { id });

describe('Delay', () => {
  it('sends the same packet on, later', async () => {
    const node = await start('later');
    const packet = post();
    node.send('in', packet);
    jest.advanceTimersByTime(4999);
    expect(node.left).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(await node.next('out')).toBe(packet);
  });

  it('is not at work meanwhile, and hands what waits to the next revision', async () => {
    const before = await start('handed');
    before.send('in', post());
    const next = await start('handed');
    await before.stop();
    jest.advanceTimersByTime(5000);
    expect(before.left).toEqual([]);
    expect(await next.next('out')).toEqual(post());
  });

  it('forgets what waits once there is no revision with it', async () => {
    const node = await start('gone');
    node.send('in', post());
    await node.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets so many packets wait and no more', () => {
    const line = new DelayLine();
    line.attach(() => {});
    for (let i = 0; i < 10_000; i++) line.add(post(), 1000);
    expect(() => line.add(post(), 1000)).toThrow('10000 packets wait here already');
  });

  it.each([0, -1, 86_401, 'soon', Number.NaN])('does not start with SECONDS %j', async seconds => {
    await expect(start('bad', seconds)).rejects.toThrow('SECONDS must be a number above 0, and at most 86,400');
  });
});
