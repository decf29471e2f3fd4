import { join } from 'node:path';
import { memoryNotice, storesOf } from './flow/stores.ts';
import type { Running } from './serve.ts';
import type { Settings } from './settings.ts';

/** Stands where a secret would be told to more than whoever sits here. */
const UNTOLD = 'SECRET';

/**
 * What a server says when it is ready: its URL, graph and revision, then where to edit it. Only whoever sits at a terminal
 * is told the secret, as what goes anywhere else may be kept.
 */
export function readyLines(given: Settings, running: Running, terminal: boolean): readonly string[] {
  const { url, flow, access } = running;
  const lines = [`flowchat is ready at ${url} with ${given.graph}, revision ${flow.live?.number}`];
  const notice = flow.live && memoryNotice(storesOf(flow.live.graph));
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
