import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Runtime from 'jest-runtime';
import { isStateless } from './stateless.ts';

const require = createRequire(import.meta.url);
const ROOT = pathToFileURL(`${dirname(dirname(import.meta.dirname))}/`).href;
/** Where a spec's own instance of `@jest/globals` finds what to export. */
const GLOBALS = Symbol.for('flowchat.jest-globals');
/** Where Jest keeps a run's listeners, its tests, and their time limit. */
const OF_A_RUN = new Set(['EVENT_HANDLERS', 'JEST_STATE_SYMBOL', 'TEST_TIMEOUT_SYMBOL']);
const isOurs = url => url.startsWith(ROOT) && !url.startsWith(`${ROOT}node_modules/`);

/** Whether the specs of the project have one instance of what they test. */
let sharesSources = false;
/** Whether this process runs specs again after changes: then no module of ours may stay loaded. */
const isWatching = process.argv.some(arg => arg.startsWith('--watch'));
/** Whether a module of ours, by its path from the project's folder, is loaded once in a process. */
const isShared = path => !isWatching && (sharesSources ? !path.startsWith('spec/') : isStateless(path));
/** Number of specs that this process has begun. */
let specs = 0;
const sources = new Map();
/** Where files without their types are kept. */
const STRIPPED = join(fileURLToPath(ROOT), 'node_modules/.cache/stripped');
mkdirSync(STRIPPED, { recursive: true });

/** The file without its types. Lines and columns stay, and stacks name the file without a query. */
function source(path) {
  try {
    // With --watch, it may have changed since.
    const { mtimeMs, size } = statSync(path);
    const state = `${mtimeMs} ${size}`;
    const known = sources.get(path);
    if (known?.state === state) return known.stripped;
    const stripped = strippedOnce(path, readFileSync(path, 'utf8'));
    sources.set(path, { state, stripped });
    return stripped;
  } catch (cause) {
    throw new SyntaxError(`${path} can't be read`, { cause });
  }
}

/** Strips types, which takes a second for all files, unless an earlier process has stripped the same text. */
function strippedOnce(path, text) {
  // A hash, as a path may be longer than a file's name.
  const cached = join(STRIPPED, hash('sha1', path));
  const begin = `${process.version} ${hash('sha1', text)}\n`;
  try {
    const kept = readFileSync(cached, 'utf8');
    if (kept.startsWith(begin)) return kept.slice(begin.length);
  } catch {
    // No process has stripped it yet.
  }
  const stripped = stripTypeScriptTypes(text, { sourceUrl: path });
  const written = `${cached}.${process.pid}`;
  writeFileSync(written, begin + stripped);
  renameSync(written, cached);
  return stripped;
}

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: `jest:globals?spec=${specs}`, shortCircuit: true };
    const found = next(specifier, context);
    if (!isOurs(found.url) || isShared(found.url.slice(ROOT.length))) return found;
    return { ...found, url: `${found.url}${found.url.includes('?') ? '&' : '?'}spec=${specs}` };
  },
  load(url, context, next) {
    if (url.startsWith('jest:globals?')) {
      const names = Object.keys(globalThis[GLOBALS]).join(', ');
      const text = `export const { ${names} } = globalThis[Symbol.for('${GLOBALS.description}')];`;
      return { format: 'module', source: text, shortCircuit: true };
    }
    if (!isOurs(url) || !/\.ts(\?|$)/.test(url)) return next(url, context);
    return { format: 'module', source: source(fileURLToPath(url)), shortCircuit: true };
  },
});

/**
 * Runs specs as Node runs the server: its own loader instead of Jest's, and no separate context. Our modules are loaded
 * for each spec anew, by a number in their URLs; packages, and those of our modules that have no state, once in a process, and
 * for the project `server` all of ours but the specs and what supports them. Jest's mocks of modules don't work.
 */
export default class NativeRuntime extends Runtime {
  #sharesSources;

  constructor(config, ...more) {
    super(config, ...more);
    this.#sharesSources = config.displayName.name === 'server';
  }

  requireInternalModule(from, to) {
    if (to !== undefined) return super.requireInternalModule(from, to);
    if (from.endsWith('jestAdapterInit.js')) {
      delete require.cache[from];
      for (const symbol of Object.getOwnPropertySymbols(globalThis))
        if (OF_A_RUN.has(symbol.description)) delete globalThis[symbol];
    }
    return require(from);
  }

  async unstable_importModule(path) {
    specs++;
    sharesSources = this.#sharesSources;
    globalThis[GLOBALS] = this.requireModuleOrMock(path, '@jest/globals');
    return import(`${pathToFileURL(path)}`);
  }
}
