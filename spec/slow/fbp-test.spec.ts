import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { launch, launchServer, sweep } from '../support/launch.ts';
import { ROOT } from '../support/source.ts';

// fbp-protocol's own suite, against a server that runs.

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

/** Starts the server, and tells the suite where it is. Were the suite to start it, it would wait for four seconds only. */
async function configure(): Promise<void> {
  const flags = ['--data', join(folder, 'data'), '--graph', join(ROOT, 'graphs/chat.fbp')];
  const { url } = await launchServer(flags, { EDITOR_SECRET: SECRET });
  const config = {
    name: 'flowchat',
    host: '127.0.0.1',
    port: `${url.port}/runtime`,
    collection: 'core',
    version: '0.8',
  };
  writeFileSync(join(folder, 'fbp-config.json'), JSON.stringify(config));
}

describe('fbp-test', () => {
  it('passes in full', async () => {
    await configure();
    const env = { PROJECT_HOME: folder, FBP_PROTOCOL_SECRET: SECRET };
    const { end } = launch([join(ROOT, 'node_modules/fbp-protocol/bin/fbp-test')], env);
    const { code, out } = await end;
    expect(out).toMatch(/^ *22 passing/m);
    expect(out).not.toMatch(/failing|pending/);
    expect(code).toBe(0);
  });
});
