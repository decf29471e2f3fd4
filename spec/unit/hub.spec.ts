import { describe, expect, it } from '@jest/globals';
import { Hub } from '../../src/delivery/hub.ts';
import { guest, type Who } from '../../src/model/who.ts';
import { caller, framing, Listener, TOPIC, Topic, turn } from '../support/topic.ts';

/** A topic with `last` messages, and the hub that tells of it. */
function hub(last = 0) {
  const topic = new Topic();
  topic.last = last;
  const live = new Hub(topic.questions);
  const seat = async (listener: Listener, after?: string, by = caller()) => {
    const seated = live.subscribe({ topic: TOPIC, history: '/past', ...(after && { after }) }, listener, by);
    await topic.answer();
    await seated;
    return listener;
  };
  return { topic, live, seat };
}

describe('Live', () => {
  it('serialises an event once, and frames it once for each kind of connection', async () => {
    const { live, topic, seat } = hub();
    const [sse, socket] = [framing(), framing()];
    const listeners = [sse, socket, sse, socket, sse].map(frames => new Listener({ frames }));
    for (const listener of listeners) await seat(listener, 'a:0');
    let serialised = 0;
    const data = { toJSON: () => `said ${++serialised} time` };
    live.push({ ...topic.append(), data });
    expect([serialised, sse.made, socket.made]).toEqual([1, 1, 1]);
    expect(new Set(listeners.map(({ bytes }) => bytes[0])).size).toBe(2);
    expect(String(listeners[0]!.bytes)).toBe('message a:1 "said 1 time"');
  });

  it('tells those who are seated at the topic of an event, from now on', async () => {
    const { live, topic, seat } = hub(3);
    const here = await seat(new Listener());
    const elsewhere = new Listener();
    await live.subscribe({ topic: 'room/b', history: '' }, elsewhere, caller());
    live.push(topic.append());
    live.push({ ...topic.append(), topic: 'room/c' });
    expect(here.heard).toEqual(['message a:4']);
    expect(elsewhere.heard).toEqual([]);
    expect(live.counts).toEqual({ subscriptions: 2, delivered: 1, disconnected: 0 });
  });

  it('gives the past first, page by page, to whoever comes with a cursor', async () => {
    const { live, topic, seat } = hub(5);
    const listener = await seat(new Listener(), 'a:1');
    expect(listener.heard).toEqual(['message a:2', 'message a:3', 'message a:4', 'message a:5']);
    live.push(topic.append());
    expect(listener.heard.at(-1)).toBe('message a:6');
  });

  it('skips what is known already', async () => {
    const { live, topic, seat } = hub(2);
    const listener = await seat(new Listener(), 'a:2');
    for (const seq of [1, 2]) live.push(topic.event(seq));
    await turn();
    expect(listener.heard).toEqual([]);
    expect(topic.asked).toEqual([]);
  });

  it('reads once for all who miss the same', async () => {
    const { live, topic, seat } = hub(1);
    const listeners = [new Listener(), new Listener(), new Listener()];
    for (const listener of listeners) await seat(listener, 'a:1');
    topic.append();
    live.push(topic.append());
    await turn();
    expect(topic.asked).toHaveLength(1);
    await topic.answer();
    for (const { heard } of listeners) expect(heard).toEqual(['message a:2', 'message a:3']);
  });

  it('says where history was lost', async () => {
    const { topic, seat } = hub(5);
    topic.first = 4;
    expect((await seat(new Listener(), 'a:1')).heard).toEqual(['gap a:3', 'message a:4', 'message a:5']);
    expect((await seat(new Listener(), 'b:9')).heard).toEqual(['gap a:3', 'message a:4', 'message a:5']);
  });

  it('drops what comes late from a history that is over', async () => {
    const { live, topic, seat } = hub(3);
    const late = topic.event(4);
    const listener = await seat(new Listener(), 'a:3');
    topic.restart('b', 0);
    live.push(topic.append());
    await topic.answer();
    live.push(late);
    await topic.answer();
    live.push(topic.append());
    expect(listener.heard).toEqual(['gap b:0', 'message b:1', 'message b:2']);
  });

  it('gives a client one seat at a topic, however often it comes', async () => {
    const { live, topic, seat } = hub(2);
    const listener = new Listener();
    const first = live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, listener, caller());
    await seat(listener, 'a:2');
    await first;
    live.push(topic.append());
    expect(listener.heard).toEqual(['message a:3']);
    expect(live.counts.subscriptions).toBe(1);
  });
});

describe('a slow client', () => {
  it('is cut with a reason when a megabyte waits for it, and may come back with its cursor', async () => {
    const { live, topic, seat } = hub();
    const [slow, quick] = [await seat(new Listener(), 'a:0'), await seat(new Listener(), 'a:0')];
    live.push(topic.append());
    slow.backlog = 1024 * 1024;
    live.push(topic.append());
    expect(slow.cutFor).toBeUndefined();
    slow.backlog += 1;
    for (let i = 0; i < 3; i++) live.push(topic.append());
    expect(slow.cutFor).toMatch(/too slow.*cursor/);
    expect(slow.heard).toHaveLength(2);
    expect(quick.heard).toHaveLength(5);
    expect(live.counts).toMatchObject({ disconnected: 1, subscriptions: 1 });
    expect((await seat(new Listener(), slow.cursor)).heard).toEqual(['message a:3', 'message a:4', 'message a:5']);
  });

  it('gets the next page of the past when the last one has left, and is not cut for it', async () => {
    const { live, topic } = hub(4);
    const slow = new Listener({ slow: true });
    void live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, slow, caller());
    await topic.answer();
    slow.backlog = 5e6;
    live.push(topic.append());
    expect(slow.heard).toEqual(['message a:1', 'message a:2']);
    while (slow.waiting.length > 0) {
      slow.waiting.shift()!();
      await topic.answer();
    }
    expect(slow.cutFor).toBeUndefined();
    expect(slow.heard).toHaveLength(5);
  });

  it('is cut when ten thousand events wait until it has caught up', async () => {
    const { live, topic } = hub(4);
    const slow = new Listener({ slow: true });
    void live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, slow, caller());
    await topic.answer();
    for (let i = 0; i < 10_000; i++) live.push(topic.append());
    expect(slow.cutFor).toBeUndefined();
    live.push(topic.append());
    expect(slow.cutFor).toMatch(/too slow/);
    slow.waiting.shift()!();
    await topic.answer();
    expect(slow.heard).toHaveLength(2);
  });

  it('is told only of the removal of what was removed while it waited', async () => {
    const { live, topic } = hub(0);
    const late = new Listener();
    void live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, late, caller());
    await turn();
    topic.look();
    live.push({ ...topic.append(), data: { id: 'm', text: 'unspeakable' } });
    live.push({ ...topic.append(), data: { id: 'n', text: 'harmless' } });
    live.push({ ...topic.append(), event: 'remove', data: { id: 'm', removed: true } });
    topic.tell();
    await topic.answer();
    expect(late.heard).toEqual(['remove a:1', 'message a:2', 'remove a:3']);
    expect(String(late.bytes)).not.toContain('unspeakable');
  });
});

describe('an event without a cursor', () => {
  const typing = { topic: TOPIC, event: 'typing', data: { author: 'ann' } };

  it('reaches who is live, and neither who catches up nor who waits for the next entry', async () => {
    const { live, topic, seat } = hub(1);
    const [here, slow, late] = [await seat(new Listener()), await seat(new Listener()), new Listener()];
    slow.backlog = 1e9;
    void live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, late, caller());
    let happened = false;
    void live.next(TOPIC, caller(), new AbortController().signal).then(() => {
      happened = true;
    });
    live.push(typing);
    live.push({ ...typing, topic: 'room/nobody-is-in' });
    await topic.answer();
    await turn();
    expect(here.heard).toEqual(['typing {"author":"ann"}']);
    expect([slow.heard, slow.cutFor, late.heard, happened]).toEqual([[], undefined, ['message a:1'], false]);
    live.push(topic.append());
    await turn();
    expect([here.heard.at(-1), happened]).toEqual(['message a:2', true]);
  });

  it.each(['message', 'ack', 'hello', 'about', '', 'Typing', 'a\nid: 7', undefined])('may not be called %j', event => {
    const { live } = hub();
    const push = () => live.push({ ...typing, event } as never);
    expect(push).toThrow('an event without a cursor is of a kind of its own');
  });
});

describe('whoever leaves', () => {
  it('hears nothing more of that topic', async () => {
    const { live, topic, seat } = hub();
    const listener = await seat(new Listener(), 'a:0');
    await live.subscribe({ topic: 'room/b', history: '' }, listener, caller());
    live.leave(listener, TOPIC);
    live.leave(listener, 'room/nobody-is-in');
    live.push(topic.append());
    expect(live.counts.subscriptions).toBe(1);
    live.push({ ...topic.append(), topic: 'room/b' });
    live.leave(listener);
    expect(listener.heard).toEqual(['message a:2']);
    expect(live.counts.subscriptions).toBe(0);
  });

  it('while it catches up, is sent nothing more and asks for nothing more', async () => {
    const { live, topic } = hub(3);
    const listener = new Listener();
    const seated = live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, listener, caller());
    live.leave(listener);
    await topic.answer();
    await seated;
    expect(listener.heard).toEqual([]);
    expect(listener.cutFor).toBeUndefined();
  });
});

describe('where the past cannot be read', () => {
  it('a client is not seated, and hears why', async () => {
    const { live, topic } = hub(3);
    const seated = live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, new Listener(), caller());
    await turn();
    topic.fail();
    await expect(seated).rejects.toThrow('the graph is full');
    expect(live.counts.subscriptions).toBe(0);
  });

  it('a client that misses something is cut with the reason', async () => {
    const { live, topic, seat } = hub(3);
    const listener = await seat(new Listener(), 'a:3');
    topic.append();
    live.push(topic.append());
    await turn();
    topic.fail();
    await turn();
    expect(listener.cutFor).toBe('the graph is full');
    expect(live.counts).toMatchObject({ disconnected: 0, subscriptions: 0 });
  });

  it('a client that has left or come again meanwhile is left alone', async () => {
    const { live, topic, seat } = hub(3);
    const listener = new Listener();
    const first = live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, listener, caller());
    await turn();
    const [read] = topic.asked.splice(0);
    await seat(listener, 'a:3');
    read!.reject(new Error('the graph is full'));
    await first;
    live.push(topic.append());
    expect(listener.heard).toEqual(['message a:4']);
  });
});

describe('whoever waits for the next event', () => {
  it('is told of it once, and takes no seat after it', async () => {
    const { live, topic } = hub();
    const happened = live.next(TOPIC, caller(), new AbortController().signal);
    live.push(topic.append());
    live.push(topic.append());
    expect(await happened).toBe(true);
    expect(live.counts.subscriptions).toBe(0);
  });

  it('is told that nothing happened when nobody waits any more', async () => {
    const { live } = hub();
    const controller = new AbortController();
    const happened = live.next(TOPIC, caller(), controller.signal);
    controller.abort();
    expect(await happened).toBe(false);
    expect(await live.next(TOPIC, caller(), controller.signal)).toBe(false);
    expect(live.counts.subscriptions).toBe(0);
  });
});

const member = (name: string) => Object.freeze({ kind: 'person', id: name, name, role: 'member' } as const);
const nobody = Object.freeze({ kind: 'guest', id: 'here', name: '', role: 'guest' } as const);
const onlyMembers = ({ role }: Who) => (role === 'member' ? undefined : 403);

describe('the past', () => {
  it('is read once for all guests, wherever they are, and for each person by themselves, as who they are', async () => {
    const { live, topic, seat } = hub(1);
    const people = [guest('here'), guest('there'), member('ann'), member('bob'), member('bob')];
    const listeners = people.map(() => new Listener());
    for (const [i, who] of people.entries()) await seat(listeners[i]!, 'a:1', caller(who));
    topic.append();
    live.push(topic.append());
    await turn();
    expect(topic.asked.map(({ who }) => who)).toEqual([guest('here'), member('ann'), member('bob')]);
    await topic.answer();
    for (const { heard } of listeners) expect(heard).toEqual(['message a:2', 'message a:3']);
  });

  it('is read once for those of one audience', async () => {
    const { live, topic } = hub(3);
    for (const [i, audience] of ['open', 'open', 'board'].entries()) {
      const subscription = { topic: TOPIC, history: '/past', after: 'a:2', audience };
      void live.subscribe(subscription, new Listener(), caller(member(`p${i}`)));
    }
    await turn();
    expect(topic.asked.map(({ who: { id } }) => id)).toEqual(['p0', 'p2']);
  });

  it('is asked for once more by those for whom somebody else was refused', async () => {
    const { live, topic, seat } = hub(1);
    const [banned, other] = [new Listener(), new Listener()];
    await seat(banned, 'a:1', caller(guest('banned')));
    await seat(other, 'a:1', caller(guest('other')));
    topic.refuses = ({ id }) => (id === 'banned' ? 403 : undefined);
    topic.append();
    live.push(topic.append());
    await topic.answer();
    expect(banned.refusedFor).toBe('room/a: not for guest');
    expect(other.heard).toEqual(['message a:2', 'message a:3']);
    expect(live.counts).toMatchObject({ subscriptions: 1, disconnected: 0 });
  });
});

describe('whoever is asked for again', () => {
  it('hears nothing until that is answered, and then what came meanwhile, without a hole and without a double', async () => {
    const { live, topic, seat } = hub(1);
    const [from, later] = [await seat(new Listener(), 'a:1'), await seat(new Listener())];
    live.recheck(() => true);
    live.push(topic.append());
    live.push(topic.append());
    expect([from.heard, later.heard]).toEqual([[], []]);
    await topic.answer();
    live.push(topic.append());
    for (const { heard } of [from, later]) expect(heard).toEqual(['message a:2', 'message a:3', 'message a:4']);
    expect(topic.rechecked).toHaveLength(1);
  });

  it('hears no more of what who they are now may not hear, and learns why, while others go on', async () => {
    const { live, topic, seat } = hub(1);
    topic.refuses = onlyMembers;
    const [ann, bob] = [caller(member('ann')), caller(member('bob'))];
    const [hers, his] = [await seat(new Listener(), 'a:1', ann), await seat(new Listener(), 'a:1', bob)];
    ann.visitor.who = nobody;
    live.recheck(({ visitor }) => visitor === ann.visitor);
    live.push(topic.append());
    await topic.answer();
    expect(hers).toMatchObject({ heard: [], refusedFor: 'room/a: not for guest', cutFor: undefined });
    expect(his.heard).toEqual(['message a:2']);
    expect(live.counts).toMatchObject({ subscriptions: 1, disconnected: 0 });
  });

  it('is not sent what was being read for who they were', async () => {
    const { live, topic } = hub(3);
    topic.refuses = onlyMembers;
    const [ann, listener] = [caller(member('ann')), new Listener()];
    void live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, listener, ann);
    await turn();
    ann.visitor.who = nobody;
    live.recheck(({ visitor }) => visitor === ann.visitor);
    await topic.answer();
    expect(listener).toMatchObject({ heard: [], refusedFor: 'room/a: not for guest' });
  });

  it('goes on catching up where it was', async () => {
    const { live, topic } = hub(5);
    const listener = new Listener();
    void live.subscribe({ topic: TOPIC, history: '/past', after: 'a:0' }, listener, caller());
    await turn();
    topic.look();
    topic.tell();
    live.push(topic.append());
    await turn();
    live.recheck(() => true);
    live.recheck(() => true);
    await topic.answer();
    expect(listener.heard).toEqual([1, 2, 3, 4, 5, 6].map(seq => `message a:${seq}`));
  });

  it('is cut, to come back later, where the graph gives no answer', async () => {
    const { live, topic, seat } = hub(1);
    const listener = await seat(new Listener(), 'a:1');
    topic.refuses = () => 503;
    live.recheck(() => true);
    await topic.answer();
    expect(listener).toMatchObject({ cutFor: 'not for guest', refusedFor: undefined });
  });

  it('is woken where they only wait for the next event', async () => {
    const { live, topic } = hub();
    const happened = live.next(TOPIC, caller(), new AbortController().signal);
    live.recheck(() => true);
    expect(await happened).toBe(true);
    await topic.answer();
    expect(topic.rechecked).toEqual([]);
  });
});

describe('when another revision is live', () => {
  it('all are asked for, once for those who are equal, and hear on meanwhile', async () => {
    const { live, topic, seat } = hub(1);
    const [open, closed] = [new Listener(), new Listener()];
    for (let i = 0; i < 10; i++) await seat(new Listener(), 'a:1', caller(guest(`from ${i % 2}`)));
    await seat(open, 'a:1', caller(member('ann')));
    await seat(closed, 'a:1');
    topic.refuses = ({ id }) => (id === 'here' ? 403 : undefined);
    const done = live.recheckAll();
    live.push(topic.append());
    await done;
    await topic.answer();
    expect(open.heard).toEqual(['message a:2']);
    expect(closed).toMatchObject({ heard: ['message a:2'], refusedFor: 'room/a: not for guest' });
    expect(topic.rechecked.map(({ who: { id } }) => id)).toEqual(['from 0', 'from 1', 'ann']);
    expect(live.counts.subscriptions).toBe(11);
  });

  it('a subscription stays that the graph does not answer for', async () => {
    const { live, topic, seat } = hub(1);
    const listener = await seat(new Listener(), 'a:1');
    topic.refuses = () => 504;
    await live.recheckAll();
    await topic.answer();
    expect(listener).toMatchObject({ cutFor: undefined, refusedFor: undefined });
    live.push(topic.append());
    expect(listener.heard).toEqual(['message a:2']);
  });
});
