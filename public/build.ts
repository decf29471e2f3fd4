import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { exchange, retainEarlier } from './exchange.ts';

/** Builds the pages whose sources are newer than their output into public/dist; `npm run build` runs it. */

const here = import.meta.dirname;

/** The pages: each is a folder here with an index.html. */
const pages = ['chat', 'people', 'editor'];

/** The newest change of these files and of the files in these folders, in milliseconds since 1970; 0 if none exists. */
function changed(paths: string[]): number {
  let newest = 0;
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) continue;
    const inside = stat.isDirectory() ? changed(readdirSync(path).map(name => join(path, name))) : 0;
    newest = Math.max(newest, stat.mtimeMs, inside);
  }
  return newest;
}

function current(page: string): boolean {
  const sources = [
    join(here, page),
    join(here, 'ui'),
    join(here, '../src/model'),
    import.meta.filename,
    join(here, '../package-lock.json'),
  ];
  return changed([join(here, 'dist', page, 'index.html')]) > changed(sources);
}

async function build(page: string, folder: string): Promise<void> {
  const [{ build: vite }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')]);
  await vite({
    configFile: false,
    root: join(here, page),
    // Relative addresses work below any BASE_PATH.
    base: './',
    plugins: [react()],
    logLevel: 'silent',
    build: {
      outDir: folder,
      emptyOutDir: true,
      reportCompressedSize: false,
      // A strict Content-Security-Policy takes no data: addresses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}

/** Writes .gz and .br files beside each file, for the server to send to clients that accept them. */
function pack(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
    /\.(js|css|html|svg)$/.test(file),
  );
  for (const file of files.map(file => join(folder, file))) {
    const text = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
    // Quality 10 and 11 take ten times as long for little gain.
    writeFileSync(`${file}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
  }
}

/** The first error as one sentence, with file, line and column if the bundler gives them. */
function sentence(page: string, error: unknown): string {
  const { message } = (error as { errors?: Error[] }).errors?.[0] ?? (error as Error);
  const plain = stripVTControlCharacters(message);
  const place = /\[ (\S+:\d+:\d+) \]/.exec(plain)?.[1] ?? `public/${page}`;
  const reason = plain.split('\n')[0]!.replace(/^\[[^\]]*\]\s*/, '');
  return `${place}: the page cannot be built: ${reason}`;
}

// Tests set NODE_ENV to test; React would then be built in its larger and slower development version.
process.env.NODE_ENV = 'production';

for (const page of pages.filter(page => !current(page))) {
  const folder = join(here, 'dist', page);
  const made = join(here, 'dist', `.${page}.${process.pid}`);
  try {
    await build(page, made);
    pack(made);
    retainEarlier(folder, made);
    exchange(folder, made);
  } catch (error) {
    console.error(sentence(page, error as Error));
    process.exitCode = 1;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
