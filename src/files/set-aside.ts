import { renameSync } from 'node:fs';

/**
 * Runs `read` of a file that a server has written for itself. Where it throws, the file is renamed, so that nothing writes
 * over it, and `told` hears that in a sentence; undefined then, and where there is no such file.
 */
export function readOrSetAside<T>(path: string, read: () => T, told: (sentence: string) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    const aside = `${path}.unreadable`;
    try {
      renameSync(path, aside);
      told(`${path} can't be read: ${message}; it is left out, and kept as ${aside}`);
    } catch {
      told(`${path} can't be read: ${message}; it is left out`);
    }
    return;
  }
}
