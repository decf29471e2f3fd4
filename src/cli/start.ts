import { isatty } from 'node:tty';
import { jsonLog, lineLog } from '../log.ts';
import { readyLines } from '../main.ts';
import { visible } from '../model/text.ts';
import { watchLoop } from '../runtime/watchdog.ts';
import { type Running, serve } from '../serve.ts';
import { isLoopback, readSettings } from '../settings.ts';

/** Milliseconds for which connections that are open are still answered at the end. */
const GRACE_MS = 250;

/** Runs the server until it is asked to end. Rejects with a sentence, or with Faulty, where that cannot be. */
export async function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const given = readSettings(env, args);
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
  process.on('uncaughtException', running.onUncaught).on('unhandledRejection', running.onUncaught);
  const stop = () => void running.stop(GRACE_MS).then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const hasTerminal = [0, 1, 2].some(isatty);
  process.on('SIGHUP', () => {
    if (hasTerminal) stop();
    else log.info('SIGHUP says nothing here: changes of the graph go live by themselves, and the log is on stderr');
  });
  console.log(readyLines(given, running, process.stdout.isTTY).map(visible).join('\n'));
  if (!isLoopback(given.host)) log.warn(`${given.host} can be reached by others; put TLS in front`);
}
