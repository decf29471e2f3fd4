import { describe, expect, it } from '@jest/globals';
import { expectProblem, request, untouched } from '../support/server.ts';

// URLs that are refused: they leave no trace in the store nor in the log.

const server = untouched();

const JSON_TYPE = 'application/json';
// At "/" is the page, but for a query that begins as gochat's does.
const READ = ['/chat?', '/gochat/chat?', '/?since=0&', '/api/rooms/lobby/messages?'];

describe('a URL', () => {
  it.each([
    '/chat%',
    '/chat%4',
    '/%zz',
    '/%ff',
    '/%c0%80',
    '/%ED%A0%80',
    '/%00',
    '/chat%00',
    '/api/rooms/%00/messages',
  ])('is refused where its path cannot be read: %s', async path => {
    for (const method of ['GET', 'POST', 'HEAD', 'DELETE']) {
      const [said] = await server.raw(request(`${method} ${path}`));
      expect(said).toMatchObject({ status: 400 });
      if (method !== 'HEAD') expectProblem([said!], 400);
    }
  });

  it.each(['since=%', 'since=%4', '%zz', 'a=%ff', 'since=%00', '%00=1', 'since=%ED%A0%80', 'since=1&after=%'])(
    'is refused where its query cannot be read: %s',
    async query => {
      for (const path of READ) expectProblem(await server.raw(request(`GET ${path}${query}`)), 400);
    },
  );

  it.each([
    ...['/nowhere', '/chat/', '/chat/x', '//chat', '/gochat', '/Chat', '/api', '/api/', '/api/rooms/', '/.env'],
    ...['/__proto__', '/constructor', '/toString', '/api/__proto__', '/api/room/lobby', '/api/rooms/lobby/constructor'],
    ...['/chat/../chat', '/chat/%2e%2e/chat', '/assets/../../../package.json', '/assets/%2e%2e%2fpackage.json'],
  ])('that leads nowhere is 404: %s', async path => {
    for (const method of ['GET', 'POST']) expectProblem(await server.raw(request(`${method} ${path}`)), 404);
  });

  it.each([
    ...['', 'Lobby', '-a', '_a', 'a_b', 'a.b', 'a%20b', 'a+b', 'a%2Fb', '..', '%2e%2e', '%C3%BC', '%F0%9F%98%80'],
    ...['a'.repeat(65), '__proto__', '*', "a'b", 'a%0Ab', 'lobby%0A', 'lobby;x'],
  ])('has no such room: %s', async room => {
    const headers = [`Content-Type: ${JSON_TYPE}`];
    const path = `/api/rooms/${room}/messages`;
    expectProblem(await server.raw(request(`GET ${path}`)), 404);
    expectProblem(await server.raw(request(`POST ${path}`, headers, '{"text":"hi"}')), 404);
  });

  it('can have the oddest names in its query', async () => {
    const odd = '__proto__=1&constructor=2&toString=3&hasOwnProperty=4&since=0&=5&&a';
    for (const path of READ) expect((await server.ask(path + odd)).status).toBe(200);
    expect({}).not.toHaveProperty('1');
  });
});
