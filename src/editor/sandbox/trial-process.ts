import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { flushCompileCache, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FileFault } from '../../model/refused.ts';
import { type Factory, load, loadOther, made, overrideModule } from '../../registry/module.ts';
import type { Subject, TrialReport } from './trial.ts';

/** An error in a module, with its place. */
interface Mistake {
  readonly sentence: string;
  /** Line and column, counted from 1. */
  readonly place?: { readonly line: number; readonly column: number };
}

/** A stack trace that shows the source begins with the line number; a mark below the column follows the source. */
const LINE = /:(\d+)\n/;
const MARK = /^([ \t]*)\^/m;

/** The syntax error of TypeScript code that Node can't strip to JavaScript; undefined if there is none. */
function typeScriptMistake(code: string): Mistake | undefined {
  try {
    // A tab is printed as several spaces, which would shift the mark.
    stripTypeScriptTypes(code.replaceAll('\t', ' '));
  } catch (error) {
    const { message, stack = '' } = error as Error;
    return withoutGuesses(marked(message, stack), code);
  }
}

const TOKEN = /[\p{L}$_][\p{L}\p{N}$_]*|\d[\w.]*|\S/uy;

/**
 * Shortens a parser's error to the unexpected token, without the list of expected ones. At the end of the code there is
 * no mark.
 */
function withoutGuesses({ sentence, place }: Mistake, code: string): Mistake {
  if (!/expected/i.test(sentence)) return place ? { sentence, place } : { sentence };
  const lines = code.split('\n');
  TOKEN.lastIndex = place ? place.column - 1 : 0;
  const [token] = (place && TOKEN.exec(lines[place.line - 1] ?? '')) ?? [];
  if (place && token) return { sentence: `unexpected \`${token}\``, place };
  const last = code.trimEnd().split('\n');
  return { sentence: 'unexpected end of the code', place: { line: last.length, column: last.at(-1)!.length + 1 } };
}

/**
 * The syntax error of a JavaScript module; undefined if there is none. Node prints the place only at start-up, so this
 * writes a file to the current folder and starts a process.
 */
function javaScriptMistake(code: string): Mistake | undefined {
  writeFileSync('checked.mjs', code);
  const { stderr, status } = spawnSync(process.execPath, ['--check', 'checked.mjs'], { encoding: 'utf8', env: {} });
  const [, message] = /^(?:SyntaxError): (.*)$/m.exec(stderr) ?? [];
  if (status !== 0 && message !== undefined) return marked(message, stderr);
}

/** A thrown error, with its place in the module at `url` if its stack has one. */
function mistake(thrown: unknown, url: string): Mistake {
  if (!(thrown instanceof Error)) return { sentence: String(thrown) };
  const { message, stack = '' } = thrown;
  if (stack.startsWith(`${url}:`)) return marked(message, stack);
  const at = stack.indexOf(`${url}:`);
  const [, line, column] = at < 0 ? [] : (/^:(\d+):(\d+)/.exec(stack.slice(at + url.length)) ?? []);
  return line ? { sentence: message, place: { line: Number(line), column: Number(column) } } : { sentence: message };
}

function marked(sentence: string, stack: string): Mistake {
  const line = LINE.exec(stack);
  const mark = line && MARK.exec(stack.slice(line.index + line[0].length));
  return mark ? { sentence, place: { line: Number(line[1]), column: mark[1]!.length + 1 } } : { sentence };
}

// Runs as its own process: a component may do anything on loading, even block or end the process.

/** The component's current phase, for uncaught errors. */
let doing = '';
/** Called with an uncaught error. */
let stop = (_: unknown) => {};
process.on('uncaughtException', thrown => stop(thrown)).on('unhandledRejection', thrown => stop(thrown));

function report(said: TrialReport): void {
  process.send!(said);
}

/** Loads the component's text as if it were its file, so that its imports resolve. */
async function examine(subject: Subject): Promise<void> {
  report({ kind: 'started' });
  const url = pathToFileURL(join(subject.root, subject.file)).href;
  stop = thrown => report({ kind: 'mistake', fault: located(mistake(thrown, url), subject, doing) });
  const typed = subject.file.endsWith('.ts');
  overrideModule(url, subject.code);
  try {
    const other = loadOther(join(subject.root, subject.file), subject.code);
    const { factory } = other ? made(subject.name, other) : await load(subject.name, url);
    report({ kind: 'loaded' });
    if (subject.tests) await test(subject, subject.tests, factory);
    report({ kind: 'done' });
  } catch (thrown) {
    const said = mistake(thrown, url);
    const syntax = thrown instanceof SyntaxError;
    const plain = () => (typed ? stripTypeScriptTypes(subject.code) : subject.code);
    const wrong =
      (syntax && typed && typeScriptMistake(subject.code)) || (syntax && !said.place && javaScriptMistake(plain()));
    const fault = located(wrong || said, subject);
    report({ kind: 'mistake', fault: isSuiteFault(thrown) ? thrown.fault : fault });
  }
}

async function test({ name }: Subject, { file, text }: NonNullable<Subject['tests']>, factory: Factory): Promise<void> {
  // Loaded on demand, as most of it serves tests only.
  const { NodeHarness, runCase, SuiteFault, suites } = await import('./suite.ts');
  // Node would write its compile cache only at a normal exit, which doesn't happen here.
  flushCompileCache();
  for (const { topic, cases } of suites(file, text)) {
    if (topic !== name) throw new SuiteFault({ file, message: `its topic is ${topic}, not ${name}` });
    const node = await NodeHarness.start(factory(), {}, { id: topic });
    for (const one of cases) {
      doing = `${one.name} ${one.assertion}`.trim();
      const wrong = await runCase(node, one);
      const said = wrong === undefined ? {} : { wrong: { file, line: one.line, message: `${doing}: ${wrong}` } };
      report({ kind: 'case', result: { name: doing, ...said } });
    }
    doing = '';
    await node.stop();
  }
}

/** An error with its file, without paths of this machine. */
function located({ sentence, place }: Mistake, { root, file }: Subject, when = ''): FileFault {
  const message = `${sentence.replaceAll(`${root}/`, '')}${when && ` (in the test: ${when})`}`;
  return { file, ...place, message };
}

/** The test parser is loaded only if there are tests. */
function isSuiteFault(thrown: unknown): thrown is { readonly fault: FileFault } {
  return thrown instanceof Error && 'fault' in thrown;
}

process.on('message', (subject: Subject) => void examine(subject));
