import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Flowing } from '../support/flowing.ts';
import { GOCHAT } from '../support/graphs.ts';
import { Project } from '../support/project.ts';

const project = new Project();
const INPORT = `in: { datatype: 'all' }`;
const answer = 'output.sendDone({ out: { id, status: 200, body: "good" } });';

/** A component whose inport IN is as given; `made` runs for every new node. */
const odd = (name: string, inport: string, made: string, process = '') =>
  project.component(
    name,
    `import { Component } from 'noflo';
export const getComponent = () => {
  const component: any = new Component({
    inPorts: { ${inport} }, outPorts: { out: { datatype: 'all' } },
    ${process && `process(input: any, output: any) { ${process} },`}
  });
  ${made}
  return component;
};
`,
  );

odd(
  'Events',
  INPORT,
  `component.inPorts.in.on('data', ({ id, query }: any) => {
    if (query.how === 'throw') throw new Error('no');
    component.outPorts.out.send({ id, status: 200, body: 'good' });
    component.outPorts.out.disconnect();
  });`,
);
odd('Pass', INPORT, '', `if (input.hasData('in')) output.sendDone({ out: input.getData('in') });`);
odd(
  'PassEvents',
  INPORT,
  `component.inPorts.in.on('data', (data: any) => component.outPorts.out.send(data));
   component.inPorts.in.on('disconnect', () => component.outPorts.out.disconnect());`,
);
odd(
  'Indexed',
  `in: { datatype: 'all', addressable: true }`,
  '',
  `const at = input.attached('in').find((index: number) => input.hasData(['in', index]));
   if (at === undefined) return;
   const { id } = input.getData(['in', at]);
   output.sendDone({ out: { id, status: 200, body: at + ' of ' + input.attached('in') } });`,
);
odd(
  'Preset',
  `in: { datatype: 'all', default: 'preset' }`,
  '',
  `if (!input.hasData('in')) return;
   const got = input.getData('in');
   output.sendDone({ out: { id: got.id, status: 200, body: String(input.attached('in')) } });`,
);
odd(
  'Set',
  `${INPORT}, word: { datatype: 'string', control: true, default: 'default' }`,
  '',
  `if (!input.hasData('in', 'word')) return;
   output.sendDone({ out: { id: input.getData('in').id, status: 200, body: input.getData('word') } });`,
);
odd('Good', INPORT, '', `if (!input.hasData('in')) return; const { id } = input.getData('in'); ${answer}`);
odd(
  'Strip',
  INPORT,
  '',
  `if (!input.hasData('in')) return; const { id, ...rest } = input.getData('in'); output.sendDone({ out: rest });`,
);
odd(
  'StripLater',
  INPORT,
  '',
  `if (!input.hasData('in')) return; const { id, ...rest } = input.getData('in');
   setTimeout(() => output.sendDone({ out: rest }), 1);`,
);
odd(
  'Rename',
  INPORT,
  '',
  `if (!input.hasData('in')) return; output.sendDone({ out: { ...input.getData('in'), id: 'mine' } });`,
);
odd('Nop', INPORT, '', `if (input.hasData('in')) input.getData('in'); output.done();`);
odd(
  'Echo',
  INPORT,
  '',
  `if (!input.hasData('in')) return; output.sendDone({ out: { ...input.getData('in'), status: 200, body: 'good' } });`,
);

odd(
  'Moody',
  INPORT,
  '',
  `if (((globalThis as any).moods ??= [true, false, true, false]).shift()) throw new Error('in no mood');
   if (!input.hasData('in')) return; const { id } = input.getData('in'); ${answer}`,
);
odd(
  'MoodyLater',
  INPORT,
  '',
  `return Promise.resolve().then(() => {
     if (((globalThis as any).laterMoods ??= [true, false, true, false]).shift()) throw new Error('in no mood');
     const { id } = input.getData('in'); ${answer}
   });`,
);

const graph = (...lines: readonly string[]) => `${lines.join('\n')}\n`;
const only = (node: string) => graph(`INPORT=e.IN:REQUEST`, `OUTPORT=e.OUT:REPLY`, `e(chat/${node})`);

// NoFlo says of each component that hears events that it should be written anew.
jest.spyOn(console, 'warn').mockImplementation(() => {});

let flowing: Flowing;
beforeEach(() => {
  flowing = new Flowing(project.root, { deadline: 5000 });
});
afterEach(() => flowing.runtime.stop());
afterAll(() => project.remove());

async function asked(text: string, query: Record<string, string> = {}) {
  await flowing.publish(text);
  return flowing.ask('/', { query });
}

describe('a port behind an outer inport', () => {
  it('hears events, where that is how its component is made', async () => {
    expect((await asked(only('Events'))).answer).toMatchObject({ status: 200, body: 'good' });
    expect(await flowing.ask('/', { query: { how: 'throw' } })).toMatchObject({ node: 'e', answer: { status: 500 } });
    expect(flowing.failures).toEqual(['e: no']);
  });

  it('has the index 0, or the next that is free, where it is an array port', async () => {
    expect((await asked(only('Indexed'))).answer).toMatchObject({ body: '0 of 0' });
    const beside = `${only('Indexed')}x(chat/Nop) OUT -> IN[0] e\nx OUT -> IN[1] e\n`;
    expect((await asked(`${beside}INPORT=x.IN:OTHER\n`)).answer).toMatchObject({ body: '2 of 0,1,2' });
  });

  it('gets no default, as something leads to it', async () => {
    expect((await asked(only('Preset'))).answer).toMatchObject({ body: '0' });
    expect(flowing.gate.counts.orphaned).toBe(0);
  });

  it('gives a setting its default, until a packet comes in there', async () => {
    const text = `INPORT=e.IN:REQUEST\nINPORT=e.WORD:WORD\nOUTPORT=e.OUT:REPLY\ne(chat/Set)\n`;
    expect((await asked(text)).answer).toMatchObject({ body: 'default' });
    flowing.runtime.live!.put('other', 'nobody', 'word');
    expect((await flowing.ask('/')).answer).toMatchObject({ body: 'other' });
  });

  it('is the same in a subgraph', async () => {
    for (const node of ['Events', 'Indexed', 'Preset']) {
      project.write(`graphs/In${node}.fbp`, graph('INPORT=e.IN:IN', 'OUTPORT=e.OUT:OUT', `e(chat/${node})`));
      const inner = graph(
        'INPORT=p.IN:REQUEST',
        'OUTPORT=s.OUT:REPLY',
        `p(chat/Pass) OUT -> ${node === 'Indexed' ? 'IN[0]' : 'IN'} s(chat/In${node})`,
      );
      expect((await asked(inner)).answer.status).toBe(200);
      expect((await asked(only(`In${node}`))).answer.status).toBe(200);
    }
  });
});

describe('nodes in a row', () => {
  const row = (count: number, component = 'Pass') => {
    const nodes = Array.from({ length: count }, (_, i) => `n${i}(chat/${component})`);
    const edges = nodes.slice(1).map((_, i) => `n${i} OUT -> IN n${i + 1}`);
    return graph(
      'INPORT=n0.IN:REQUEST',
      'OUTPORT=g.OUT:REPLY',
      ...nodes,
      ...edges,
      `n${count - 1} OUT -> IN g(chat/Good)`,
    );
  };

  it.each([99, 101, 700])('answer, be it %i of them', async count => {
    expect((await asked(row(count))).answer).toMatchObject({ status: 200, body: 'good' });
  });

  it('answer, where they hear events', async () => {
    expect((await asked(row(250, 'PassEvents'))).answer).toMatchObject({ status: 200, body: 'good' });
  });
});

describe('an answer without its question', () => {
  const way = (...nodes: readonly string[]) => {
    const named = nodes.map((component, i) => `n${i}(chat/${component})`);
    const edges = nodes.slice(1).map((_, i) => `n${i} OUT -> IN n${i + 1}`);
    return graph('INPORT=n0.IN:REQUEST', `OUTPORT=n${nodes.length - 1}.OUT:REPLY`, ...named, ...edges);
  };

  it.each([
    [['Strip'], 'n0', 'lost'],
    [['Pass', 'Strip', 'Echo'], 'n1', 'lost'],
    [['Pass', 'StripLater', 'Pass', 'Echo'], 'n1', 'lost'],
    [['Strip', 'StripLater', 'Echo'], 'n0', 'lost'],
    [['Pass', 'Rename', 'Echo'], 'n1', 'changed'],
    [['Rename', 'Strip'], 'n0', 'changed'],
    [['PassEvents', 'Strip', 'PassEvents'], 'n1', 'lost'],
  ])('fails it at once, at the node that has lost its id: %j', async (nodes, node, what) => {
    const outcome = await asked(way(...nodes));
    expect(outcome).toMatchObject({ node, answer: { status: 500 } });
    expect(outcome.answer).toMatchObject({
      detail: expect.stringMatching(new RegExp(`the question's id was \\w+ at ${node}$`)),
    });
    if (nodes.length > 1 || what === 'lost')
      expect(flowing.failures).toEqual([expect.stringMatching(`^${node}: an answer`)]);
  });

  it('blames no node that has the question beside the one that has lost it', async () => {
    const text = graph(
      'INPORT=p.IN:REQUEST',
      'OUTPORT=e.OUT:REPLY',
      'p(chat/Pass) OUT -> IN s(chat/StripLater) OUT -> IN e(chat/Echo)',
      'p OUT -> IN beside(chat/Nop)',
    );
    expect(await asked(text)).toMatchObject({ node: 's', answer: { status: 500 } });
  });

  it('is told at its node where it is the second one', async () => {
    const text = graph(
      'INPORT=p.IN:REQUEST',
      'OUTPORT=e.OUT:REPLY',
      'p(chat/Pass) OUT -> IN q(chat/Pass) OUT -> IN e(chat/Echo)',
      'p OUT -> IN e',
    );
    expect((await asked(text)).answer.status).toBe(200);
    expect(flowing.failures).toEqual([expect.stringMatching(/^e: a second answer to one question/)]);
  });
});

describe('a graph that went past its check', () => {
  it.each([['a node without a component', GOCHAT.replace('storage(chat/Storage)', 'storage'), /storage/]])(
    'is refused with a sentence that names the node: %s',
    async (_, text, name) => {
      await expect(flowing.publish(text)).rejects.toThrow(name);
    },
  );
});

describe('a node that fails before it takes a packet', () => {
  it.each(['Moody', 'MoodyLater'])('has the next one as if that had not been: %s', async name => {
    await flowing.publish(only(name));
    const answers = [];
    for (let asked = 0; asked < 6; asked++) answers.push((await flowing.ask('/')).answer.status);
    expect(answers).toEqual([500, 200, 500, 200, 200, 200]);
  });
});
