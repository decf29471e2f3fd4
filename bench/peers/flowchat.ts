import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../src/serve.ts';
import { settings } from '../../src/settings.ts';
import { serving } from '../support/child.ts';

const DATA = process.env.DATA ?? mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
const running = await serve(settings({ ...process.env, PORT: '0', DATA }, []));
serving(Number(new URL(running.url).port));
