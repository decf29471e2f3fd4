import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { print } from './check.ts';
import { Flow } from './flow.ts';
import { Gate } from './gate.ts';
import { history } from './history.ts';
import { createFront } from './http.ts';
import { Library } from './library.ts';
import { Live } from './live.ts';
import { Sockets } from './live-socket.ts';
import { EventStreams } from './live-sse.ts';
import { generate } from './manifest.ts';
import type { Event } from './packets.ts';
import type { Doors } from './revision.ts';
import { isLoopback, type Settings, settings } from './settings.ts';
import { health, locate } from './store/open.ts';
import { watch } from './watch.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DOORS: Doors = { entry: 'request', exit: 'reply', push: 'push' };

/** A server that answers. */
export interface Running {
  readonly url: string;
  readonly flow: Flow;
  readonly gate: Gate;
  /** Turns new questions away, gives the answers that are due, and lets go of port, files and stores. */
  stop(): Promise<void>;
}

/** Starts the server. Rejects with a sentence, or with Faulty, where that cannot be. */
export async function serve(given: Settings, log = console.error): Promise<Running> {
  prepareData(given.data);
  const gate = new Gate(given);
  const failed = (node: string, error: Error) => log(`${node} failed: ${error.stack ?? error.message}`);
  const live = new Live(history(gate));
  const push = (event: Event) => live.push(event);
  const flow = new Flow({ library: new Library(ROOT), gate, doors: DOORS, push, failed });
  await flow.publish(given.graph, readGraph(given.graph));

  const streams = new EventStreams(live);
  const sockets = new Sockets(gate, live);
  const server = createFront({
    ...given,
    gate,
    live,
    streams,
    sockets,
    page: join(ROOT, 'public/dist/chat'),
    unready: () => (flow.live ? health() : 'the graph is stopped'),
    failed: error => failed('http', error),
  });
  await new Promise<void>((listening, refused) => {
    server.once('error', refused).listen(given.port, given.host, listening);
  }).catch(async error => {
    await flow.stop();
    throw new Error(`port ${given.port} of ${given.host} can't be taken: ${error.message}; choose another with PORT`);
  });

  const folders = [dirname(given.graph), join(ROOT, 'graphs'), join(ROOT, 'components')].map(folder => resolve(folder));
  const watching = watch([...new Set(folders)], () => void republish(flow, given.graph, log));
  const { port } = server.address() as AddressInfo;
  const host = given.host.includes(':') ? `[${given.host}]` : given.host;
  return {
    url: `http://${host}:${port}${given.basePath}/`,
    flow,
    gate,
    async stop() {
      watching.close();
      const closed = new Promise(resolve => server.close(resolve));
      server.closeIdleConnections();
      await flow.stop();
      streams.close();
      sockets.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function prepareData(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new Error(`the folder ${folder} can't be written: ${(error as Error).message}; choose another with DATA`);
  }
  locate(folder);
}

function readGraph(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} can't be read: ${(error as Error).message}; choose another with GRAPH`);
  }
}

/** Takes up what has changed on disk. What can't run is told, and the live revision goes on. */
async function republish(flow: Flow, file: string, log: (line: string) => void): Promise<void> {
  const before = flow.live?.number;
  try {
    const { number } = await flow.publish(file, readGraph(file));
    if (number !== before) log(`${file} is live as revision ${number}`);
  } catch (error) {
    log(`${(error as Error).message}\nrevision ${before} stays live`);
  }
}

async function start(args: readonly string[]): Promise<void> {
  const given = settings(process.env, args);
  const running = await serve(given);
  // An error that nobody caught ends the question in whose course it was thrown, never the process.
  const strayed = (error: unknown) => {
    const node = running.gate.strayed() ?? 'flowchat';
    console.error(`${node} let an error go uncaught: ${(error as Error)?.stack ?? error}`);
  };
  process.on('uncaughtException', strayed).on('unhandledRejection', strayed);
  console.log(`flowchat is ready at ${running.url} with ${given.graph}, revision ${running.flow.live?.number}`);
  if (!isLoopback(given.host)) console.error(`${given.host} can be reached by others; put TLS in front`);
  const stop = () => void running.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

async function check(files: readonly string[]): Promise<void> {
  if (files.length === 0) throw new Error('npm run check -- FILE…: name the graphs to check');
  const gate = new Gate({ deadline: 0, limit: 0, timing: false });
  const flow = new Flow({ library: new Library(ROOT), gate, doors: DOORS, push() {}, failed() {} });
  for (const file of files) {
    const faults = await flow.faults(file, readGraph(file));
    for (const fault of faults) console.log(print(fault));
    if (faults.length > 0) process.exitCode = 1;
  }
}

async function manifest(): Promise<void> {
  writeFileSync(join(ROOT, 'fbp.json'), `${JSON.stringify(await generate(ROOT), null, 2)}\n`);
}

async function command([name, ...args]: readonly string[]): Promise<void> {
  try {
    if (name === 'check') await check(args);
    else if (name === 'manifest') await manifest();
    else await start(name === undefined ? [] : [name, ...args]);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

if (import.meta.main) await command(process.argv.slice(2));
