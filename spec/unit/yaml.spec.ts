import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NodeHarness, runCase, suites } from '../../src/editor/sandbox/suite.ts';
import { ROOT } from '../support/source.ts';

// Runs the suites of spec/*.yaml as fbp-spec's command line does: all cases of a suite in one node, one after another.

const files = readdirSync(join(import.meta.dirname, '..')).filter(file => file.endsWith('.yaml'));

describe.each(files)('%s', file => {
  for (const { name, topic, cases } of suites(file, readFileSync(join(import.meta.dirname, '..', file), 'utf8'))) {
    describe(name, () => {
      let node: NodeHarness;
      beforeAll(async () => {
        const { getComponent } = await import(`../../components/${topic.replace(/^chat\//, '')}.ts`);
        node = await NodeHarness.start(getComponent(), {}, { id: topic });
      });
      afterAll(() => node.stop());

      it.each(cases)('$name $assertion', async test => expect(await runCase(node, test)).toBeUndefined());
    });
  }
});

describe("another library's own suite", () => {
  const folder = join(ROOT, 'node_modules/noflo-core/spec');

  it.each(['Repeat', 'RepeatDelayed'])('runs in our runner as in its own: %s', async file => {
    const [suite] = suites(file, readFileSync(join(folder, `${file}.yaml`), 'utf8'));
    const { getComponent } = createRequire(import.meta.url)(`noflo-core/components/${file}.js`);
    const node = await NodeHarness.start(getComponent(), {}, { id: suite!.topic });
    const failures: (string | undefined)[] = [];
    for (const each of suite!.cases) failures.push(await runCase(node, each));
    await node.stop();
    expect(failures).toEqual(suite!.cases.map(() => undefined));
  });
});
