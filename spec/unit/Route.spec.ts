import { describe, expect, it } from '@jest/globals';
import { getComponent, matcher } from '../../components/Route.ts';
import { flaws, NodeHarness, question } from '../support/node.ts';

const params = (pattern: string, path: string, method = 'GET') => matcher(pattern)(question({ method, path }));

describe('Route', () => {
  it.each([
    ['GET /', '/', {}],
    ['GET /stats', '/stats', {}],
    ['GET /stats/:room', '/stats/tea', { room: 'tea' }],
    ['GET /:a/to/:b_2', '/x y/to/ü', { a: 'x y', b_2: 'ü' }],
    [' GET /stats ', '/stats', {}],
    ['GET /a.b+c(d)[e]{2}|^$*?\\w', '/a.b+c(d)[e]{2}|^$*?\\w', {}],
    ['GET /:constructor', '/x', { constructor: 'x' }],
  ])('finds what %j means in %j', (pattern, path, found) => {
    expect(params(pattern, path)).toEqual(found);
  });

  it.each([
    ['GET /stats', '/stats/'],
    ['GET /stats', '/Stats'],
    ['GET /stats', '/my/stats'],
    ['GET /stats', '/stats\n'],
    ['GET /stats/:room', '/stats/'],
    ['GET /stats/:room', '/stats/tea/more'],
    ['GET /a.b', '/axb'],
    ['GET /(a|b)', '/a'],
    ['GET /a*', '/aa'],
    ['GET /.*', '/anything'],
  ])('does not find %j in %j', (pattern, path) => {
    expect(params(pattern, path)).toBeUndefined();
  });

  it.each(['HEAD', 'POST', 'get', 'constructor'])('leaves the method %s to others', method => {
    expect(params('GET /stats', '/stats', method)).toBeUndefined();
  });

  it.each([
    '',
    'GET',
    '/stats',
    'GET stats',
    'get /stats',
    'GET /two words',
    'GET  /stats',
    'GET /a/:1st',
    'GET /:a/:a',
  ])('says that %j is no pattern', pattern => {
    expect(() => matcher(pattern)).toThrow(`"${pattern}" is no pattern`);
  });

  it('does not start with a bad pattern', async () => {
    await expect(NodeHarness.start(getComponent(), { pattern: 'stats' })).rejects.toThrow('"stats" is no pattern');
  });

  it('takes several patterns, of which the first that fits counts', () => {
    const all = 'GET /stats/all\n\n  GET /stats/:room \nPOST /stats/:room';
    expect([params(all, '/stats/all'), params(all, '/stats/tea'), params(all, '/stats/x', 'POST')]).toEqual([
      {},
      { room: 'tea' },
      { room: 'x' },
    ]);
    expect(params(all, '/stats', 'POST')).toBeUndefined();
    expect(() => matcher('GET /a\nGET b')).toThrow('"GET b" is no pattern');
  });

  it('keeps the question, and replaces what was found in its path before', async () => {
    const node = await NodeHarness.start(getComponent(), { pattern: 'POST /hook/:name' });
    const asked = question({ method: 'POST', path: '/hook/x', body: { a: [1] }, key: 'k1', params: { room: 'tea' } });
    expect(await node.ask('in', asked, 'match')).toEqual({ ...asked, params: { name: 'x' } });
  });

  it('takes a new pattern up', async () => {
    const node = await NodeHarness.start(getComponent(), { pattern: 'GET /a' });
    await node.ask('in', question({ path: '/a' }), 'match');
    node.send('pattern', 'GET /b');
    await node.ask('in', question({ path: '/a' }), 'else');
    await node.ask('in', question({ path: '/b' }), 'match');
  });

  it('routes what comes once its pattern is right again, not what came before', async () => {
    const node = await NodeHarness.start(getComponent(), { pattern: 'GET /a' });
    expect(() => node.send('pattern', 'nonsense')).toThrow('"nonsense" is no pattern');
    for (const id of ['lost', 'gone']) expect(() => node.send('in', question({ id, path: '/a' }))).toThrow('nonsense');
    node.send('pattern', 'GET /a');
    node.forget();
    expect(await node.ask('in', question({ path: '/a' }), 'match')).toMatchObject({ id: 'q1' });
  });

  it('has a pattern of its own in each node', async () => {
    const one = await NodeHarness.start(getComponent(), { pattern: 'GET /a' });
    await NodeHarness.start(getComponent(), { pattern: 'GET /b' });
    expect(await one.ask('in', question({ path: '/a' }), 'match')).toMatchObject({ path: '/a' });
  });

  it('lets only packets out', async () => {
    const node = await NodeHarness.start(getComponent(), { pattern: 'GET /:a' });
    const match = await node.ask('in', question({ path: '/x' }), 'match');
    const other = await node.ask('in', question({ path: '/x/y' }), 'else');
    expect([match, other].flatMap(packet => flaws(packet))).toEqual([]);
  });
});
