/**
 * Puts what `npm pack` takes in place of TypeScript beside it: JavaScript and its types, and an fbp.json that names them.
 * With `--remove` it takes them away again. npm runs the one before and the other after it packs.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const MANIFEST = join(root, 'fbp.json');
const FOLDERS = ['components', 'src'];

/** The paths of the TypeScript files without their ending. */
const stems = FOLDERS.flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => /(?<!\.d)\.ts$/.test(file))
    .map(file => join(root, folder, file.slice(0, -'.ts'.length))),
);

function remove(): void {
  for (const stem of stems) for (const end of ['.js', '.d.ts']) rmSync(stem + end, { force: true });
  nameFiles('js', 'ts');
}

/** Has fbp.json name our components by another ending. */
function nameFiles(before: string, after: string): void {
  const text = readFileSync(MANIFEST, 'utf8');
  const named = text.replace(new RegExp(`("components/\\w+\\.)${before}"`, 'g'), `$1${after}"`);
  if (named !== text) writeFileSync(MANIFEST, named);
}

function build(): void {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-pack-'));
  try {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    // "npm run types" checks the types; checking them again would take most of the time.
    const options = ['-p', import.meta.dirname, '--noCheck', '--outDir', folder];
    execFileSync(process.execPath, [compiler, ...options], { stdio: 'inherit' });
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.d.ts')) continue;
      // The compiler does this in JavaScript only.
      const text = readFileSync(join(folder, file), 'utf8');
      writeFileSync(join(folder, file), text.replace(/(from |import\()(["'])(\.[^"']*)\.ts\2/g, '$1$2$3.js$2'));
    }
    for (const part of FOLDERS) cpSync(join(folder, part), join(root, part), { recursive: true });
    nameFiles('ts', 'js');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// What an attempt that was interrupted has left is not to be packed.
remove();
if (!process.argv.includes('--remove')) build();
