import { describe, expect, it } from '@jest/globals';
import { actionOf } from '../../src/model/chat-paths.ts';
import { CHAT_ROUTES } from '../../src/model/chat-routes.ts';
import { ACCESS_RULES, type Action, accessOf, leastRole, lockedOut, parseRules } from '../../src/model/rules.ts';

const RULES = parseRules(`
read news-*, notes: guest
post news-*: moderator   # announcements
read in private: member
list, read: guest
post, react: member
*: owner`);

const least = (verb: Action['verb'], room?: string, kind?: Action['kind']) => leastRole(RULES, { verb, room, kind });

describe('rules', () => {
  it('hold by the first that fits', () => {
    expect(least('post', 'news-today')).toBe('moderator');
    expect(least('post', 'newsroom')).toBe('member');
    expect(least('react', 'news-today')).toBe('member');
    expect(least('read', 'board', 'private')).toBe('member');
    expect(least('read', 'notes', 'private')).toBe('guest');
    expect(least('read', 'lobby')).toBe('guest');
    expect(least('list')).toBe('guest');
    expect(least('ban')).toBe('owner');
  });

  it('allow nobody what none fits', () => {
    expect(leastRole(parseRules('read: guest'), { verb: 'post', room: 'lobby' })).toBeUndefined();
    expect(leastRole(parseRules('* lobby: guest'), { verb: 'list' })).toBeUndefined();
  });

  it.each([
    ['read: owner', 'list, post, edit, remove, react, open, invite, ban, review, role, place or ask'],
    [
      'list, edit, remove, react, open, invite, ban, review, role, place, ask: guest; read: guest; post news-*: member',
      'post in every room',
    ],
    [
      'read in open: guest; post, edit, remove, react, list, open, invite, ban, review, role, place, ask: owner',
      'read in every room',
    ],
  ])('warn of what not even an owner may do, as in %s', (rules, what) => {
    expect(lockedOut(rules)).toBe(
      `not even an owner may ${what}, as no rule of RULES is about that; end it with "*: owner"`,
    );
  });

  it.each(['*: owner', 'post news-*: guest; read in private: member; *: moderator', '* *: owner; *: owner'])(
    'warn of nothing where an owner may do everything, as in %s',
    rules => expect(lockedOut(rules)).toBeUndefined(),
  );

  it('are one of the choices of whoever sets the place up, however they are written', () => {
    for (const [access, rules] of Object.entries(ACCESS_RULES)) {
      expect(accessOf(rules)).toBe(access);
      expect(accessOf(` ${rules.replaceAll('; ', '\n\n').replaceAll(',', ' ,')} # as chosen`)).toBe(access);
      expect(lockedOut(rules)).toBeUndefined();
    }
    expect(accessOf('*: guest')).toBeUndefined();
    expect(accessOf('')).toBeUndefined();
  });

  it('may stand on one line, and be a list', () => {
    expect(leastRole(parseRules('post: member; *: guest'), { verb: 'post', room: 'a' })).toBe('member');
    expect(leastRole(parseRules(['post: member', '*: guest']), { verb: 'read', room: 'a' })).toBe('guest');
  });

  it.each([
    ['', /RULES has no rule, so that nobody could do anything/],
    ['# nothing', /has no rule/],
    ['post', /"post" is no rule; a rule looks like/],
    ['pots: guest', /allows "pots", which is nothing that is done; did you mean post\?/],
    [
      'post: membr',
      /is for "membr", which is no role; did you mean member\? There are guest, member, moderator, owner/,
    ],
    ['post in privat: member', /is in "privat", which is no kind of room; did you mean private\?/],
    ['post Lobby: member', /is no rule/],
    ['post a/b: member', /is no rule/],
    ['*: guest\nconstructor: guest', /allows "constructor"/],
    [`${'a'.repeat(200)}: guest`, /"a{60}…"/],
  ])('refuse %j with a sentence that names it', (text, sentence) => {
    expect(() => parseRules(text)).toThrow(sentence);
  });
});

describe('what a question does', () => {
  it.each<[method: string, path: string, verb: Action['verb'], room: string | undefined]>([
    ['GET', '/', 'read', 'lobby'],
    ['POST', '/gochat/chat', 'post', 'lobby'],
    ['GET', '/api/rooms', 'list', undefined],
    ['POST', '/api/rooms', 'open', undefined],
    ['PATCH', '/api/rooms/tea', 'open', 'tea'],
    ['GET', '/api/rooms/tea/members', 'read', 'tea'],
    ['PUT', '/api/rooms/tea/members/p1', 'open', 'tea'],
    ['PUT', '/api/rooms/tea/messages/m1/reactions/👍', 'react', 'tea'],
    ['DELETE', '/api/rooms/tea/messages/m1/reactions/👍', 'react', 'tea'],
    ['POST', '/api/invites', 'invite', undefined],
    ['DELETE', '/api/bans/p1', 'ban', undefined],
    ['PATCH', '/api/people/p1', 'role', undefined],
    ['POST', '/api/people/p1', 'invite', undefined],
    ['POST', '/api/rooms/tea/messages/m1/reports', 'read', 'tea'],
    ['GET', '/api/held', 'review', undefined],
    ['DELETE', '/api/reports/r1', 'review', undefined],
    ['GET', '/latest/tea', 'ask', undefined],
    ['GET', '/api/rooms/TEA/messages', 'ask', undefined],
    ['GET', '/api/rooms/tea/messages/', 'ask', undefined],
  ])('%s %s: %s', (method, path, verb, room) => {
    expect(actionOf(method, path)).toEqual(room === undefined ? { verb } : { verb, room });
  });

  it('is known of every route of the chat, and is what the route says that people can do by it', () => {
    const words = { listen: 'read', rooms: 'list', members: 'read', report: 'read' } as Readonly<
      Record<string, string>
    >;
    for (const { method, path, can = '' } of Object.values(CHAT_ROUTES).flat())
      expect([path, actionOf(method, path.replaceAll(/:\w+/g, 'x')).verb]).toEqual([path, words[can] ?? can]);
  });
});
