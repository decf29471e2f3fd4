import { describe, expect, it } from '@jest/globals';
import { getComponent, query } from '../../components/Controller.ts';
import { refusal } from '../../src/model/codes.ts';
import { flaws, NodeHarness, question, SOMEBODY } from '../support/node.ts';

const room = (asked: Readonly<Record<string, string>>) => query(question({ query: asked, params: { room: 'tea' } }));

describe('Controller', () => {
  it.each([
    ['1763800000', 1_763_800_000],
    ['1763800000.000001', 1_763_800_000.000001],
    ['0', 0],
    ['-5', 0],
    ['', 0],
    ['NaN', 0],
    ['yesterday', 0],
    ['Infinity', 0],
    ['-Infinity', 0],
    ['1,5', 0],
    ['1_000', 0],
    ['0x7fffffff', 0],
    ['1e3', 0],
    ['9'.repeat(400), 0],
  ])("takes gochat's since=%s for %d", (since, seconds) => {
    expect(query(question({ query: { since } }))).toEqual({
      id: 'q1',
      room: 'lobby',
      form: 'gochat',
      who: SOMEBODY,
      since: seconds,
    });
  });

  it('takes a missing since for 0', () => {
    expect(query(question())).toEqual({ id: 'q1', room: 'lobby', form: 'gochat', who: SOMEBODY, since: 0 });
  });

  it('asks for the newest of a room without a cursor', () => {
    expect(room({})).toEqual({ id: 'q1', room: 'tea', form: 'api', who: SOMEBODY });
  });

  it("does not take gochat's cursor in a room, nor what it does not know", () => {
    expect(room({ since: '7', constructor: 'x' })).toEqual({ id: 'q1', room: 'tea', form: 'api', who: SOMEBODY });
  });

  it.each(['after', 'before'])('passes the cursor %s on', name => {
    expect(room({ [name]: '0f-3_a:42' })).toEqual({
      id: 'q1',
      room: 'tea',
      form: 'api',
      who: SOMEBODY,
      [name]: '0f-3_a:42',
    });
  });

  it.each([
    '',
    '42',
    'e1:',
    ':42',
    'e1:-1',
    'e1:1.5',
    'e1:1e3',
    'e1:0x1',
    'e 1:1',
    'e1:1:1',
    'e1:1\n',
    'é:1',
    `e1:${'9'.repeat(16)}`,
  ])('refuses %j as a cursor', cursor => {
    for (const name of ['after', 'before'])
      expect(room({ [name]: cursor })).toMatchObject({
        status: 422,
        code: 'cursor-invalid',
        detail: expect.stringContaining(name),
      });
  });

  it('refuses two cursors', () => {
    expect(room({ after: 'e1:1', before: 'e1:9' })).toMatchObject({
      status: 422,
      code: 'parameter-invalid',
      detail: 'after and before exclude each other; give one of them',
    });
  });

  it.each([
    ['1', 1],
    ['200', 200],
  ])('takes a limit of %s', (limit, most) => {
    expect(room({ limit })).toEqual({ id: 'q1', room: 'tea', form: 'api', who: SOMEBODY, limit: most });
  });

  it.each(['0', '201', '-1', '1.5', '1e2', '0x1', 'abc', '', ' 5', 'Infinity', '1000'])(
    'refuses a limit of %j',
    limit => {
      expect(room({ limit })).toEqual(refusal('q1', 'parameter-invalid', 'limit must be a whole number from 1 to 200'));
    },
  );

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent());
    const params = { room: 'tea' };
    const gochat = await node.ask('in', question({ query: { since: 'Infinity' } }));
    const api = await node.ask('in', question({ params, query: { after: 'e1:1', limit: '7' } }));
    const refused = await node.ask('in', question({ params, query: { limit: '0' } }), 'refused');
    expect([gochat, api, refused].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
