import { describe, expect, it } from '@jest/globals';
import { admit, getComponent } from '../../components/Admit.ts';
import { Directory, recordOf } from '../../src/model/directory.ts';
import type { Question } from '../../src/model/packets.ts';
import { parseRules } from '../../src/model/rules.ts';
import { open } from '../../src/store/open.ts';
import { flaws, NodeHarness, question } from '../support/node.ts';

const EVERYBODY = parseRules('*: guest');
const person = (id: string, role: 'member' | 'moderator' | 'owner' = 'member') =>
  recordOf.person({ id, kind: 'person', name: id, role, made: 1 });
const as = (id: string, role: 'member' | 'moderator' | 'owner' = 'member') =>
  ({ kind: 'person', id, name: id, role }) as const;
const room = (name: string, kind: 'open' | 'private' | 'direct' = 'private') =>
  recordOf.room({ room: name, title: name, kind, by: 'ann', made: 1 });
const read = (name: string, more: Partial<Question> = {}) => question({ path: `/api/rooms/${name}/messages`, ...more });

function founded(...records: Parameters<Directory['take']>[0]): Directory {
  const directory = new Directory();
  directory.take([person('ann', 'owner'), person('bob'), ...records]);
  return directory;
}

const answer = (asked: Question, directory: Directory, rules = EVERYBODY, isThere = true, now = 1000) => {
  const admitted = admit(asked, rules, directory, isThere, now);
  return 'status' in admitted ? [admitted.status, admitted.code, admitted.detail] : 'passes';
};

describe('Admit', () => {
  it('lets everything pass as it is where nobody has an account', () => {
    const asked = question({ method: 'POST', body: { author: 'ann', text: 'hi' } });
    expect(admit(asked, EVERYBODY, new Directory(), false)).toBe(asked);
  });

  it('takes a question that says of nobody who asks for one of a guest', () => {
    const { who: _, ...asked } = question({ method: 'POST', body: { author: 'ann', text: 'hi' } });
    expect(admit(asked as Question, EVERYBODY, new Directory(), false)).toBe(asked);
    expect(answer(asked as Question, founded(), parseRules('*: member'))).toEqual([
      401,
      'sign-in',
      'only a member may post a message (here: lobby); sign in',
    ]);
  });

  it('goes by role and room', () => {
    const rules = parseRules('post news: moderator; post: member; *: guest');
    const post = (name: string, who: Question['who']) => read(name, { method: 'POST', who });
    const directory = founded(room('news', 'open'), room('tea', 'open'));
    expect(answer(post('news', as('bob')), directory, rules)).toEqual([
      403,
      'not-allowed',
      'only a moderator may post a message (here: news); you are a member',
    ]);
    expect(answer(post('news', as('ann', 'owner')), directory, rules)).toBe('passes');
    expect(answer(post('tea', as('bob')), directory, rules)).toBe('passes');
    const [status, code, detail] = answer(read('tea', { method: 'POST' }), directory, rules);
    expect([status, code]).toEqual([401, 'sign-in']);
    expect(detail).toMatch(/sign in$/);
  });

  it('tells the same of a room that is not there and of one that is none of their business, whatever they ask and whatever the rules', () => {
    const directory = founded(room('board'), recordOf.member({ room: 'board', person: 'bob', since: 1 }));
    const refused = (asked: Question, isThere: boolean) => {
      const { id: _, ...rest } = admit(asked, EVERYBODY, directory, isThere) as unknown as { id: string };
      return JSON.stringify(rest).replaceAll('board', 'ROOM').replaceAll('nowhere', 'ROOM');
    };
    for (const who of [question().who, as('cal'), as('ann', 'owner')])
      for (const [method, rest] of [
        ['GET', '/messages'],
        ['POST', '/messages'],
        ['GET', '/events'],
        ['GET', '/entries'],
        ['DELETE', '/messages/m1'],
        ['GET', '/members'],
        ['PUT', '/members/bob'],
        ['PATCH', ''],
      ] as const) {
        const hidden = refused(question({ method, path: `/api/rooms/board${rest}`, who }), true);
        expect(hidden).toContain('room-not-found');
        expect(hidden).toBe(refused(question({ method, path: `/api/rooms/nowhere${rest}`, who }), false));
      }
    expect(answer(read('board', { who: as('bob') }), directory)).toBe('passes');
  });

  it('takes no guest for a member whose id is the same', () => {
    const directory = founded(room('board'), recordOf.member({ room: 'board', person: 'bob', since: 1 }));
    const who = { kind: 'guest', id: 'bob', name: '', role: 'guest' } as const;
    expect(answer(read('board', { who }), directory)).toContain(404);
  });

  it('knows the lobby, and rooms that have messages', () => {
    expect(answer(read('lobby'), founded(), EVERYBODY, false)).toBe('passes');
    expect(answer(read('tea'), founded(), EVERYBODY, true)).toBe('passes');
    expect(answer(read('tea'), founded(), EVERYBODY, false)).toContain(404);
  });

  it('turns away who is banned, and an address that is, until then', () => {
    const ban = (on: string, until?: number) =>
      recordOf.ban({ on, by: 'ann', why: 'spam', at: 1, ...(until !== undefined && { until }) });
    const banned = founded(ban('bob', 2000), ban('there'));
    expect(answer(read('lobby', { who: as('bob') }), banned)).toEqual([
      403,
      'banned',
      'you are banned until 1970-01-01T00:00:02.000Z: spam',
    ]);
    expect(answer(read('lobby', { who: as('bob') }), banned, EVERYBODY, true, 2000)).toBe('passes');
    expect(answer(read('lobby', { from: 'there' }), banned)).toEqual([403, 'banned', 'you are banned for good: spam']);
  });

  it('lets an archived room be read, and nothing more', () => {
    const archived = { room: 'old', title: 'old', kind: 'open', by: 'ann', made: 1, isArchived: true } as const;
    const directory = founded(recordOf.room(archived));
    expect(answer(read('old'), directory)).toBe('passes');
    expect(answer(read('old', { method: 'POST' }), directory)).toContain('room-archived');
  });

  it('marks a guest whose name looks like that of a person', () => {
    const directory = founded(recordOf.person({ id: 'p3', kind: 'person', name: 'Lilly', role: 'member', made: 1 }));
    const named = (author: string, who = question().who) =>
      (admit(read('lobby', { method: 'POST', body: { author }, who }), EVERYBODY, directory, true) as Question).body;
    expect(named('LiIIy')).toEqual({ author: 'LiIIy (guest)' });
    expect(named('Lilly\u200b ')).toEqual({ author: expect.stringMatching(/ \(guest\)$/) });
    expect(named('Molly')).toEqual({ author: 'Molly' });
    expect(named('Lilly', as('p3'))).toEqual({ author: 'Lilly' });
  });

  it('asks the store that STORE names, and lets only packets out', async () => {
    const store = open('memory:admit');
    await (await store.directory()).change(() => ({ records: [person('ann', 'owner')], result: undefined }));
    await store.append({ room: 'tea', author: 'ann', text: 'hi' });
    const node = await NodeHarness.start(getComponent(), { rules: '*: guest', store: 'memory:admit' });
    const asked = read('tea');
    expect(await node.ask('in', asked)).toBe(asked);
    const refused = await node.ask('in', read('nowhere'), 'refused');
    expect(refused).toMatchObject({ status: 404, code: 'room-not-found' });
    expect(flaws(refused)).toEqual([]);
    await Promise.all([node.stop(), store.close()]);
  });

  it('takes as many steps to refuse a room that is none of one\u2019s business as one that is not there', async () => {
    const store = open('memory:steps');
    const board = recordOf.room({ room: 'board', title: 'Board', kind: 'private', by: 'ann', made: 1 });
    await (await store.directory()).change(() => ({ records: [person('ann', 'owner'), board], result: undefined }));
    await store.append({ room: 'board', author: 'ann', text: 'hi' });
    const node = await NodeHarness.start(getComponent(), { rules: '*: guest', store: 'memory:steps' });
    const steps = async (room: string) => {
      const asked = { isAnswered: false };
      const answer = node.ask('in', read(room), 'refused').then(refused => {
        asked.isAnswered = true;
        return refused;
      });
      let count = 0;
      while (!asked.isAnswered && count < 1000) {
        await Promise.resolve();
        count += 1;
      }
      expect(await answer).toMatchObject({ code: 'room-not-found' });
      return count;
    };
    await steps('board');
    const counts = [await steps('board'), await steps('nowhere'), await steps('board'), await steps('nowhere')];
    expect(new Set(counts).size).toBe(1);
    await Promise.all([node.stop(), store.close()]);
  });

  it('does not start with rules that are none', async () => {
    const started = NodeHarness.start(getComponent(), { rules: 'pots: guest', store: 'memory:admit' });
    await expect(started).rejects.toThrow('did you mean post?');
  });
});
