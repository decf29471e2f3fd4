import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '../support/chat.ts';
import { Load } from '../support/load.ts';
import { isLong } from '../support/long.ts';
import { freePort } from '../support/machine.ts';
import { RestartableServer } from '../support/restartable-server.ts';

// `npm run test:kill` kills more often.
const KILLS = Number(process.env.KILLS ?? (isLong ? 2 : 1));
/** The most posts that are acknowledged between two kills. */
const MOST_POSTS = 80;

let server: RestartableServer;
let load: Load | undefined;
beforeAll(async () => {
  server = new RestartableServer(await freePort());
  await server.start();
});
afterAll(async () => {
  await load?.stop();
  await server.kill();
  server.remove();
});

it(
  `nothing that was acknowledged is lost or doubled when the server is killed ${KILLS} times`,
  async () => {
    load = await Load.begin({ origins: [server.origin], room: 'kill', posters: 4, readers: 2 });
    const { acknowledged } = load;
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = acknowledged.length + Math.floor(Math.random() * MOST_POSTS);
      await until(
        () => acknowledged.length >= enough,
        () => `${acknowledged.length} posts, ${enough} wanted`,
      );
      await server.kill();
      await server.start();
    }
    await load.settle();

    await load.check();
    // Without these, nothing was put to the test.
    expect(acknowledged.some(({ tries }) => tries > 1)).toBe(true);
  },
  20_000 + KILLS * 20_000,
);
