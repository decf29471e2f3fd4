import { describe, expect, it } from '@jest/globals';
import { getComponent, route } from '../../components/Router.ts';
import { refusal } from '../../src/model/codes.ts';
import { flaws, NodeHarness, question } from '../support/node.ts';

const everything = () => true;
const longest = `r${'o'.repeat(63)}`;

/** Where a question goes, and what is refused with which status. */
const way = (method: string, path: string, wired: (port: string) => boolean = everything) => {
  const routed = route(question({ method, path }), wired);
  return 'port' in routed ? routed.port : routed.status;
};

describe('Router', () => {
  it.each([
    ['GET', '/chat', 'show'],
    ['POST', '/chat', 'send'],
    ['GET', '/gochat/chat', 'show'],
    ['POST', '/gochat/chat', 'send'],
    ['GET', '/', 'show'],
    ['GET', '/api/rooms/lobby/messages', 'show'],
    ['POST', '/api/rooms/lobby/messages', 'send'],
    ['GET', '/api/rooms/lobby/events', 'subscribe'],
    ['GET', '/api/rooms', 'rooms'],
    ['POST', '/api/rooms', 'rooms'],
    ['PATCH', '/api/rooms/lobby', 'rooms'],
    ['GET', '/api/rooms/lobby/members', 'rooms'],
    ['PUT', '/api/rooms/lobby/members/p1', 'rooms'],
    ['DELETE', '/api/rooms/lobby/members/p1', 'rooms'],
    ['PATCH', '/api/rooms/lobby/messages/x', 'edit'],
    ['DELETE', '/api/rooms/lobby/messages/x', 'delete'],
    ['PUT', '/api/rooms/lobby/messages/x/reactions/👍', 'react'],
    ['DELETE', '/api/rooms/lobby/messages/x/reactions/👍', 'react'],
    ['POST', '/api/rooms/lobby/messages/x/reports', 'report'],
    ['GET', '/api/held', 'review'],
    ['POST', '/api/held/h1', 'review'],
    ['DELETE', '/api/reports/r1', 'review'],
  ])('sends %s %s to %s', (method, path, port) => {
    expect(way(method, path)).toBe(port);
  });

  it.each(['a', '7', 'a-', 'constructor', longest])('takes %s for a room', room => {
    const routed = route(question({ path: `/api/rooms/${room}/messages` }), everything);
    expect(routed).toMatchObject({ port: 'show', to: { id: 'q1', params: { room } } });
  });

  it.each(['Lobby', '-a', '', 'a_b', 'tée', 'a b', '__proto__', 'a/b', `${longest}o`])('takes %j for no room', room => {
    expect(way('GET', `/api/rooms/${room}/messages`)).toBe(404);
  });

  it.each([
    '/constructor',
    '/__proto__',
    '/chat/',
    '/CHAT',
    '//chat',
    '/chat\n',
    '/gochat',
    '/gochat/',
    '/api/rooms/',
    '',
    `/api/rooms/lobby/messages/${'x'.repeat(201)}`,
    '/api/rooms/lobby/messages/',
    '/api/rooms/Lobby',
    '/api/people/a/b',
  ])('knows nothing at %j', path => {
    const refused = route(question({ id: 'q7', path }), everything);
    expect(refused).toEqual(refusal('q7', 'not-found', `there is nothing at ${path}`));
  });

  it.each(['HEAD', 'PUT', 'DELETE', 'get', 'constructor', '__proto__'])(
    'refuses the method %s and says what is taken',
    method => {
      expect(route(question({ id: 'q8', method }), everything)).toEqual({
        id: 'q8',
        status: 405,
        code: 'method-not-allowed',
        detail: `/chat takes GET, POST, not ${method}`,
        headers: { Allow: 'GET, POST' },
      });
    },
  );

  it('finds room, message and emoji in a path', () => {
    const path = '/api/rooms/tea/messages/m1/reactions/👍';
    expect(route(question({ method: 'PUT', path }), everything)).toMatchObject({
      to: { params: { room: 'tea', message: 'm1', emoji: '👍' } },
    });
    expect(way('PATCH', path)).toBe(405);
    for (const wrong of [`${path}/x`, '/api/rooms/tea/messages/m1/reactions/', '/api/rooms/tea/entries/m1/reactions/x'])
      expect(way('PUT', wrong)).toBe(404);
  });

  it('leaves a question without a room as it is', () => {
    const asked = question({ path: '/chat' });
    expect(route(asked, everything)).toEqual({ port: 'show', to: asked });
  });

  it('does not know a way that is not wired', () => {
    expect(way('GET', '/api/rooms', port => port !== 'rooms')).toBe(404);
    expect(way('POST', '/chat', port => port !== 'send')).toBe(405);
    expect(route(question({ method: 'PUT' }), port => port === 'show')).toMatchObject({ headers: { Allow: 'GET' } });
  });

  it('declares by which port each route leaves, and has no port besides', () => {
    const component = getComponent();
    const declared = Object.entries(component.routes());
    for (const [port, routes] of declared)
      for (const { method, path } of routes)
        expect([
          method,
          path,
          way(method, path.replace(':room', 'lobby').replace(':emoji', '👍').replaceAll(/:\w+/g, 'x')),
        ]).toEqual([method, path, port]);
    const ports = Object.keys(component.outPorts.ports).filter(port => port !== 'missing');
    expect(declared.map(([port]) => port).toSorted()).toEqual(ports.toSorted());
  });

  it('sees which of its outports are wired', async () => {
    const node = await NodeHarness.start(getComponent(), {}, { wired: ['show', 'missing'] });
    expect(await node.ask('in', question(), 'show')).toEqual(question());
    expect(await node.ask('in', question({ method: 'POST' }), 'missing')).toMatchObject({ status: 405 });
    expect(await node.ask('in', question({ path: '/api/rooms' }), 'missing')).toMatchObject({ status: 404 });
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent());
    const room = await node.ask('in', question({ path: '/api/rooms/lobby/messages' }), 'show');
    const nothing = await node.ask('in', question({ path: '/nothing' }), 'missing');
    const method = await node.ask('in', question({ method: 'PUT' }), 'missing');
    expect([room, nothing, method].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
