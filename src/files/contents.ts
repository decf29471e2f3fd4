import { readFileSync } from 'node:fs';

/** What a file holds; nothing where it is not there. */
export function contents(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
}
