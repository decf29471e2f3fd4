import { afterAll, describe, expect, it } from '@jest/globals';
import { initialValue } from '../../src/model/ports.ts';
import { Flowing } from '../support/flowing.ts';
import { beside } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';

const VALUES = [
  'x',
  '',
  '5',
  '-2.5e1',
  '1e999',
  'true',
  'false',
  'yes',
  '{"a": 1}',
  '[1, 2]',
  '2026-01-31',
  5,
  2.5,
  true,
  false,
  null,
  { a: 1 },
  [1, 2],
];
const MOMENT = new Date('2026-01-31');

/** What each datatype makes of the values above; a hyphen where that is a fault. */
const TABLE: readonly (readonly [string, readonly unknown[]])[] = [
  [
    'string',
    ['x', '', '5', '-2.5e1', '1e999', 'true', 'false', 'yes', '{"a": 1}', '[1, 2]', '2026-01-31', ...'-------'],
  ],
  [
    'color',
    ['x', '', '5', '-2.5e1', '1e999', 'true', 'false', 'yes', '{"a": 1}', '[1, 2]', '2026-01-31', ...'-------'],
  ],
  ['number', [...'--', 5, -25, ...'-------', 5, 2.5, ...'-----']],
  ['int', [...'--', 5, -25, ...'-------', 5, ...'------']],
  ['boolean', [...'-----', true, false, ...'------', true, false, ...'---']],
  ['object', [...'--------', { a: 1 }, ...'-------', { a: 1 }, '-']],
  ['array', [...'---------', [1, 2], ...'-------', [1, 2]]],
  ['all', VALUES],
  ['bang', VALUES],
  ['function', VALUES.map(() => '-')],
  ['buffer', VALUES.map(() => '-')],
  ['stream', VALUES.map(() => '-')],
];

describe('an initial packet', () => {
  it.each(TABLE)('becomes a value of its port, or is a fault: %s', (datatype, values) => {
    const made = VALUES.map(data => initialValue(data, datatype));
    expect(made).toEqual(values.map(value => (value === '-' ? undefined : { value })));
  });

  it('becomes a date', () => {
    expect(initialValue('2026-01-31', 'date')).toEqual({ value: MOMENT });
    expect(initialValue(MOMENT.getTime(), 'date')).toEqual({ value: MOMENT });
    for (const data of ['x', '', true, null, {}]) expect(initialValue(data, 'date')).toBeUndefined();
  });
});

describe('a node', () => {
  const project = new Project();
  afterAll(() => project.remove());
  const told = `process(input, output) {
    if (!input.hasData('in')) return;
    const value = input.getData('setting');
    output.sendDone({ out: { id: input.getData('in').id, status: 200, body: JSON.stringify(value) } });
  }`;
  for (const datatype of ['boolean', 'number', 'object'])
    project.component(
      `Tell${datatype}`,
      component(told).replace(/(setting: \{[^}]*datatype: )'\w+'/, `$1'${datatype}'`),
    );
  for (const datatype of ['boolean'])
    project.write(
      'graphs/Inside.fbp',
      `INPORT=t.IN:IN\nOUTPORT=t.OUT:OUT\n'false' -> SETTING t(chat/Tell${datatype})\n`,
    );

  it.each([
    ['Tellboolean', "'false'", 'false'],
    ['Tellnumber', "'5'", '5'],
    ['Tellobject', `'{"a": 1}'`, '{"a":1}'],
  ])('gets a value of its port, where the graph keeps the text: %s', async (name, packet, body) => {
    const flowing = new Flowing(project.root);
    const { graph } = await flowing.publish(beside({ t: `chat/${name}` }, `${packet} -> SETTING t`));
    expect((await flowing.ask('/t')).answer).toMatchObject({ body });
    expect(graph.initials.find(({ to }) => to.node === 't')?.data).toBe(packet.slice(1, -1));
    await flowing.runtime.stop();
  });

  it('gets one within a subgraph too', async () => {
    const flowing = new Flowing(project.root);
    await flowing.publish(beside({ t: 'chat/Inside' }));
    expect((await flowing.ask('/t')).answer).toMatchObject({ body: 'false' });
    await flowing.runtime.stop();
  });
});
