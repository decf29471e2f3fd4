import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { launch, sweep } from '../support/launch.ts';
import { freePort } from '../support/process.ts';
import { ROOT } from '../support/source.ts';

// fbp-protocol's own suite, which starts the server itself.

jest.setTimeout(240_000);

const SECRET = 'secret-for-fbp-test';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowchat-fbp-test-'));
});
afterEach(() => {
  sweep();
  rmSync(folder, { recursive: true });
});

/** Tells the suite how to start the server, and where it is to be found. */
async function configure(): Promise<void> {
  const port = await freePort();
  const flags = `--port ${port} --data ${join(folder, 'data')} --graph ${join(ROOT, 'graphs/chat.fbp')}`;
  const config = {
    name: 'flowchat',
    command: `exec ${process.execPath} -r ${join(ROOT, 'src/node24.cjs')} ${join(ROOT, 'src/main.ts')} ${flags}`,
    host: '127.0.0.1',
    port: `${port}/runtime`,
    collection: 'core',
    version: '0.8',
  };
  writeFileSync(join(folder, 'fbp-config.json'), JSON.stringify(config));
}

describe('fbp-test', () => {
  it('passes in full', async () => {
    await configure();
    const env = { PROJECT_HOME: folder, EDITOR_SECRET: SECRET, FBP_PROTOCOL_SECRET: SECRET };
    const { end } = launch([join(ROOT, 'node_modules/fbp-protocol/bin/fbp-test')], env);
    const { code, out } = await end;
    expect(out).toMatch(/^ *22 passing/m);
    expect(out).not.toMatch(/failing|pending/);
    expect(code).toBe(0);
  });
});
