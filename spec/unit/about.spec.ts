import { describe, expect, it } from '@jest/globals';
import * as v from 'valibot';
import { LiveAbout } from '../../src/http/about.ts';
import { guest } from '../../src/model/who.ts';
import type { Declarations, NodeRoute } from '../../src/runtime/declarations.ts';

const POST: NodeRoute = { method: 'POST', path: '/x/:y', can: 'post', node: 'router', port: 'send' };

function declare(more: Partial<Declarations> = {}): Declarations {
  return { routes: [POST], limits: { text: 9 }, isLive: true, faults: [], ...more };
}

function start() {
  const warned: string[] = [];
  const live = new LiveAbout({
    version: '1.0.0',
    accounts: false,
    basePath: '',
    warn: sentence => warned.push(sentence),
  });
  return { live, warned };
}

describe('what there is', () => {
  it('is told where it differs, whatever the revision and the order are', () => {
    const { live } = start();
    expect(live.now).toBeUndefined();
    const first = { title: 'flowchat', revision: 1, limits: { text: 9 }, can: ['post', 'live'] };
    expect(live.update({ number: 1, declarations: declare() })).toEqual(first);
    expect(live.update({ number: 2, declarations: declare() })).toBeUndefined();
    expect(live.now).toEqual({ ...first, revision: 2 });
    expect(live.update({ number: 3, declarations: declare({ isLive: false }) })).toMatchObject({ can: ['post'] });
    expect(live.update({ number: 4, declarations: declare({ isLive: false, limits: {} }) })).toMatchObject({
      limits: {},
    });
  });

  it('is told with the name of the chat, once it has one, and once for each', () => {
    const { live } = start();
    expect(live.called('The garden')).toBeUndefined();
    expect(live.update({ number: 1, declarations: declare() })).toMatchObject({ title: 'The garden' });
    expect(live.called('The garden')).toBeUndefined();
    expect(live.called('The pond')).toEqual({ ...live.now, title: 'The pond' });
    expect(JSON.parse(live.about(guest('ann')).body).title).toBe('The pond');
  });

  it('says who asks, and has a tag of its own for each', () => {
    const { live } = start();
    live.update({ number: 1, declarations: declare() });
    const [ann, bob] = [live.about(guest('ann')), live.about(guest('bob'))];
    expect(JSON.parse(ann.body)).toEqual({ ...live.now, who: { kind: 'guest', id: 'ann', name: '', role: 'guest' } });
    expect(ann.etag).not.toBe(bob.etag);
    expect(live.about(guest('ann'))).toEqual(ann);
  });

  it('names each fault once, and how many there are of very many', () => {
    const { live, warned } = start();
    for (const number of [1, 2]) live.update({ number, declarations: declare({ faults: ['a is odd', 'b is odd'] }) });
    expect(warned.splice(0)).toEqual(['a is odd', 'b is odd']);
    const faults = Array.from({ length: 1000 }, (_, i) => `n${i} is odd`);
    for (const number of [3, 4]) live.update({ number, declarations: declare({ faults }) });
    expect(warned).toEqual([...faults.slice(0, 10), "990 more declarations can't be taken"]);
  });

  it('describes all routes but one whose schema JSON Schema has no words for, and names that once', async () => {
    const { live, warned } = start();
    const odd: NodeRoute = { method: 'PUT', path: '/odd', body: v.date(), node: 'odd', port: 'out' };
    for (const number of [1, 2]) {
      live.update({
        number,
        declarations: declare({ routes: [odd, POST, { ...POST, path: '/{a}/b', method: 'PROPFIND' }] }),
      });
      const { paths } = JSON.parse((await live.openapi()).body);
      expect(Object.keys(paths)).toContain('/x/{y}');
      expect(Object.keys(paths)).not.toContain('/odd');
    }
    expect(warned).toEqual([expect.stringMatching(/^odd can't tell what PUT \/odd takes and gives: /)]);
  });
});
