import { describe, expect, it } from '@jest/globals';
import { Directory, recordOf } from '../../src/model/directory.ts';
import type { Question } from '../../src/model/packets.ts';
import { decideRoom, membersOf, type RoomDecision } from '../../src/model/rooms.ts';
import type { Who } from '../../src/model/who.ts';
import { question } from '../support/node.ts';

const GIVEN = {
  now: 1000,
  random: 'x7k2p9',
  direct: (one: string, other: string) => `dm-${[one, other].sort().join('-')}`,
  hasMessages: (room: string) => room === 'busy',
};

const as = (id: string, role: Who['role'] = 'member') => ({ kind: 'person', id, name: id, role }) as const;

function place(): Directory {
  const directory = new Directory();
  directory.take(
    ['ann', 'bob', 'cal'].map(id => recordOf.person({ id, kind: 'person', name: id, role: 'member', made: 1 })),
  );
  return directory;
}

/** What somebody gets who asks, and the directory as it is then. */
function ask(directory: Directory, who: Who, method: string, path: object, body: object = {}) {
  const decided = decideRoom(
    directory,
    question({ method, params: path as NonNullable<Question['params']>, who, body: body as Question['body'] }),
    GIVEN,
  );
  if (!('records' in decided)) return `${decided.status} ${decided.code}`;
  directory.take((decided as RoomDecision).records);
  return decided.body ?? decided.status;
}

describe('rooms', () => {
  it('are made open by their name, with whoever made them in them', () => {
    const directory = place();
    expect(ask(directory, as('ann'), 'POST', {}, { name: 'garden', title: ' Our  Garden ' })).toEqual({
      room: 'garden',
      title: 'Our Garden',
      kind: 'open',
    });
    expect(membersOf(directory, 'garden').members).toMatchObject([{ id: 'ann', name: 'ann' }]);
    expect(ask(directory, as('bob'), 'POST', {}, { name: 'garden' })).toBe('409 room-taken');
    expect(ask(directory, as('bob'), 'POST', {}, { name: 'busy' })).toBe('409 room-taken');
    expect(ask(directory, as('bob'), 'POST', {}, { name: 'lobby' })).toBe('409 room-taken');
  });

  it('are made private under a name that nobody can guess, so that no answer tells of them', () => {
    const directory = place();
    expect(ask(directory, as('ann'), 'POST', {}, { name: 'board', kind: 'private' })).toMatchObject({
      room: 'board-x7k2p9',
      title: 'board',
      kind: 'private',
    });
    expect(directory.mayFind(as('bob'), 'board-x7k2p9')).toBe(false);
    expect(ask(directory, as('bob'), 'POST', {}, { name: 'board' })).toMatchObject({ room: 'board' });
    expect(ask(directory, as('ann'), 'PUT', { room: 'board-x7k2p9', person: 'bob' })).toBe(204);
    expect(directory.mayFind(as('bob'), 'board-x7k2p9')).toBe(true);
    expect(ask(directory, as('cal'), 'PUT', { room: 'board-x7k2p9', person: 'cal' })).toBe('404 room-not-found');
    expect(ask(directory, as('cal', 'owner'), 'PATCH', { room: 'board-x7k2p9' })).toBe('404 room-not-found');
    expect(ask(directory, as('bob'), 'DELETE', { room: 'board-x7k2p9', person: 'ann' })).toBe('403 not-allowed');
    expect(ask(directory, as('bob'), 'DELETE', { room: 'board-x7k2p9', person: 'bob' })).toBe(204);
    expect(directory.mayFind(as('bob'), 'board-x7k2p9')).toBe(false);
  });

  it('of two are the same whoever asks, and nobody else joins', () => {
    const directory = place();
    const [one, other] = [
      ask(directory, as('ann'), 'POST', {}, { kind: 'direct', person: 'bob' }),
      ask(directory, as('bob'), 'POST', {}, { kind: 'direct', person: 'ann' }),
    ];
    expect(one).toMatchObject({ room: 'dm-ann-bob', kind: 'direct' });
    expect(other).toEqual(one);
    expect(ask(directory, as('ann'), 'PUT', { room: 'dm-ann-bob', person: 'cal' })).toBe('403 not-allowed');
    expect(ask(directory, as('cal'), 'PUT', { room: 'dm-ann-bob', person: 'cal' })).toBe('404 room-not-found');
    expect(ask(directory, as('ann'), 'POST', {}, { kind: 'direct', person: 'ann' })).toBe('404 person-not-found');
    expect(ask(directory, as('ann'), 'POST', {}, { name: 'dm-ann-cal' })).toBe('422 field-invalid');
    // Who has left is in it again once either writes.
    expect(ask(directory, as('bob'), 'DELETE', { room: 'dm-ann-bob', person: 'bob' })).toBe(204);
    ask(directory, as('ann'), 'POST', {}, { kind: 'direct', person: 'bob' });
    expect(directory.isMember('dm-ann-bob', 'bob')).toBe(true);
  });

  it('are archived and named by who made them, or a moderator', () => {
    const directory = place();
    ask(directory, as('ann'), 'POST', {}, { name: 'garden' });
    expect(ask(directory, as('bob'), 'PATCH', { room: 'garden' }, { archived: true })).toBe('403 not-allowed');
    expect(ask(directory, as('ann'), 'PATCH', { room: 'garden' }, { archived: true })).toMatchObject({
      archived: true,
    });
    expect(
      ask(directory, as('bob', 'moderator'), 'PATCH', { room: 'garden' }, { archived: false, title: 'Beds' }),
    ).toEqual({ room: 'garden', title: 'Beds', kind: 'open' });
    expect(ask(directory, as('bob', 'moderator'), 'PATCH', { room: 'garden' }, { archived: 'no' })).toBe(
      '422 field-invalid',
    );
  });

  it.each([
    [{}, '422 field-invalid'],
    [{ name: 'A b' }, '422 field-invalid'],
    [{ name: 'a', kind: 'secret' }, '422 field-invalid'],
    [{ name: 'a', title: '\u202e' }, '422 field-invalid'],
    [{ kind: 'direct' }, '422 field-invalid'],
    [{ kind: 'direct', person: 'nobody' }, '404 person-not-found'],
  ])('can not be made of %j', (body, refused) => {
    expect(ask(place(), as('ann'), 'POST', {}, body)).toBe(refused);
  });

  it('are made by people only', () => {
    expect(ask(place(), question().who, 'POST', {}, { name: 'a' })).toBe('401 sign-in');
  });
});
