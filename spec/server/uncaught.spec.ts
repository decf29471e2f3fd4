import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { beside } from '../support/graphs.ts';
import { Program } from '../support/program.ts';
import { component, Project } from '../support/project.ts';

jest.setTimeout(120_000);

const TAKE = `const { id } = input.getData('in');`;
/** Nodes that let an error go where no promise and no call of theirs tells of it, by name. */
const NODES: Readonly<Record<string, string>> = {
  timer: `process(input) { ${TAKE} setTimeout(() => { throw new Error('no'); }, 5); }`,
  tick: `process(input) { ${TAKE} process.nextTick(() => { throw new Error('no'); }); }`,
  listener: `process(input) { ${TAKE} setImmediate(() => process.emit('error', new Error('no'))); }`,
  detached: `process(input) { ${TAKE} Promise.reject(new Error('no')); }`,
  detachedLater: `process(input) {
    ${TAKE}
    void (async () => { await new Promise(setImmediate); throw new Error('no'); })();
  }`,
  lateDone: `process(input, output) { ${TAKE} setTimeout(() => output.done(new Error('no')), 5); }`,
  afterAwait: `async process(input) { ${TAKE} await null; setTimeout(() => { throw new Error('no'); }, 5); await new Promise(() => {}); }`,
};

/** A node that answers correctly, and later throws an error from a timer. */
const ANSWERED = `process(input, output) {
  ${TAKE}
  setTimeout(() => { throw new Error('no'); }, 5);
  output.sendDone({ out: { id, status: 200, body: '"good"' } });
}`;
const NOBODYS = component(
  `process(input, output) { ${TAKE} globalThis.asked = true; output.sendDone({ out: { id, status: 200, body: '"good"' } }); }`,
  {
    setUp: `
      const waiting = setInterval(() => {
        if (!globalThis.asked) return;
        clearInterval(waiting);
        throw new Error('nobody asked');
      }, 5);`,
  },
);

let project: Project;
let program: Program;

beforeAll(async () => {
  project = new Project({ startable: true });
  const names = Object.keys(NODES);
  const components = Object.fromEntries(names.map((name, i) => [name, `chat/Odd${i}`]));
  for (const [i, name] of names.entries()) project.component(`Odd${i}`, component(NODES[name]!));
  project.component('Answered', component(ANSWERED));
  project.component('Nobodys', NOBODYS);
  const text = beside({ ...components, answered: 'chat/Answered', nobodys: 'chat/Nobodys' });
  program = await Program.start(project.root, { GRAPH: project.write('graphs/odd.fbp', text) });
});
afterAll(async () => {
  await program.stop();
  project.remove();
});

describe('an error that nobody caught', () => {
  it.each(Object.keys(NODES))(
    "is answered at once with 500 and the node's name, and the server goes on: %s",
    async name => {
      for (const _ of [1, 2]) {
        expect(await program.ask(`/${name}`)).toMatchObject({
          status: 500,
          body: { title: 'Internal Server Error', status: 500, node: name },
        });
        await program.says(new RegExp(`^${name} .*no$`, 'm'));
        expect(await program.ask('/chat')).toEqual({ status: 200, body: [] });
      }
    },
  );

  it('is answered to the caller in whose course it was thrown, whoever else asks at the same time', async () => {
    const names = Object.keys(NODES);
    const asked = Array.from({ length: 40 }, (_, i) => names[i % names.length]!);
    const answers = await Promise.all(asked.map(name => program.ask(`/${name}`)));
    expect(answers.map(({ body }) => (body as { node: string }).node)).toEqual(asked);
  });

  it('is told with the name of the node when the question has been answered before', async () => {
    expect(await program.ask('/answered')).toEqual({ status: 200, body: 'good' });
    await program.says(/^answered .*no$/m);
  });

  it('is told when it belongs to no question, and fails none', async () => {
    expect(await program.ask('/nobodys')).toEqual({ status: 200, body: 'good' });
    await program.says(/^flowchat .*nobody asked$/m);
    expect(await program.ask('/chat')).toEqual({ status: 200, body: [] });
  });

  it('does not keep the server from ending well', async () => {
    expect(await program.stop()).toBe(0);
  });
});
