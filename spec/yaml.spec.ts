import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Node } from '../src/editor/code/node.ts';
import { failure, suites } from '../src/editor/code/suite.ts';

// Runs the suites of spec/*.yaml as fbp-spec's command line does: all cases of a suite in one node, one after another.

const files = readdirSync(import.meta.dirname).filter(file => file.endsWith('.yaml'));

describe.each(files)('%s', file => {
  for (const { name, topic, cases } of suites(file, readFileSync(join(import.meta.dirname, file), 'utf8'))) {
    describe(name, () => {
      let node: Node;
      beforeAll(async () => {
        const { getComponent } = await import(`../components/${topic.replace(/^chat\//, '')}.ts`);
        node = await Node.start(getComponent(), {}, { id: topic });
      });
      afterAll(() => node.stop());

      it.each(cases)('$name $assertion', async test => expect(await failure(node, test)).toBeUndefined());
    });
  }
});
