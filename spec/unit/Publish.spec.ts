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
const added = frozen({ seq: 42, id: 'm1', kind: 'message' as const, at: message.at, message, cursor: 'e1:42' });
const changed = { ...added, seq: 43, id: 'c1', about: 'm1', cursor: 'e1:43' } as const;

describe('Publish', () => {
  it("makes an event for the message's room, at its place", () => {
    expect(event(added)).toMatchObject({ topic: 'room/tea', seq: 42, cursor: 'e1:42', event: 'message' });
  });

  it("tells the message as the API does, without gochat's time", () => {
    const { time, ...data } = message;
    expect(JSON.stringify(event(added).data)).toBe(JSON.stringify(data));
  });

  it('tells an edit and a removal with the message as it is now, and of what was removed no text', () => {
    const edited = frozen({ ...message, text: 'ho', edited: '2026-11-22T08:01:00.000Z' });
    expect(event(frozen({ ...changed, kind: 'edit', message: edited }))).toMatchObject({
      seq: 43,
      cursor: 'e1:43',
      event: 'edit',
      data: { id: 'm1', seq: 42, text: 'ho', edited: edited.edited },
    });
    const removed = frozen({ ...edited, text: '', removed: true as const });
    for (const kind of ['message', 'edit', 'remove'] as const) {
      const { event: name, data } = event(frozen({ ...changed, kind, message: removed }));
      expect(name).toBe('remove');
      expect(data).toMatchObject({ id: 'm1', removed: true });
      expect(data).not.toHaveProperty('text');
    }
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent());
    expect(flaws(await node.ask('in', added))).toEqual([]);
  });
});
