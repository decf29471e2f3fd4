import { createRequire, registerHooks, stripTypeScriptTypes } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction, constants } from 'node:vm';
import { readTextFile } from '../files/contents.ts';

/** Packages of the CoffeeScript compiler, the newer name first. */
const COMPILERS = ['coffeescript', 'coffee-script'];

const SCRIPT = /\.coffee$/;
const ES_MODULE = /^[^\S\r\n]*(?:import\b(?!\s*\()|export\b)/m;
const COMMON_JS = /\bmodule\.exports\b|\bexports\.\w|\brequire\s*\(/;

/**
 * Loads a component that `import` can't: CommonJS in a `.js` file of an ES module project, as most published components
 * are, or CoffeeScript. Undefined for other files. Throws what the module throws, and a sentence if its compiler is not
 * installed.
 */
export function loadOther(file: string, source: string): object | undefined {
  if (SCRIPT.test(file)) return runCommonJs(file, compiled(file, source));
  if (file.endsWith('.cjs')) return runCommonJs(file, source);
  // Within a package, Node knows which modules are CommonJS.
  if (!file.endsWith('.js') || file.includes('/node_modules/')) return;
  return !ES_MODULE.test(source) && COMMON_JS.test(source) ? runCommonJs(file, source) : undefined;
}

let areTypesStripped = false;

function isTypedLibrary(path: string): boolean {
  return path.includes('/node_modules/') && /\.[cm]?ts$/.test(path);
}

/** Allows importing libraries published as TypeScript, which Node refuses below node_modules. */
export function stripLibraries(file: string): void {
  if (areTypesStripped || !isTypedLibrary(file)) return;
  areTypesStripped = true;
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || !isTypedLibrary(new URL(url).pathname)) return next(url, context);
      const source = stripTypeScriptTypes(readTextFile(fileURLToPath(url)), { mode: 'transform' });
      return { format: ES_MODULE.test(source) ? 'module' : 'commonjs', source, shortCircuit: true };
    },
  });
}

/** Runs a text as a CommonJS module, again at each call. */
function runCommonJs(file: string, source: string): object {
  const module = { exports: {} };
  const run = compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname'], {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  run.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

function compiled(file: string, source: string): string {
  const require = createRequire(file);
  for (const name of COMPILERS) {
    let compiler: { compile(source: string, options: object): string };
    try {
      compiler = require(name);
    } catch {
      continue;
    }
    return compiler.compile(source, { bare: true, filename: file });
  }
  throw new Error('it is CoffeeScript, and there is no compiler for it; npm install coffeescript@1 brings one');
}
