import { join } from 'node:path';
import { replace } from '../files/atomic.ts';
import { generate, loaders } from '../registry/manifest.ts';
import { Registry } from '../registry/registry.ts';
import { ROOT } from '../version.ts';

/** Writes fbp.json anew, and says which files no manifest can list. */
export async function manifest(): Promise<void> {
  replace(join(ROOT, 'fbp.json'), `${JSON.stringify(await generate(ROOT), null, 2)}\n`);
  for (const sentence of [...new Registry(ROOT).unseen, ...loaders(ROOT)]) console.error(sentence);
}
