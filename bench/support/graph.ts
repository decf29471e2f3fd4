import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHAT = readFileSync(join(import.meta.dirname, '../../graphs/chat.fbp'), 'utf8');

/** Writes chat.fbp to a new folder, without rate limit and with the given settings by port. Returns its path. */
export function unlimited(given: Readonly<Record<string, string>> = {}): string {
  const file = join(mkdtempSync(join(tmpdir(), 'flowchat-bench-')), 'chat.fbp');
  let text = CHAT;
  for (const [port, value] of Object.entries({ BURST: '1000000', RATE: '1000000', ...given })) {
    text = text.replaceAll(new RegExp(`^'.*' -> ${port} `, 'gm'), `'${value}' -> ${port} `);
  }
  writeFileSync(file, text);
  return file;
}
