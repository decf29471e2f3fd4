import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Module } from '../../src/registry/sources.ts';
import { Flowing } from '../support/flowing.ts';
import { Project } from '../support/project.ts';

// Components as other libraries have them: CommonJS in sloppy mode, where a change of what is frozen is ignored without a word.
const project = new Project();

const foreign = (name: string, ports: string, body: string) => {
  const path = `lib/mend/${name}.js`;
  project.write(
    path,
    `const noflo = require('noflo');
exports.getComponent = () => {
  const c = new noflo.Component({ ${ports} });
  ${body}
  return c;
};
`,
  );
  return { name, path, source: path, elementary: true };
};
const plain = `inPorts: { in: { datatype: 'all' } }, outPorts: { out: { datatype: 'all' } }`;
const change = (how: string) => `
  return c.process((input, output) => {
    if (!input.hasData('in')) return;
    const data = input.getData('in');
    ${how}
    output.sendDone({ out: data });
  });`;

project.write('lib/mend/package.json', '{ "type": "commonjs" }');
const components = [
  foreign('SetName', plain, change(`data.query.name = 'anonymous';`)),
  foreign('Strip', plain, change('delete data.query.secret;')),
  foreign('Append', plain, change('data.query.list.push({ more: 1 }); data.query.list[0].deep = true;')),
  foreign(
    'SetIndexed',
    `inPorts: { in: { datatype: 'all', addressable: true } }, outPorts: { out: { datatype: 'all', addressable: true } }`,
    `return c.process((input, output) => {
      if (!input.hasData(['in', 0])) return;
      const data = input.getData(['in', 0]);
      data.query.name = 'anonymous';
      output.sendDone({ out: new noflo.IP('data', data, { index: 0 }) });
    });`,
  ),
  foreign(
    'SetByEvents',
    plain,
    `c.inPorts.in.on('data', data => { data.query.name = 'anonymous'; c.outPorts.out.send(data); });`,
  ),
  // Goes on with what it has sent.
  foreign(
    'Count',
    plain,
    `const counted = { by: {} };
    return c.process((input, output) => {
      if (!input.hasData('in')) return;
      const { id } = input.getData('in');
      counted.id = id;
      counted.by.all = (counted.by.all || 0) + 1;
      counted.query = { name: counted.by.all };
      output.sendDone({ out: counted });
    });`,
  ),
];
const library: Module = { name: 'mend', runtime: 'noflo', base: 'lib/mend', components };
const manifest = JSON.parse(readFileSync(join(project.root, 'fbp.json'), 'utf8'));
project.write('fbp.json', JSON.stringify({ ...manifest, modules: [...manifest.modules, library] }));

project.component(
  'Tell',
  `import { Component } from 'noflo';
const isFrozen = (value: any): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen));
export const getComponent = () => new Component({
  inPorts: { in: { datatype: 'all' } },
  outPorts: { out: { datatype: 'all' } },
  process(input: any, output: any) {
    if (!input.hasData('in')) return;
    const data = input.getData('in');
    const body = JSON.stringify({ query: data.query, frozen: isFrozen(data) });
    output.sendDone({ out: { id: data.id, status: 200, body } });
  },
});
`,
);

// NoFlo says of each component that hears events that it should be written anew.
jest.spyOn(console, 'warn').mockImplementation(() => {});

let flowing: Flowing;
beforeEach(() => {
  flowing = new Flowing(project.root, { deadline: 5000 });
});
afterEach(() => flowing.runtime.stop());
afterAll(() => project.remove());

const through = (component: string, from = 'OUT') =>
  `INPORT=c.IN:REQUEST\nOUTPORT=t.OUT:REPLY\nc(mend/${component}) ${from} -> IN t(chat/Tell)\n`;
const ask = async (query: object) => {
  const { answer } = await flowing.ask('/', { query: query as Record<string, string> });
  return 'body' in answer ? JSON.parse(answer.body) : answer;
};
const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
};

describe('a component of another library', () => {
  it.each([
    ['SetName', undefined, { name: 'ann' }, { name: 'anonymous' }],
    ['Strip', undefined, { name: 'ann', secret: 's' }, { name: 'ann' }],
    ['Append', undefined, { list: [{ a: 1 }] }, { list: [{ a: 1, deep: true }, { more: 1 }] }],
    ['SetIndexed', 'OUT[0]', { name: 'ann' }, { name: 'anonymous' }],
    ['SetByEvents', undefined, { name: 'ann' }, { name: 'anonymous' }],
  ])('may change its packet, and what it sends is frozen: %s', async (name, port, query, expected) => {
    await flowing.publish(through(name, port));
    const asked = freeze(query);
    const told = structuredClone(asked);
    expect(await ask(asked)).toEqual({ query: expected, frozen: true });
    expect(asked).toEqual(told);
  });

  it('may keep what it has sent and change it later', async () => {
    await flowing.publish(through('Count'));
    expect(await ask({})).toMatchObject({ query: { name: 1 } });
    expect(await ask({})).toMatchObject({ query: { name: 2 } });
  });

  it('changes nothing of what another branch of the same edge gets', async () => {
    const text = through('SetName').replace('INPORT=c.IN', 'INPORT=p.IN');
    await flowing.publish(`${text}p(core/Repeat) OUT -> IN drop(core/Drop)\np OUT -> IN c\n`);
    expect(await ask(freeze({ name: 'ann' }))).toMatchObject({ query: { name: 'anonymous' } });
  });
});
