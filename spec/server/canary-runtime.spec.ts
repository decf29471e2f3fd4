import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Canary } from '../../src/editor/deploy/canary.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { Gate } from '../../src/gate/gate.ts';
import { guest } from '../../src/model/who.ts';
import { Registry } from '../../src/registry/registry.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { GOCHAT } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';

const ROOM = '/chat';
const PORTS = { outports: ['out', 'refused'] };
const THROWS = component(`process(input, output) { input.getData('in'); throw new Error('broken'); }`, PORTS);
const HANGS = component(`process(input, output) { input.getData('in'); }`, PORTS);

let project: Project;
let gate: Gate;
let canary: Canary;
let runtime: Runtime;

beforeEach(() => {
  project = new Project();
  gate = new Gate({ deadline: 60_000, limit: 1024, timing: false });
  canary = new Canary({ gate });
  runtime = new Runtime({
    library: new Registry(project.root),
    gate,
    outerPorts: { entry: 'request', exit: 'reply', push: 'push' },
    push() {},
    failed: (node, _, question = gate.asking()) => canary.uncaught(node, question),
  });
});
afterEach(async () => {
  canary.close();
  await runtime.stop();
  project.remove();
});

const read = () => gate.ask({ method: 'GET', path: ROOM, query: {}, body: {}, from: 'ann', who: guest('ann') });
const say = (parked?: (id: string) => void) =>
  gate.ask(
    { method: 'POST', path: ROOM, query: {}, body: { author: 'ann', text: 'hi' }, from: 'ann', who: guest('ann') },
    parked,
  );

/** Makes a revision live whose node `sender` is another component, and resolves with why it has to be taken back. */
async function spoilt(source: string): Promise<{ given: Promise<{ why: string; node: string | undefined }> }> {
  await runtime.publish(new GraphDocument('graphs/test.fbp', GOCHAT));
  for (let i = 0; i < 20; i++) await read();
  project.component('Odd', source);
  const text = GOCHAT.replace('chat/SendController', 'chat/Odd');
  const { number } = await runtime.publish(new GraphDocument('graphs/test.fbp', text));
  return { given: new Promise(resolve => canary.watch(number, (why, node) => resolve({ why, node }))) };
}

describe('Probation of a graph that runs', () => {
  it('names a node that throws for each packet, while many read', async () => {
    const { given } = await spoilt(THROWS);
    for (let i = 0; i < 100; i++) await read();
    for (let i = 0; i < 3; i++) await say();
    expect(await given).toEqual({
      why: '3 of its first 3 requests with POST failed, the last at sender',
      node: 'sender',
    });
  });

  it('names a node that answers nothing', async () => {
    const { given } = await spoilt(HANGS);
    const asked: string[] = [];
    for (let i = 0; i < 3; i++) void say(id => asked.push(id));
    expect(await given).toEqual({
      why: '3 of its first 3 requests with POST failed, 3 of them without an answer for 1.5 s, the last at sender',
      node: 'sender',
    });
    for (const id of asked) gate.abort(id);
  });
});
