import { basename, join } from 'node:path';
import { isatty } from 'node:tty';
import { print, verdict } from './check.ts';
import { replace } from './files/atomic.ts';
import { GraphFile } from './files/graph-file.ts';
import { Flow } from './flow.ts';
import { Gate } from './gate.ts';
import { generate, loaders } from './library/manifest.ts';
import { Library } from './library.ts';
import { jsonLog, lineLog } from './log.ts';
import { visible, visibleLines } from './model/visible.ts';
import { readyLines } from './ready.ts';
import { revisions } from './revisions/command.ts';
import { DOORS, ROOT, type Running, serve } from './serve.ts';
import { isLoopback, settings } from './settings.ts';
import { transfer } from './transfer.ts';
import { watchLoop } from './watchdog.ts';

/** Milliseconds for which connections that are open are still answered at the end. */
const GRACE = 250;

async function start(args: readonly string[]): Promise<void> {
  const given = settings(process.env, args);
  // Whoever sits at a terminal wants to read what is wrong with the graph, not to parse it.
  const log = process.stderr.isTTY ? lineLog(console.error, given.logLevel) : jsonLog(given.logLevel);
  let running: Running | undefined;
  if (given.watchdog > 0) {
    watchLoop({
      ...given,
      after: given.watchdog,
      json: !process.stderr.isTTY,
      course: () => running?.gate.course(),
      failed: error => log.warn('nothing ends this process when its event loop is stuck', { error }),
    });
  }
  running = await serve(given, log);
  process.on('uncaughtException', running.strayed).on('unhandledRejection', running.strayed);
  const stop = () => void running.stop(GRACE).then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const hasTerminal = [0, 1, 2].some(isatty);
  process.on('SIGHUP', () => {
    if (hasTerminal) stop();
    else log.info('SIGHUP says nothing here: changes of the graph go live by themselves, and the log is on stderr');
  });
  console.log(readyLines(given, running, process.stdout.isTTY).map(visible).join('\n'));
  if (!isLoopback(given.host)) log.warn(`${given.host} can be reached by others; put TLS in front`);
}

/** Checks files as a server's graphs, and as subgraphs those whose names begin with a capital, or all with --subgraph. */
async function check(args: readonly string[]): Promise<void> {
  const files = args.filter(arg => arg !== '--subgraph');
  if (files.length === 0) throw new Error('npm run check -- FILE…: name the graphs to check');
  const gate = new Gate({ deadline: 0, limit: 0, timing: false });
  const flow = new Flow({ library: new Library(ROOT), gate, doors: DOORS, push() {}, failed() {} });
  for (const file of files) {
    const said = await flow.check(
      new GraphFile(file).read(),
      undefined,
      files.length < args.length || isSubgraph(file),
    );
    for (const fault of said) console.log(print(fault));
    if (verdict(said).faults.length > 0) process.exitCode = 1;
  }
}

/** As the library finds them. */
function isSubgraph(file: string): boolean {
  return /^\p{Lu}/u.test(basename(file));
}

async function manifest(): Promise<void> {
  replace(join(ROOT, 'fbp.json'), `${JSON.stringify(await generate(ROOT), null, 2)}\n`);
  for (const sentence of [...new Library(ROOT).unseen, ...loaders(ROOT)]) console.error(sentence);
}

async function command([name, ...args]: readonly string[]): Promise<void> {
  try {
    if (name === 'check') await check(args);
    else if (name === 'manifest') await manifest();
    else if (name === 'export' || name === 'import') await transfer(name, args, process.env);
    else if (name === 'revisions') await revisions(args, process.env);
    else await start(name === undefined ? [] : [name, ...args]);
  } catch (error) {
    console.error(visibleLines((error as Error).message));
    process.exit(1);
  }
}

if (import.meta.main) await command(process.argv.slice(2));
