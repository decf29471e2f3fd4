import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { printFault } from '../../src/check/check.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { Registry } from '../../src/registry/registry.ts';
import { Examiner } from '../../src/runtime/examiner.ts';
import { OUTER_PORTS } from '../../src/runtime/running-graph.ts';
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
    const mistaken = text('graphs/chat.fbp').replace('OUT -> POST storage', 'OUT -> PUT storage');
    const document = new GraphDocument('graphs/chat.fbp', mistaken);
    const { all: found } = await new Examiner(OUTER_PORTS).examine(document, new Registry(ROOT));
    for (const fault of found) expect(readme).toContain(`\n${printFault(fault)}\n`);
    expect(found).toHaveLength(1);
  });
});
