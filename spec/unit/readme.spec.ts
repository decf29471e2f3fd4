import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { printFault } from '../../src/check/check.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { Gate } from '../../src/gate/gate.ts';
import { Registry } from '../../src/registry/registry.ts';
import { OUTER_PORTS } from '../../src/runtime/running-graph.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { ROOT } from '../support/source.ts';

const text = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

describe('README', () => {
  const readme = text('README.md');
  const { graph } = readGraph('graphs/chat.fbp', text('graphs/chat.fbp'));

  it('draws every wire of chat.fbp and no other', () => {
    const drawn = [...readme.matchAll(/^ {2}(\w+) (?:--|-\.) (\w+)(?:\/(\w+))? (?:-->|\.->) (\w+)$/gm)].map(
      ([, from, out, into = 'IN', to]) => `${from} ${out} -> ${into} ${to}`,
    );
    const wired = graph.edges.map(
      ({ from, to }) => `${from.node} ${from.port.toUpperCase()} -> ${to.port.toUpperCase()} ${to.node}`,
    );
    expect(drawn.toSorted()).toEqual(wired.toSorted());
  });

  it('visits every node on its tour', () => {
    const visited = [...readme.matchAll(/^\| (\w+) \| \[(\w+)\]\(components\/(\w+)\.ts\)/gm)].map(
      ([, node, component, file]) => {
        expect(file).toBe(component);
        return `${node}(chat/${component})`;
      },
    );
    expect(visited.toSorted()).toEqual(graph.nodes.map(({ name, component }) => `${name}(${component})`).toSorted());
  });

  it('shows the fault that the check finds after the mistake of its example', async () => {
    const gate = new Gate({ deadline: 0, limit: 0, timing: false });
    const library = new Registry(ROOT);
    const runtime = new Runtime({ library, gate, outerPorts: OUTER_PORTS, push() {}, failed() {} });
    const mistaken = text('graphs/chat.fbp').replace('OUT -> POST storage', 'OUT -> PUT storage');
    const found = await runtime.check({ file: 'graphs/chat.fbp', text: mistaken });
    for (const fault of found) expect(readme).toContain(`\n${printFault(fault)}\n`);
    expect(found).toHaveLength(1);
  });
});
