import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readGraph } from '../../src/fbp/read.ts';

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

  it('names no file that is not there', () => {
    const links = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, file]) => file!);
    for (const file of links) expect(() => text(file)).not.toThrow();
  });
});
