import { afterAll, describe, expect, it } from '@jest/globals';
import { componentName, newSource, TEMPLATES } from '../../public/editor/model/source.ts';
import { NodeHarness, runCase, suites } from '../../src/editor/sandbox/suite.ts';
import { Project } from '../support/project.ts';

const project = new Project();
afterAll(() => project.remove());

describe('a new component', () => {
  it.each(Object.keys(TEMPLATES) as (keyof typeof TEMPLATES)[])('loads and passes its tests: %s', async template => {
    const name = `New${template.replaceAll(' ', '')}`;
    const source = newSource('chat', name, template);
    const { getComponent } = await import(project.write(`components/${name}.ts`, source.code));
    const [suite] = suites(`${name}.yaml`, source.tests);
    expect(suite!.topic).toBe(componentName(source));
    const node = await NodeHarness.start(getComponent());
    const failures: (string | undefined)[] = [];
    for (const each of suite!.cases) failures.push(await runCase(node, each));
    await node.stop();
    expect(failures).toEqual([undefined]);
  });
});
