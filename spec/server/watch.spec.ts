import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fbp from 'fbp';
import { beside, GOCHAT } from '../support/graphs.ts';
import { describeLong, some } from '../support/long.ts';
import { Program } from '../support/program.ts';
import { component, Project } from '../support/project.ts';

// Programs are started, on however busy a machine.
jest.setTimeout(120_000);

let project: Project;
let program: Program;
/** The file of the program's graph. */
let file = '';
/** The revision that was live when the test began. */
let first = 1;

/** A component that answers with words. */
const ECHO = (words: string) =>
  component(
    `process(input, output) {
      const { id } = input.getData('in');
      output.sendDone({ out: { id, status: 200, body: '${JSON.stringify(words)}' } });
    }`,
  );
const GRAPH = 'graphs/mine.fbp';
const SUBGRAPH = 'INPORT=inner.IN:IN\nOUTPORT=inner.OUT:OUT\ninner(chat/Echo)\n';
const ENDPOINTS = beside({ echo: 'chat/Echo' });
const FAULTY = ENDPOINTS.replace('chat/Controller', 'chat/Controler').replace('SEND -> IN', 'SENT -> IN');

/** Starts a program for some tests, whose graph is in this file. */
function running(path: string, text: string): void {
  beforeAll(async () => {
    project = new Project({ startable: true });
    project.component('Echo', ECHO('good'));
    project.write('graphs/Box.fbp', SUBGRAPH);
    file = path;
    program = await Program.start(project.root, { GRAPH: project.write(path, text) });
    await program.says(/revision 1$/m);
  });
  afterAll(async () => {
    await program.stop();
    project.remove();
  });
}

/** Begins with a graph, unless the program has it from the test before. */
async function begin(text: string): Promise<void> {
  if (readFileSync(join(project.root, file), 'utf8') !== text) {
    project.write(file, text);
    await program.says(/ is live as revision \d+$/m);
  }
  first = Number([...program.said.matchAll(/revision (\d+)$/gm)].at(-1)![1]);
}

/** Waits until it has gone live so many times since the test began. */
const live = (times = 1) => program.says(new RegExp(` is live as revision ${first + times}$`, 'm'));
/** Waits until it says that the last of them stays. */
const staysLive = (times = 0) => program.says(new RegExp(`^revision ${first + times} stays live$`, 'm'));
const echo = async () => (await program.ask('/echo')).body;

describe('a program whose graph is among the others', () => {
  running(GRAPH, GOCHAT);

  describe('a graph that changes on disk', () => {
    it('is live as the next revision, and loses nothing', async () => {
      await begin(GOCHAT);
      await program.ask('/chat', { method: 'POST', body: new URLSearchParams({ author: 'ann', text: 'hi' }) });
      expect(await program.ask('/echo')).toMatchObject({ status: 404 });
      project.write(GRAPH, ENDPOINTS);
      await live();
      expect(await program.ask('/echo')).toEqual({ status: 200, body: 'good' });
      expect((await program.ask('/chat')).body).toMatchObject([{ Author: 'ann', Text: 'hi' }]);
    });

    it('is taken up when an editor puts a new file in place of it', async () => {
      await begin(GOCHAT);
      renameSync(project.write('graphs/.mine.fbp.swp', ENDPOINTS), join(project.root, GRAPH));
      await live();
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

      await begin(graph('chat/Old'));
      const asked = program.ask('/wait');
      await waiting(1);
      project.write(GRAPH, graph('chat/New'));
      await live();
      const askedLater = program.ask('/wait');
      await waiting(2);
      await program.ask('/go');
      expect([(await asked).body, (await askedLater).body]).toEqual(['old', 'new']);
    });

    it('prints its faults while the old revision lives on, and is live once it is mended', async () => {
      await begin(ENDPOINTS);
      project.write(GRAPH, FAULTY);
      await program.says(/mine\.fbp:\d+:\d+: there is no component chat\/Controler; did you mean chat\/Controller\?$/m);
      await program.says(/mine\.fbp:\d+:\d+: router has no outport SENT; /);
      await staysLive();
      expect(await echo()).toBe('good');
      project.write(GRAPH, `${ENDPOINTS}router( ->\n`);
      await program.says(/mine\.fbp:\d+:\d+: /);
      await staysLive();
      project.write(GRAPH, GOCHAT);
      await live();
      expect(await program.ask('/echo')).toMatchObject({ status: 404 });
    });

    it('makes no new revision when it is saved as it was', async () => {
      await begin(GOCHAT);
      project.write(GRAPH, FAULTY);
      await staysLive();
      project.write(GRAPH, GOCHAT);
      project.write('graphs/unused.fbp', 'not -> even ( a graph');
      project.write(GRAPH, FAULTY);
      await staysLive();
      project.write(GRAPH, ENDPOINTS);
      await live();
      expect(program.said).not.toMatch(/unused/);
    });

    it('is missed with a sentence when it is deleted, while the old revision lives on', async () => {
      await begin(ENDPOINTS);
      project.remove(GRAPH);
      await program.says(/mine\.fbp can't be read: ENOENT.*; choose another with GRAPH$/m);
      await staysLive();
      expect(await echo()).toBe('good');
      project.write(GRAPH, GOCHAT);
      await live();
    });
  });

  describe('a component that changes on disk', () => {
    /** Begins with a component that no other test has. */
    const own = async (name: string) => {
      project.component(name, ECHO('good'));
      await begin(beside({ echo: `chat/${name}` }));
    };

    it('is taken up as it is then, each time', async () => {
      await own('Growing');
      for (const [i, words] of ['better', 'best'].entries()) {
        project.component('Growing', ECHO(words));
        await live(i + 1);
        expect(await echo()).toBe(words);
      }
    });

    const BROKEN: readonly (readonly [string, string, string, RegExp])[] = [
      ['does not parse', 'Torn', 'export const getComponent = () => {', /Torn can't be loaded: .+$/m],
      [
        'lacks a port that the graph wires',
        'Closed',
        ECHO('odd').replace('out:', 'gone:'),
        /echo has no outport OUT; it has GONE$/m,
      ],
      [
        'exports no getComponent',
        'Empty',
        'export const component = 1;',
        /Empty can't be loaded: it exports no getComponent$/m,
      ],
    ];
    it.each(some(BROKEN, 2))(
      'prints why it %s while the old one lives on, and is live once it is mended',
      async (_, name, source, says) => {
        await own(name);
        project.component(name, source);
        await program.says(says);
        await staysLive();
        expect(await echo()).toBe('good');
        project.component(name, ECHO('better'));
        await live();
        expect(await echo()).toBe('better');
      },
    );

    it('is found when it is new and a graph names it, and missed when it is deleted', async () => {
      await begin(ENDPOINTS);
      project.component('Fresh', ECHO('fresh'));
      project.write(GRAPH, beside({ echo: 'chat/Fresh' }));
      await live();
      expect(await echo()).toBe('fresh');
      project.remove('components/Fresh.ts');
      await program.says(/there is no component chat\/Fresh; /);
      await staysLive(1);
      expect(await echo()).toBe('fresh');
    });
  });
});

describe('a program whose graph is in another folder than the others', () => {
  running('elsewhere/mine.fbp', GOCHAT);

  it('takes up its graph that changes on disk', async () => {
    await begin(GOCHAT);
    project.write(file, ENDPOINTS);
    await live();
    expect(await echo()).toBe('good');
  });

  it('takes up a subgraph that changes on disk, and tells its faults with its own name', async () => {
    project.component('Other', ECHO('other'));
    await begin(beside({ echo: 'chat/Box' }));
    expect(await echo()).toBe('good');
    project.write('graphs/Box.fbp', SUBGRAPH.replace('chat/Echo', 'chat/Other'));
    await live();
    expect(await echo()).toBe('other');
    project.write('graphs/Box.fbp', SUBGRAPH.replace('chat/Echo', 'chat/Ohter'));
    await program.says(/graphs\/Box\.fbp:3:\d+: there is no component chat\/Ohter; did you mean chat\/Other/);
    await staysLive(1);
    expect(await echo()).toBe('other');
  });
});

describeLong('a program whose graph is FBP JSON', () => {
  running('graphs/mine.json', JSON.stringify(fbp.parse(GOCHAT)));

  it('takes it up when it changes on disk', async () => {
    expect(await program.ask('/chat')).toEqual({ status: 200, body: [] });
    project.write(file, JSON.stringify(fbp.parse(ENDPOINTS), null, 2));
    await program.says(/ is live as revision 2$/m);
    expect(await echo()).toBe('good');
  });
});
