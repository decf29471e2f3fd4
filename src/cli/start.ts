import { join } from 'node:path';
import { isatty } from 'node:tty';
import { jsonLog, lineLog } from '../log.ts';
import { visible } from '../model/text.ts';
import { memoryNotice, storesOf } from '../runtime/stores.ts';
import { watchLoop } from '../runtime/watchdog.ts';
import { type Running, serve } from '../serve.ts';
import { isLoopback, readSettings, type Settings } from '../settings.ts';

/** Milliseconds during which open connections are still answered when the server stops. */
const GRACE_MS = 250;

/** Runs the server until it is stopped. Rejects with a sentence, or with Faulty, if it can't start. */
export async function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const given = readSettings(env, args);
  // At a terminal, people read faults as lines instead of JSON.
  const log = process.stderr.isTTY ? lineLog(console.error, given.logLevel) : jsonLog(given.logLevel);
  let running: Running | undefined;
  if (given.watchdog > 0) {
    watchLoop({
      ...given,
      after: given.watchdog,
      json: !process.stderr.isTTY,
      holderOfQuestion: () => running?.gate.holderNow(),
      failed: error => log.warn('nothing ends this process when its event loop is stuck', { error }),
    });
  }
  const stop = () => void running?.stop(GRACE_MS).then(() => process.exit(0));
  const hasTerminal = [0, 1, 2].some(isatty);
  process.on('SIGHUP', () => {
    if (!hasTerminal)
      log.info('SIGHUP says nothing here: changes of the graph go live by themselves, and the log is on stderr');
    else if (running) stop();
    else {
      log.warn('the terminal was closed before the server was ready, so it ends');
      process.exit(1);
    }
  });
  running = await serve(given, log);
  process.on('uncaughtException', running.onUncaught).on('unhandledRejection', running.onUncaught);
  process.once('SIGTERM', stop).once('SIGINT', stop);
  console.log(readyLines(given, running, process.stdout.isTTY).map(visible).join('\n'));
  if (!isLoopback(given.host)) log.warn(`${given.host} can be reached by others; put TLS in front`);
}

/** Placeholder of a secret that others could read. */
const UNTOLD = 'SECRET';

/**
 * The lines printed when the server is ready: its URL, graph and revision, then where to edit it. The secret is shown
 * only on a terminal, as other output may be stored.
 */
function readyLines(given: Settings, running: Running, terminal: boolean): readonly string[] {
  const { url, runtime, access } = running;
  const lines = [`flowchat is ready at ${url} with ${given.graph}, revision ${runtime.live?.number}`];
  const notice = runtime.live && memoryNotice(storesOf(runtime.live.graph));
  if (notice !== undefined) lines.push(notice);
  if (!access) return lines;
  const shown = terminal ? access.secret : UNTOLD;
  const address = `${url.replace(/^http/, 'ws')}runtime`;
  const endpoint = `protocol=websocket&address=${address}&secret=${encodeURIComponent(shown)}&id=${access.id}`;
  lines.push(`edit it at ${url}editor/${terminal ? `#secret=${encodeURIComponent(shown)}` : ''}`);
  lines.push(`or with noflo-ui at ${given.editorUi}/index.html#runtime/endpoint?${encodeURIComponent(endpoint)}`);
  if (!terminal)
    lines.push(
      `${UNTOLD} is ${given.editorSecret === undefined ? `in ${join(given.data, 'editor-secret')}` : 'what EDITOR_SECRET says'}`,
    );
  return lines;
}
