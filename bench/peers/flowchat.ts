import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { serving } from '../support/child.ts';

const DATA = process.env.BENCH_DATA ?? mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
// All connections of the crowd have the same address.
const [CONNECTIONS, CONNECTIONS_PER_ADDRESS] = ['20000', '20000'];
const running = await serve(
  readSettings({ ...process.env, PORT: '0', DATA, CONNECTIONS, CONNECTIONS_PER_ADDRESS }, []),
);
serving(Number(new URL(running.url).port));
