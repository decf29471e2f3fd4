import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordOf } from '../../src/model/directory.ts';
import { open } from '../../src/store/open.ts';
import { Edge, headersOf } from './edge.ts';
import { Line } from './wire.ts';

/** Tests, for one store, that nobody outside a private room or a direct talk finds a trace of it. */
export function leavesNoTrace(url: string): void {
  describe(`private rooms in ${url.split(':')[0]}`, () => {
    let edge: Edge;
    /** Rooms that are there, and what is in them. */
    const rooms: string[] = [];
    const SECRETS = /board-[0-9a-f]{6}|dm-[0-9a-f]{16}|The board|hidden sentence|between us/;

    const asked = (as: string, method: string, path: string, body?: object) =>
      edge.ask(path, {
        as,
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
      });
    const json = async (answer: Response) => (await answer.json()) as Record<string, unknown>;

    beforeAll(async () => {
      edge = await Edge.start('guest', {}, url);
      const store = open(url);
      const people = ['ann', 'bob', 'cal', 'own'].map(name =>
        recordOf.person({ id: `p-${name}`, kind: 'person', name, role: name === 'own' ? 'owner' : 'member', made: 1 }),
      );
      await (await store.directory()).change(() => ({ records: people, result: undefined }));
      for (const name of ['ann', 'bob', 'cal']) edge.accounts.person(name);
      edge.accounts.person('own', 'owner');
      const board = await asked('ann', 'POST', '/api/rooms', { name: 'board', kind: 'private', title: 'The board' });
      const talk = await asked('ann', 'POST', '/api/rooms', { kind: 'direct', person: 'p-bob' });
      for (const made of [board, talk]) rooms.push(String((await json(made)).room));
      for (const [room, text] of [
        [rooms[0], 'hidden sentence'],
        [rooms[1], 'between us'],
        ['lobby', 'hi'],
        ['zoo', 'hi'],
      ])
        expect((await asked('ann', 'POST', `/api/rooms/${room}/messages`, { text })).status).toBe(
          room === 'zoo' ? 404 : 201,
        );
      await store.close();
    });
    afterAll(() => edge.stop());

    it('are there for those who are in them', async () => {
      for (const room of rooms)
        expect(await (await asked('ann', 'GET', `/api/rooms/${room}/messages`)).text()).toMatch(SECRETS);
      expect(await (await asked('bob', 'GET', '/api/rooms')).text()).toMatch(/dm-/);
    });

    it.each(['cal', 'own', ''])('are in no list, and no part of one, for %j', async as => {
      const paths = [
        '/api/rooms',
        ...[1, 2, 3].map(limit => `/api/rooms?limit=${limit}`),
        '/api/rooms?after=a&limit=1',
      ];
      for (const path of [...paths, '/api/about', '/openapi.json', '/api/rooms/lobby/entries']) {
        const text = await (await asked(as, 'GET', path)).text();
        expect([path, SECRETS.exec(text)?.[0]]).toEqual([path, undefined]);
      }
      // Pages have as many rooms as there would be without them, so that nobody counts what is left out.
      const { rooms: all } = await json(await asked(as, 'GET', '/api/rooms'));
      const first = await json(await asked(as, 'GET', '/api/rooms?limit=1'));
      expect([all, first.rooms, first.next]).toEqual([[expect.anything()], all, undefined]);
    });

    it.each(['cal', 'own', ''])('get the answers of a room that was never there, for %j', async as => {
      const line = await Line.open(edge.origin, headersOf(as));
      const id = '00000000-0000-7000-8000-000000000000';
      for (const room of rooms) {
        for (const [method, rest] of [
          ['GET', '/messages'],
          ['GET', '/messages?after=x:1'],
          ['GET', '/entries?wait=1'],
          ['GET', '/events'],
          ['GET', '/members'],
          ['POST', '/messages'],
          ['PATCH', ''],
          ['PUT', '/members/p-cal'],
          ['DELETE', '/members/p-ann'],
          ['PATCH', `/messages/${id}`],
          ['DELETE', `/messages/${id}`],
          ['PUT', `/messages/${id}/reactions/%F0%9F%91%8D`],
        ] as const) {
          const answers = await Promise.all(
            [room, 'nowhere'].map(async each => {
              const path = `/api/rooms/${each}${rest}`;
              const answer = await asked(as, method, path, method === 'GET' ? undefined : { text: 'hi' });
              const { request: _, ...problem } = await json(answer);
              return [
                answer.status,
                [...answer.headers.keys()].sort(),
                JSON.stringify(problem).replaceAll(each, 'ROOM'),
              ];
            }),
          );
          expect(answers[0]).toEqual(answers[1]);
          expect(answers[0]![0]).toBe(404);
        }
        for (const type of ['subscribe', 'send'])
          expect(await line.ask({ type, room, key: 'k', text: 'hi' })).toMatchObject({ code: 'room-not-found' });
      }
      line.drop();
    });
  });
}
