import { describe, expect, it } from '@jest/globals';
import { getComponent, subscribe } from '../../components/Subscribe.ts';
import { refusal } from '../../src/model/codes.ts';
import { flaws, NodeHarness, question } from '../support/node.ts';

const params = { room: 'tea' };

describe('Subscribe', () => {
  it('names the topic of a room and the way to its history', () => {
    const subscription = { topic: 'room/tea', history: '/api/rooms/tea/entries' };
    const answer = subscribe(question({ params }));
    expect(answer).toEqual({ id: 'q1', status: 200, body: JSON.stringify(subscription), subscription });
  });

  it('goes on after the cursor of a caller who comes back', () => {
    const answer = subscribe(question({ params, query: { after: 'e1:7' } }));
    expect(answer).toMatchObject({ subscription: { after: 'e1:7' }, body: expect.stringContaining('"after":"e1:7"') });
  });

  it.each(['', '7', 'e1:', ':7', 'e1:-7', 'e1:7.5', 'e1:7\n', '<b>:7'])('refuses %j as a cursor', after => {
    const detail = 'after is no cursor; it looks like EPOCH:SEQ';
    expect(subscribe(question({ params, query: { after } }))).toEqual(refusal('q1', 'cursor-invalid', detail));
  });

  it('refuses a question that names no room', () => {
    expect(subscribe(question())).toMatchObject({ id: 'q1', status: 404, code: 'room-invalid' });
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent());
    const reply = await node.ask('in', question({ params }));
    const refused = await node.ask('in', question(), 'refused');
    expect([reply, refused].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
