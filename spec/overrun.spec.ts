import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Confirmation } from '../src/editor/lifecycle/confirmation.ts';
import type { RollBack } from '../src/editor/lifecycle/live.ts';
import { Publication } from '../src/editor/lifecycle/publication.ts';
import { Flow } from '../src/flow.ts';
import { Gate } from '../src/gate.ts';
import { Library } from '../src/library.ts';
import { lineLog } from '../src/log.ts';
import { Revisions } from '../src/revisions.ts';
import { until } from './support/chat.ts';
import { GOCHAT } from './support/graphs.ts';
import { component, Project } from './support/project.ts';
import { folder } from './support/server.ts';

// Packets become ever more without an answer, until nothing passes.

const MOST = 500;
const FLOOD = component(`process(input, output) {
  const out = input.getData('in');
  setImmediate(() => {
    for (let count = 0; count < ${2 * MOST}; count += 1) output.send({ out });
    output.done();
  });
}`);
const FLOODED = `${GOCHAT}\nrouter SHOW -> IN flood(chat/Flood) OUT -> IN drop(core/Drop)\n`;

let project: Project;
let home: ReturnType<typeof folder>;
let gate: Gate;
let flow: Flow;
let publication: Publication;
let log: string[];
let rolledBack: RollBack[];
/** Ends the probation of what is live: it has lived through it. */
let prove: () => void;

beforeEach(() => {
  project = new Project();
  project.component('Flood', FLOOD);
  home = folder();
  log = [];
  rolledBack = [];
  prove = () => {};
  gate = new Gate({ deadline: 60_000, limit: 1024, timing: false });
  const doors = { entry: 'request', exit: 'reply', push: 'push' };
  flow = new Flow({ library: new Library(project.root), gate, doors, perSecond: MOST, push() {}, failed() {} });
  publication = new Publication({
    flow,
    revisions: new Revisions(home.path),
    probation: {
      watch(_revision, _failed, passed = () => {}) {
        prove = passed;
        return () => {};
      },
    },
    log: lineLog(line => log.push(line)),
    confirmation: new Confirmation(() => {}),
    keep() {},
    abandon: revision => gate.abandon(revision),
    rolledBack: rollBack => rolledBack.push(rollBack),
  });
  flow.onOverrun((revision, node, { most }) => publication.overran(revision, node, most));
});
afterEach(async () => {
  publication.close();
  await flow.stop();
  project.remove();
  home.remove();
});

const publish = (text: string) => publication.publish({ file: 'graphs/test.fbp', text }, { by: 'editor' });
const read = async () =>
  (await gate.ask({ method: 'GET', path: '/chat', query: {}, body: {}, from: 'ann' })).answer.status;
const told = (words: RegExp) =>
  until(
    () => log.some(line => words.test(line)),
    () => log,
  );

describe('a revision that nothing passes any more, as there were too many packets', () => {
  it.each([
    ['on probation', () => {}],
    ['that has lived through its probation', () => prove()],
  ])('is rolled back: one %s', async (_, live) => {
    await publish(GOCHAT);
    await publish(FLOODED);
    live();
    expect(await read()).toBe(200);
    await told(/revision 2 was rolled back: more than 500 packets a second/);
    expect(rolledBack).toMatchObject([{ why: 'more than 500 packets a second' }]);
    expect(publication.live).toMatchObject({ revision: 3, by: 'roll-back' });
    for (let count = 0; count < 3; count += 1) expect(await read()).toBe(200);
    // What was so before is what the next one is rolled back to, too.
    await publish(FLOODED);
    await read();
    await told(/revision 4 was rolled back/);
  });

  it('is only told of where none is proven before it', async () => {
    await publish(FLOODED);
    await read();
    await told(/^.*nothing passes revision 1 any more, and none is proven before it/);
    expect(publication.live).toMatchObject({ revision: 1, by: 'editor' });
    expect(rolledBack).toEqual([]);
  });

  it('is no concern of another one that has taken its place', async () => {
    await publish(FLOODED);
    await publish(GOCHAT);
    publication.overran(1, 'flood', 'more than 500 packets a second');
    await publish(GOCHAT);
    expect(publication.live).toMatchObject({ revision: 2, by: 'editor' });
    expect(log).toEqual([]);
  });
});
