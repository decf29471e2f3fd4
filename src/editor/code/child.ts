import { flushCompileCache, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadOther } from '../../library/language.ts';
import { type Factory, load, made } from '../../library/module.ts';
import { standIn } from '../../library/stand-in.ts';
import { javaScriptMistake, type Mistake, mistake, typeScriptMistake } from './place.ts';
import type { Report, Subject } from './trial.ts';

// A process of its own: a component may do anything when it is loaded, end or block the process as well.

/** What the component is doing when it lets an error go uncaught. */
let doing = '';
/** Told of what nobody caught. */
let stop = (_: unknown) => {};
process.on('uncaughtException', thrown => stop(thrown)).on('unhandledRejection', thrown => stop(thrown));

function report(said: Report): void {
  process.send!(said);
}

/** Loads the component from its text as if it stood in its file, so that it finds what it imports. */
async function examine(subject: Subject): Promise<void> {
  report({ kind: 'started' });
  const url = pathToFileURL(join(subject.root, subject.file)).href;
  stop = thrown => report({ kind: 'mistake', ...located(mistake(thrown, url), subject, doing) });
  const typed = subject.file.endsWith('.ts');
  const wrong = typed ? typeScriptMistake(subject.code) : undefined;
  if (wrong) return report({ kind: 'mistake', ...located(wrong, subject) });
  standIn(url, subject.code);
  try {
    const other = loadOther(join(subject.root, subject.file), subject.code);
    const { factory } = other ? made(subject.name, other) : await load(subject.name, url);
    report({ kind: 'loaded' });
    if (subject.tests) await test(subject, subject.tests, factory);
    report({ kind: 'done' });
  } catch (thrown) {
    const said = mistake(thrown, url);
    const syntax = thrown instanceof SyntaxError && !said.place;
    const plain = () => (typed ? stripTypeScriptTypes(subject.code) : subject.code);
    report({ kind: 'mistake', ...located((syntax && javaScriptMistake(plain())) || said, subject) });
  }
}

async function test({ name }: Subject, { file, text }: NonNullable<Subject['tests']>, factory: Factory): Promise<void> {
  // Most of what is loaded here is for tests alone.
  const [{ Node }, { failure, suites }] = await Promise.all([import('./node.ts'), import('./suite.ts')]);
  // Node keeps what it has compiled when it ends by itself, and nobody lets it.
  flushCompileCache();
  for (const { topic, cases } of suites(file, text)) {
    if (topic !== name) throw new Error(`${file}: its topic is ${topic}, not ${name}`);
    const node = await Node.start(factory(), {}, { id: topic });
    for (const one of cases) {
      doing = `${one.name} ${one.assertion}`.trim();
      const wrong = await failure(node, one);
      const said = wrong === undefined ? {} : { wrong: `${file}:${one.line}: ${doing}: ${wrong}` };
      report({ kind: 'case', result: { name: doing, ...said } });
    }
    doing = '';
    await node.stop();
  }
}

/** A sentence that begins with file, line and column, and has no path of this machine. */
function located({ sentence, place }: Mistake, { root, file }: Subject, when = ''): { sentence: string } {
  const at = place ? `${file}:${place.line}:${place.column}` : file;
  const plain = sentence.replaceAll(`${root}/`, '');
  // What is wrong with the tests says so itself.
  if (/^spec\//.test(plain)) return { sentence: plain };
  return { sentence: `${at}: ${plain}${when && ` (in the test: ${when})`}` };
}

process.on('message', (subject: Subject) => void examine(subject));
