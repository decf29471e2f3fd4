import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { suites } from '../../src/editor/sandbox/suite.ts';
import { isLong, long } from '../support/long.ts';
import { Program } from '../support/program.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

// fbp-spec's own command line, against a server that runs.

jest.setTimeout(120_000);

const SECRET = 'secret-for-fbp-spec';
const FOLDER = join(ROOT, 'spec');
const COMMAND = join(ROOT, 'node_modules/fbp-spec/bin/fbp-spec');

const { path: chosen, remove } = folder();
let program: Program;
beforeAll(async () => {
  program = await Program.start(ROOT, { EDITOR_SECRET: SECRET, SECRET_GITHUB_HOOK: 'a secret that Verify needs' });
});
afterAll(async () => {
  await program.stop();
  remove();
});

/** What it says of all suites in a folder. Rejects where a case fails. */
async function run(folder: string): Promise<string> {
  const address = `${program.url.replace('http', 'ws')}/runtime`;
  const flags = ['--address', address, '--secret', SECRET, '--start-timeout', '30', '--command-timeout', '30'];
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...flags, folder]);
  return stdout;
}

describe('fbp-spec', () => {
  it('runs the YAML of components in the server', async () => {
    // Of each fourth component in the short form, in which yaml.spec.ts runs all of them.
    const all = readdirSync(FOLDER).filter(file => file.endsWith('.yaml'));
    const files = all.filter((_, i) => isLong || i % 4 === 0);
    for (const file of files) copyFileSync(join(FOLDER, file), join(chosen, file));
    const cases = files
      .flatMap(file => suites(file, readFileSync(join(FOLDER, file), 'utf8')))
      .flatMap(one => one.cases);
    const said = await run(chosen);
    expect(said).not.toContain('✗');
    expect(said.match(/: ✓$/gm)).toHaveLength(cases.length);
  });

  long("runs the YAML of NoFlo's core library", async () => {
    const said = await run(join(ROOT, 'node_modules/noflo-core/spec'));
    expect(said).not.toContain('✗');
    expect(said.match(/: ✓$/gm)).toHaveLength(6);
  });
});
