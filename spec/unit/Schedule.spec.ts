import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getComponent, tickAt, timesOf } from '../../components/Schedule.ts';
import { tellTimes } from '../../src/behaviour/schedule.ts';
import { unaskedBy } from '../../src/model/who.ts';
import { flaws, NodeHarness } from '../support/node.ts';

const NOON = Date.parse('2026-11-29T12:00:00.000Z');

beforeEach(() => {
  jest.useFakeTimers({ now: NOON });
});
afterEach(() => {
  jest.useRealTimers();
});

const next = (settings: Parameters<typeof timesOf>[0], after = NOON) =>
  new Date(timesOf(settings)!(after)!).toISOString();

describe('Schedule', () => {
  it('knows when it is time, also in other zones and when the clocks change', () => {
    expect(next({ cron: '0 9 * * mon-fri', zone: 'Europe/Berlin' })).toBe('2026-11-30T08:00:00.000Z');
    expect(next({ cron: '0 9 * * *', zone: 'Europe/Berlin' }, Date.parse('2026-06-01T12:00:00Z'))).toBe(
      '2026-06-02T07:00:00.000Z',
    );
    expect(next({ every: '1 h' })).toBe('2026-11-29T13:00:00.000Z');
    expect(next({ every: '7 s' }, NOON + 1)).toBe(next({ every: '7 s' }, NOON + 2));
    expect(timesOf({})).toBeUndefined();
  });

  it.each([
    [{ cron: 'nonsense' }, 'CRON must be a pattern such as "0 9 * * mon-fri", not "nonsense"'],
    [{ cron: '0 0 30 2 *' }, 'CRON: "0 0 30 2 *" is never, or not any more'],
    [{ cron: '0 9 * * *', zone: 'Mars/X' }, 'ZONE must be a time zone'],
    [{ every: '0 s' }, 'EVERY must be a time'],
    [{ every: '999 ms' }, 'EVERY must be at least 1 s'],
    [{ every: '1 h', cron: '0 9 * * *' }, 'CRON and EVERY exclude each other'],
  ])('does not start with %j', async (settings, sentence) => {
    await expect(NodeHarness.start(getComponent(), settings, { id: sentence })).rejects.toThrow(sentence);
  });

  it('sends its data with the time, under an id of its own', () => {
    const tick = tickAt('morning', { room: 'news', id: 'forged' }, NOON, 2);
    expect(tick).toMatchObject({ room: 'news', at: '2026-11-29T12:00:00.000Z', missed: 2 });
    expect([unaskedBy(tick.id), flaws(tick)]).toEqual(['morning', []]);
    expect(tickAt('morning', undefined, NOON, 0)).not.toHaveProperty('missed');
  });

  it('sends once for each time, whichever revisions there are, and nothing once it is stopped', async () => {
    const start = () => NodeHarness.start(getComponent(), { every: '1 min' }, { id: 'once' });
    const before = await start();
    const after = await start();
    jest.advanceTimersByTime(60_000);
    expect([...before.left, ...after.left]).toEqual(['out']);
    await before.stop();
    jest.advanceTimersByTime(60_000);
    expect(after.left).toEqual(['out']);
    await after.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('takes new settings up', async () => {
    const node = await NodeHarness.start(getComponent(), { every: '1 h' }, { id: 'new' });
    node.send('every', '1 s');
    jest.advanceTimersByTime(1000);
    expect(await node.next('out')).toMatchObject({ at: '2026-11-29T12:00:01.000Z' });
    await node.stop();
  });

  it('makes up for the last time that was missed, and says how many were', () => {
    const told: unknown[] = [];
    const end = tellTimes(timesOf({ every: '1 min' })!, { at: 0 }, (at, missed) => told.push([at - NOON, missed]));
    jest.setSystemTime(NOON + 10 * 60_000 + 1);
    jest.advanceTimersByTime(60_000);
    expect(told).toEqual([[11 * 60_000, 10]]);
    end();
  });

  it('waits for what is further away than timers reach', () => {
    const told: number[] = [];
    const end = tellTimes(timesOf({ cron: '0 0 1 6 *', zone: 'UTC' })!, { at: 0 }, at => told.push(at));
    jest.advanceTimersByTime(184 * 86_400_000);
    expect(told.map(at => new Date(at).toISOString())).toEqual(['2027-06-01T00:00:00.000Z']);
    end();
  });
});
