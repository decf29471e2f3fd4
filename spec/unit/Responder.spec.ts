import { describe, expect, it } from '@jest/globals';
import { getComponent, respond, writer } from '../../components/Responder.ts';
import type { Message, MessagePage } from '../../src/model/packets.ts';
import { flaws, frozen, NodeHarness } from '../support/node.ts';

const message = (given: Partial<Message> = {}): Message =>
  frozen({
    room: 'tea',
    seq: 1,
    id: 'm1',
    author: 'ann',
    text: 'hi',
    at: '2026-11-22T08:00:00.000Z',
    time: 1.5,
    ...given,
  });

const page = (given: Partial<MessagePage> = {}): MessagePage =>
  frozen({ id: 'q1', room: 'tea', form: 'api', messages: [message()], cursor: 'e1:1', gap: false, ...given });

const GOCHAT = '{"Time":1.5,"Author":"ann","Text":"hi"}';
const API = '{"room":"tea","seq":1,"id":"m1","author":"ann","text":"hi","at":"2026-11-22T08:00:00.000Z"}';

/** A message that counts how often it is written. */
function counted(): { message: Message; written(): number } {
  let count = 0;
  const counting = {
    ...message(),
    get text() {
      count += 1;
      return 'hi';
    },
  };
  return { message: Object.freeze(counting), written: () => count };
}

describe('Responder', () => {
  it("writes gochat's fields in gochat's order", () => {
    expect(respond(page({ form: 'gochat' }))).toEqual({ id: 'q1', status: 200, body: `[${GOCHAT}]` });
  });

  it('writes times so that the next since loses nothing', () => {
    const times = [1_795_334_400.000001, 1_795_334_400.000002, 1_795_334_400.999999];
    const { body } = respond(page({ form: 'gochat', messages: times.map(time => message({ time })) })) as {
      body: string;
    };
    expect(JSON.parse(body).map(({ Time }: { Time: number }) => Time)).toEqual(times);
  });

  it('writes a page of a room with its cursor and gap', () => {
    const body = `{"messages":[${API},${API}],"cursor":"e1:1","gap":true}`;
    expect(respond(page({ messages: [message(), message()], gap: true }))).toEqual({ id: 'q1', status: 200, body });
  });

  it('writes a list of messages anew where its form, cursor or gap is another one', async () => {
    const node = await NodeHarness.start(getComponent());
    const messages = frozen([message()]);
    const ways: readonly Partial<MessagePage>[] = [{}, {}, { cursor: 'e1:2' }, { gap: true }, { form: 'gochat' }, {}];
    const replies = [];
    for (const way of ways) replies.push(await node.ask('in', page({ messages, ...way })));
    expect(replies).toEqual(ways.map(way => respond(page({ messages, ...way }))));
  });

  it('writes empty pages', () => {
    expect(respond(page({ form: 'gochat', messages: [] }))).toMatchObject({ body: '[]' });
    expect(respond(page({ messages: [] }))).toMatchObject({ body: '{"messages":[],"cursor":"e1:1","gap":false}' });
  });

  it.each([
    ['gochat', GOCHAT],
    ['api', API],
  ] as const)('writes a receipt for %s', (form, body) => {
    expect(respond(frozen({ id: 'q1', form, message: message() }))).toEqual({ id: 'q1', status: 201, body });
  });

  it('writes what needs escaping', () => {
    const text = '"\\\n\u2028</script>\u{1f600}';
    const { body } = respond(page({ messages: [message({ text })], cursor: '"' })) as { body: string };
    expect(JSON.parse(body)).toMatchObject({ messages: [{ text }], cursor: '"' });
  });

  it('writes the list of rooms', () => {
    const rooms = [{ room: 'tea', cursor: 'e1:1', newest: 1 }];
    expect(respond(frozen({ id: 'q1', rooms }))).toEqual({ id: 'q1', status: 200, body: JSON.stringify({ rooms }) });
  });

  it('lets replies and refusals pass as they are', () => {
    const reply = frozen({ id: 'q1', status: 200, body: '{}', subscription: { topic: 'room/tea', history: '/' } });
    const refusal = frozen({ id: 'q1', status: 404, detail: 'there is nothing' });
    expect(respond(reply)).toBe(reply);
    expect(respond(refusal)).toBe(refusal);
  });

  it('writes a message once in each form', () => {
    const { message, written } = counted();
    const write = writer();
    for (let i = 0; i < 3; i++) expect([write('gochat', message), write('api', message)]).toEqual([GOCHAT, API]);
    expect(written()).toBe(2);
  });

  it('writes a message once for all who read it', async () => {
    const { message, written } = counted();
    const node = await NodeHarness.start(getComponent());
    for (let i = 0; i < 3; i++) await node.ask('in', page({ messages: [message] }));
    expect(await node.ask('in', frozen({ id: 'q9', form: 'api', message }))).toEqual({
      id: 'q9',
      status: 201,
      body: API,
    });
    expect(written()).toBe(1);
  });

  it('does not mistake one message for another with the same content', () => {
    const write = writer();
    expect(write('api', message({ text: 'a' }))).not.toBe(write('api', message({ text: 'b' })));
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent());
    const found = [
      page(),
      page({ form: 'gochat' }),
      { id: 'q1', form: 'api', message: message() },
      { id: 'q1', rooms: [] },
    ];
    for (const packet of found) expect(flaws(await node.ask('in', packet))).toEqual([]);
  });
});
