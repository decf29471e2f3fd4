import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { print } from './check.ts';
import { Flow } from './flow.ts';
import { Gate, type Observer } from './gate.ts';
import { history } from './history.ts';
import { createFront } from './http.ts';
import { Library } from './library.ts';
import { Live } from './live.ts';
import { Sockets } from './live-socket.ts';
import { EventStreams } from './live-sse.ts';
import { jsonLog, type Log, lineLog } from './log.ts';
import { generate } from './manifest.ts';
import { connections, Metrics } from './metrics.ts';
import { openapi } from './openapi.ts';
import type { Event } from './packets.ts';
import type { Doors } from './revision.ts';
import { isLoopback, type Settings, settings } from './settings.ts';
import { commits, health, locate } from './store/open.ts';
import { transfer } from './transfer.ts';
import { watch } from './watch.ts';

const ROOT = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const DOORS: Doors = { entry: 'request', exit: 'reply', push: 'push' };

/** A server that answers. */
export interface Running {
  readonly url: string;
  readonly flow: Flow;
  readonly gate: Gate;
  /** Takes an error that nobody caught: it ends the question in whose course it was thrown, never the process. */
  strayed(thrown: unknown): void;
  /** Turns new questions away, gives the answers that are due, and lets go of port, files and stores. */
  stop(): Promise<void>;
}

/** What a server consists of behind its port. */
interface Parts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly gate: Gate;
  readonly live: Live;
  readonly flow: Flow;
  readonly streams: EventStreams;
  readonly sockets: Sockets;
  failed(node: string, error: Error): void;
}

/** Starts the server; `to` is its log, or takes its lines. Rejects with a sentence, or with Faulty, where that cannot be. */
export async function serve(given: Settings, to: Log | ((line: string) => void) = console.error): Promise<Running> {
  prepareData(given.data);
  const parts = assemble(given, typeof to === 'function' ? lineLog(to) : to);
  const { log, metrics, gate, flow, streams, sockets } = parts;
  await flow.publish(given.graph, readGraph(given.graph));
  const server = front(given, parts);
  await new Promise<void>((listening, refused) => {
    server.once('error', refused).listen(given.port, given.host, listening);
  }).catch(async error => {
    await flow.stop();
    throw new Error(
      `port ${given.port} of ${given.host} can't be taken: ${error.message}; choose another with PORT or HOST`,
    );
  });
  const watching = watchGraph(given.graph, parts);
  const { port } = server.address() as AddressInfo;
  const host = given.host.includes(':') ? `[${given.host}]` : given.host;
  return {
    url: `http://${host}:${port}${given.basePath}/`,
    flow,
    gate,
    strayed(thrown) {
      const node = gate.strayed();
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      metrics.failed(node ?? 'flowchat');
      log.error(`${node ?? 'flowchat'} let an error go uncaught`, { node, request: gate.asking(), error });
    },
    async stop() {
      watching.close();
      const closed = new Promise(resolve => server.close(resolve));
      server.closeIdleConnections();
      await flow.stop().catch(error => parts.failed('the graph', error));
      streams.close();
      sockets.close();
      server.closeAllConnections();
      await closed;
      metrics.close();
    },
  };
}

/** Puts the parts together; nothing runs yet. */
function assemble(given: Settings, log: Log): Parts {
  const metrics = new Metrics();
  const gate = new Gate(given, observer(metrics, given.logLevel === 'debug' ? log : undefined));
  const live = new Live(history(gate));
  const failed = (node: string, error: Error, request = gate.asking()) => {
    metrics.failed(node);
    log.error(`${node} failed`, { node, request, error });
  };
  const push = (event: Event) => live.push(event);
  const flow = new Flow({ library: new Library(ROOT), gate, doors: DOORS, push, failed });
  return { log, metrics, gate, live, flow, streams: new EventStreams(live), sockets: new Sockets(gate, live), failed };
}

/** Counts each outcome, and tells it where there is a log for that. */
function observer(metrics: Metrics, log: Log | undefined): Observer {
  if (!log) return (outcome, _, ms) => metrics.answered(outcome, ms);
  return (outcome, { method, path }, ms) => {
    metrics.answered(outcome, ms);
    const { id: request, status } = outcome.answer;
    const { node } = outcome;
    log.debug(`${method} ${path} ${status}`, { request, method, path, status, ms: Number(ms.toFixed(3)), node });
  };
}

function front(given: Settings, { log, metrics, gate, live, flow, streams, sockets, failed }: Parts): Server {
  const unready = () => (flow.live ? health() : 'the graph is stopped');
  const server = createFront({
    ...given,
    gate,
    live,
    streams,
    sockets,
    page: join(ROOT, 'public/dist/chat'),
    description: JSON.stringify(openapi(version, given.basePath)),
    unready,
    metrics: () =>
      metrics.text({
        version,
        questions: gate.counts,
        live: live.counts,
        streams: streams.size,
        sockets: sockets.size,
        connections: open(),
        commits: commits(),
        ready: unready() === undefined,
        revision: flow.live?.number,
      }),
    unreadable(method, path, status) {
      metrics.unreadable(status);
      log.debug(`${method} ${path} ${status}`, { method, path, status });
    },
    failed: error => failed('http', error),
  });
  const open = connections(server);
  return server;
}

/** Publishes a graph again whenever it, or what it may be made of, has changed. */
function watchGraph(file: string, { flow, log, metrics }: Parts): { close(): void } {
  const folders = [dirname(file), join(ROOT, 'graphs'), join(ROOT, 'components')].map(folder => resolve(folder));
  let told = flow.live?.number;
  return watch([...new Set(folders)], async () => {
    try {
      const { number } = await flow.publish(file, readGraph(file));
      if (number !== told) log.info(`${file} is live as revision ${number}`, { graph: file, revision: number });
      told = number;
    } catch (error) {
      metrics.refusedRevision();
      const revision = flow.live?.number;
      log.warn(`${(error as Error).message}\nrevision ${revision} stays live`, { graph: file, revision });
    }
  });
}

function prepareData(folder: string): void {
  try {
    makeFolder(resolve(folder));
    accessSync(`${folder}/.`, constants.W_OK);
  } catch (error) {
    throw new Error(`the folder ${folder} can't be written: ${(error as Error).message}; choose another with DATA`);
  }
  locate(folder);
}

/** As mkdirSync with `recursive`, which never returns where a file system like /proc refuses without a reason. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

function readGraph(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} can't be read: ${(error as Error).message}; choose another with GRAPH`);
  }
}

async function start(args: readonly string[]): Promise<void> {
  const given = settings(process.env, args);
  // Whoever sits at a terminal wants to read what is wrong with the graph, not to parse it.
  const log = process.stderr.isTTY ? lineLog(console.error, given.logLevel) : jsonLog(given.logLevel);
  const running = await serve(given, log);
  process.on('uncaughtException', running.strayed).on('unhandledRejection', running.strayed);
  const stop = () => void running.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  console.log(`flowchat is ready at ${running.url} with ${given.graph}, revision ${running.flow.live?.number}`);
  if (!isLoopback(given.host)) log.warn(`${given.host} can be reached by others; put TLS in front`);
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
    else if (name === 'export' || name === 'import') await transfer(name, args, process.env);
    else await start(name === undefined ? [] : [name, ...args]);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

if (import.meta.main) await command(process.argv.slice(2));
