import { join } from 'node:path';
import { visibleLines } from './model/text.ts';
import { memoryNotice, storesOf } from './runtime/stores.ts';
import type { Running } from './serve.ts';
import type { Settings } from './settings.ts';

/** Stands where a secret would be told to more than whoever sits here. */
const UNTOLD = 'SECRET';

/**
 * What a server says when it is ready: its URL, graph and revision, then where to edit it. Only whoever sits at a terminal
 * is told the secret, as what goes anywhere else may be kept.
 */
export function readyLines(given: Settings, running: Running, terminal: boolean): readonly string[] {
  const { url, runtime, access } = running;
  const lines = [`flowchat is ready at ${url} with ${given.graph}, revision ${runtime.live?.number}`];
  const notice = runtime.live && memoryNotice(storesOf(runtime.live.graph));
  if (notice !== undefined) lines.push(notice);
  if (!access) return lines;
  const shown = terminal ? access.secret : UNTOLD;
  const address = `${url.replace(/^http/, 'ws')}runtime`;
  const endpoint = `protocol=websocket&address=${address}&secret=${encodeURIComponent(shown)}&id=${access.id}`;
  lines.push(`edit it at ${url}editor/${terminal ? `#secret=${encodeURIComponent(shown)}` : ''}`);
  lines.push(`or with noflo-ui at ${given.editorUi}/index.html#runtime/endpoint?${encodeURIComponent(endpoint)}`);
  if (!terminal)
    lines.push(
      `${UNTOLD} is ${given.editorSecret === undefined ? `in ${join(given.data, 'editor-secret')}` : 'what EDITOR_SECRET says'}`,
    );
  return lines;
}

// Each command loads what it needs and no more: a check or an export starts in half of a server's time.

/** Runs what the command line says. */
export async function command([name, ...args]: readonly string[]): Promise<void> {
  try {
    if (name === 'check') await (await import('./cli/check.ts')).checkCommand(args);
    else if (name === 'manifest') await (await import('./cli/manifest.ts')).manifest();
    else if (name === 'export' || name === 'import')
      await (await import('./cli/transfer.ts')).transfer(name, args, process.env);
    else if (name === 'revisions') await (await import('./cli/revisions.ts')).revisions(args, process.env);
    else await (await import('./cli/start.ts')).startCommand(name === undefined ? [] : [name, ...args], process.env);
  } catch (error) {
    console.error(visibleLines((error as Error).message));
    process.exit(1);
  }
}

if (import.meta.main) await command(process.argv.slice(2));
