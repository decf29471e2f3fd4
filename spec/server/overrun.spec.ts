import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RollBack } from '../../src/editor/deploy/active-revision.ts';
import { Confirmation } from '../../src/editor/deploy/confirmation.ts';
import { Deployer } from '../../src/editor/deploy/deployer.ts';
import { RevisionStore } from '../../src/editor/deploy/revision-store.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { Gate } from '../../src/gate/gate.ts';
import { lineLog } from '../../src/log.ts';
import { guest } from '../../src/model/who.ts';
import { Registry } from '../../src/registry/registry.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { until } from '../support/chat.ts';
import { GOCHAT } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';
import { folder } from '../support/server.ts';

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
let runtime: Runtime;
let deployer: Deployer;
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
  runtime = new Runtime({
    library: new Registry(project.root),
    gate,
    outerPorts: doors,
    perSecond: MOST,
    push() {},
    failed() {},
  });
  deployer = new Deployer({
    subgraphs: () => [],
    runtime,
    revisions: new RevisionStore(home.path),
    canary: {
      watch(_revision, _failed, passed = () => {}) {
        prove = passed;
        return () => {};
      },
    },
    log: lineLog(line => log.push(line)),
    confirmation: new Confirmation(() => {}),
    async save() {},
    abandon: revision => gate.abandon(revision),
    rolledBack: rollBack => rolledBack.push(rollBack),
  });
  runtime.onOverrun((revision, node, { most }) => deployer.overran(revision, node, most));
});
afterEach(async () => {
  deployer.stop();
  await runtime.stop();
  project.remove();
  home.remove();
});

const publish = (text: string) => deployer.publish(new GraphDocument('graphs/test.fbp', text), { by: 'editor' });
const read = async () =>
  (await gate.ask({ method: 'GET', path: '/chat', query: {}, body: {}, from: 'ann', who: guest('ann') })).answer.status;
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
    expect(deployer.live).toMatchObject({ revision: 3, by: 'roll-back' });
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
    expect(deployer.live).toMatchObject({ revision: 1, by: 'editor' });
    expect(rolledBack).toEqual([]);
  });

  it('is no concern of another one that has taken its place', async () => {
    await publish(FLOODED);
    await publish(GOCHAT);
    deployer.overran(1, 'flood', 'more than 500 packets a second');
    await publish(GOCHAT);
    expect(deployer.live).toMatchObject({ revision: 2, by: 'editor' });
    expect(log).toEqual([]);
  });
});
