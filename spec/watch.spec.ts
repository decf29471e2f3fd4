import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fbp from 'fbp';
import { beside, GOCHAT } from './support/graphs.ts';
import { Program } from './support/program.ts';
import { component, Project } from './support/project.ts';

// A program is started for each test, on however busy a machine.
jest.setTimeout(120_000);

let project: Project;
let program: Program;

beforeEach(() => {
  project = new Project();
  project.component('Echo', ECHO('good'));
});
afterEach(async () => {
  await program.stop();
  project.remove();
});

/** A component that answers with words. */
const ECHO = (words: string) =>
  component(
    `process(input, output) {
      const { id } = input.getData('in');
      output.sendDone({ out: { id, status: 200, body: '${JSON.stringify(words)}' } });
    }`,
  );
const GRAPH = 'graphs/mine.fbp';
const ENDPOINTS = beside({ echo: 'chat/Echo' });
const FAULTY = ENDPOINTS.replace('chat/Controller', 'chat/Controler').replace('SEND -> IN', 'SENT -> IN');

/** Starts the program with a graph at graphs/mine.fbp. */
async function start(text: string, path = GRAPH): Promise<void> {
  program = await Program.start(project.root, { GRAPH: project.write(path, text) });
  await program.says(/revision 1$/m);
}

const live = (number: number) => program.says(new RegExp(` is live as revision ${number}$`, 'm'));
const echo = async () => (await program.ask('/echo')).body;

describe('a graph that changes on disk', () => {
  it('is live as the next revision, and loses nothing', async () => {
    await start(GOCHAT);
    await program.ask('/chat', { method: 'POST', body: new URLSearchParams({ author: 'ann', text: 'hi' }) });
    expect(await program.ask('/echo')).toMatchObject({ status: 404 });
    project.write(GRAPH, ENDPOINTS);
    await live(2);
    expect(await program.ask('/echo')).toEqual({ status: 200, body: 'good' });
    expect((await program.ask('/chat')).body).toMatchObject([{ Author: 'ann', Text: 'hi' }]);
  });

  it('is taken up when an editor puts a new file in place of it', async () => {
    await start(GOCHAT);
    renameSync(project.write('graphs/.mine.fbp.swp', ENDPOINTS), join(project.root, GRAPH));
    await live(2);
    expect(await echo()).toBe('good');
  });

  it('lets the old revision answer what it was asked', async () => {
    const waiter = (words: string) =>
      component(`process(input, output) {
        const { id } = input.getData('in');
        process.once('go', () => output.sendDone({ out: { id, status: 200, body: '"${words}"' } }));
      }`);
    const teller = (body: string) =>
      component(`process(input, output) {
        const { id } = input.getData('in');
        output.sendDone({ out: { id, status: 200, body: String(${body}) } });
      }`);
    project.component('Old', waiter('old'));
    project.component('New', waiter('new'));
    project.component('Count', teller(`process.listenerCount('go')`));
    project.component('Go', teller(`process.emit('go')`));
    const graph = (component: string) => beside({ wait: component, waiting: 'chat/Count', go: 'chat/Go' });
    const waiting = async (count: number) => {
      while ((await program.ask('/waiting')).body !== count) await turn();
    };

    await start(graph('chat/Old'));
    const asked = program.ask('/wait');
    await waiting(1);
    project.write(GRAPH, graph('chat/New'));
    await live(2);
    const askedLater = program.ask('/wait');
    await waiting(2);
    await program.ask('/go');
    expect([(await asked).body, (await askedLater).body]).toEqual(['old', 'new']);
  });

  it('prints its faults while the old revision lives on, and is live once it is mended', async () => {
    await start(ENDPOINTS);
    project.write(GRAPH, FAULTY);
    await program.says(/mine\.fbp:\d+:\d+: there is no component chat\/Controler; did you mean chat\/Controller\?$/m);
    await program.says(/mine\.fbp:\d+:\d+: router has no outport SENT; /);
    await program.says(/^revision 1 stays live$/m);
    expect(await echo()).toBe('good');
    project.write(GRAPH, `${ENDPOINTS}router( ->\n`);
    await program.says(/mine\.fbp:\d+:\d+: /);
    await program.says(/^revision 1 stays live$/m);
    project.write(GRAPH, GOCHAT);
    await live(2);
    expect(await program.ask('/echo')).toMatchObject({ status: 404 });
  });

  it('makes no new revision when it is saved as it was', async () => {
    await start(GOCHAT);
    project.write(GRAPH, FAULTY);
    await program.says(/^revision 1 stays live$/m);
    project.write(GRAPH, GOCHAT);
    project.write('graphs/unused.fbp', 'not -> even ( a graph');
    project.write(GRAPH, FAULTY);
    await program.says(/^revision 1 stays live$/m);
    project.write(GRAPH, ENDPOINTS);
    await live(2);
    expect(program.said).not.toMatch(/unused/);
  });

  it('is missed with a sentence when it is deleted, while the old revision lives on', async () => {
    await start(ENDPOINTS);
    project.remove(GRAPH);
    await program.says(/mine\.fbp can't be read: ENOENT.*; choose another with GRAPH$/m);
    await program.says(/^revision 1 stays live$/m);
    expect(await echo()).toBe('good');
    project.write(GRAPH, GOCHAT);
    await live(2);
  });

  it('may be FBP JSON', async () => {
    await start(JSON.stringify(fbp.parse(GOCHAT)), 'graphs/mine.json');
    expect(await program.ask('/chat')).toEqual({ status: 200, body: [] });
    project.write('graphs/mine.json', JSON.stringify(fbp.parse(ENDPOINTS), null, 2));
    await live(2);
    expect(await echo()).toBe('good');
  });

  it('may be in another folder than the others', async () => {
    await start(GOCHAT, 'elsewhere/mine.fbp');
    project.write('elsewhere/mine.fbp', ENDPOINTS);
    await live(2);
    expect(await echo()).toBe('good');
  });
});

describe('a component that changes on disk', () => {
  it('is taken up as it is then, each time', async () => {
    await start(ENDPOINTS);
    for (const [i, words] of ['better', 'best'].entries()) {
      project.component('Echo', ECHO(words));
      await live(i + 2);
      expect(await echo()).toBe(words);
    }
  });

  it.each([
    ['does not parse', 'export const getComponent = () => {', /Echo can't be loaded: .+$/m],
    ['exports no getComponent', 'export const component = 1;', /Echo can't be loaded: it exports no getComponent$/m],
    [
      'lacks a port that the graph wires',
      ECHO('odd').replace('out:', 'gone:'),
      /echo has no outport OUT; it has GONE$/m,
    ],
  ])('prints why it %s while the old one lives on, and is live once it is mended', async (_, source, says) => {
    await start(ENDPOINTS);
    project.component('Echo', source);
    await program.says(says);
    await program.says(/^revision 1 stays live$/m);
    expect(await echo()).toBe('good');
    project.component('Echo', ECHO('better'));
    await live(2);
    expect(await echo()).toBe('better');
  });

  it('is found when it is new and a graph names it, and missed when it is deleted', async () => {
    await start(ENDPOINTS);
    project.component('Fresh', ECHO('fresh'));
    project.write(GRAPH, beside({ echo: 'chat/Fresh' }));
    await live(2);
    expect(await echo()).toBe('fresh');
    project.remove('components/Fresh.ts');
    await program.says(/there is no component chat\/Fresh; /);
    await program.says(/^revision 2 stays live$/m);
    expect(await echo()).toBe('fresh');
  });
});

describe('a subgraph that changes on disk', () => {
  it('is taken up, and its faults are told with its own name', async () => {
    const box = 'INPORT=inner.IN:IN\nOUTPORT=inner.OUT:OUT\ninner(chat/Echo)\n';
    project.component('Other', ECHO('other'));
    project.write('graphs/Box.fbp', box);
    await start(beside({ echo: 'chat/Box' }), 'elsewhere/mine.fbp');
    expect(await echo()).toBe('good');
    project.write('graphs/Box.fbp', box.replace('chat/Echo', 'chat/Other'));
    await live(2);
    expect(await echo()).toBe('other');
    project.write('graphs/Box.fbp', box.replace('chat/Echo', 'chat/Ohter'));
    await program.says(/graphs\/Box\.fbp:3:\d+: there is no component chat\/Ohter; did you mean chat\/Other/);
    await program.says(/^revision 2 stays live$/m);
    expect(await echo()).toBe('other');
  });
});
