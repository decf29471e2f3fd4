import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { flushCompileCache, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FileFault } from '../../model/payload.ts';
import { type Factory, load, loadOther, made, overrideModule } from '../../registry/module.ts';
import type { Subject, TrialReport } from './trial.ts';

/** What is wrong with a module, and where. */
interface Mistake {
  readonly sentence: string;
  /** Both from 1 on. */
  readonly place?: { readonly line: number; readonly column: number };
}

/** A stack that shows the source begins with the line's number; after some of the source follows a mark below the column. */
const LINE = /:(\d+)\n/;
const MARK = /^([ \t]*)\^/m;

/** Says where a text is no TypeScript that Node can strip to JavaScript; nothing where it is. */
function typeScriptMistake(code: string): Mistake | undefined {
  try {
    // A tab is shown as several spaces, and the mark is below those.
    stripTypeScriptTypes(code.replaceAll('\t', ' '));
  } catch (error) {
    const { message, stack = '' } = error as Error;
    return withoutGuesses(marked(message, stack), code);
  }
}

const TOKEN = /[\p{L}$_][\p{L}\p{N}$_]*|\d[\w.]*|\S/uy;

/** Says what the parser met, in place of the list of all that it would have taken. It marks no place at the code's end. */
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
 * Says where a text is no module in JavaScript; nothing where it is. Node tells the place only to who starts it, so a
 * process is started, and a file is written to the current folder.
 */
function javaScriptMistake(code: string): Mistake | undefined {
  writeFileSync('checked.mjs', code);
  const { stderr, status } = spawnSync(process.execPath, ['--check', 'checked.mjs'], { encoding: 'utf8', env: {} });
  const [, message] = /^(?:SyntaxError): (.*)$/m.exec(stderr) ?? [];
  if (status !== 0 && message !== undefined) return marked(message, stderr);
}

/** What was thrown, and where in the module at `url`, as far as its stack says so. */
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

// A process of its own: a component may do anything when it is loaded, end or block the process as well.

/** What the component is doing when it lets an error go uncaught. */
let doing = '';
/** Told of what nobody caught. */
let stop = (_: unknown) => {};
process.on('uncaughtException', thrown => stop(thrown)).on('unhandledRejection', thrown => stop(thrown));

function report(said: TrialReport): void {
  process.send!(said);
}

/** Loads the component from its text as if it stood in its file, so that it finds what it imports. */
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
  // Loaded only here, as most of it serves tests alone.
  const { NodeHarness, runCase, SuiteFault, suites } = await import('./suite.ts');
  // Node keeps what it has compiled when it ends by itself, and nobody lets it.
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

/** A mistake with its file, and without paths of this machine. */
function located({ sentence, place }: Mistake, { root, file }: Subject, when = ''): FileFault {
  const message = `${sentence.replaceAll(`${root}/`, '')}${when && ` (in the test: ${when})`}`;
  return { file, ...place, message };
}

/** What reads suites is loaded only where there are some. */
function isSuiteFault(thrown: unknown): thrown is { readonly fault: FileFault } {
  return thrown instanceof Error && 'fault' in thrown;
}

process.on('message', (subject: Subject) => void examine(subject));
