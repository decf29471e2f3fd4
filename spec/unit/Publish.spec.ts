import { describe, expect, it } from '@jest/globals';
import { event, getComponent } from '../../components/Publish.ts';
import { flaws, frozen, NodeHarness } from '../support/node.ts';

const message = frozen({
  room: 'tea',
  seq: 42,
  id: 'm1',
  author: 'ann',
  text: 'hi',
  at: '2026-11-22T08:00:00.000Z',
  time: 1_795_334_400.000001,
});
const added = frozen({ message, cursor: 'e1:42' });

describe('Publish', () => {
  it("makes an event for the message's room, at its place", () => {
    expect(event(added)).toMatchObject({ topic: 'room/tea', seq: 42, cursor: 'e1:42', event: 'message' });
  });

  it("tells the message as the API does, without gochat's time", () => {
    const { time, ...data } = message;
    expect(JSON.stringify(event(added).data)).toBe(JSON.stringify(data));
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent());
    expect(flaws(await node.ask('in', added))).toEqual([]);
  });
});
