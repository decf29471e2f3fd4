import { join } from 'node:path';
import { keptId, keptSecret, Secrets } from './editor/door/secrets.ts';
import { Editor } from './editor/editor.ts';
import { Lifecycle } from './editor/lifecycle/lifecycle.ts';
import { exposure, hideFiles, prepareFolder } from './files/folder.ts';
import { locked } from './files/lock.ts';
import { DOORS } from './flow/revision.ts';
import { memoryNotice, storesOf } from './flow/stores.ts';
import { Flow } from './flow.ts';
import { Gate } from './gate.ts';
import { authority, listen } from './http/listen.ts';
import { connections, Metrics, observer } from './http/metrics.ts';
import { metricsServer } from './http/metrics-server.ts';
import { openapi } from './http/openapi.ts';
import type { Page } from './http/page.ts';
import type { HttpServer } from './http/server.ts';
import { createFront } from './http.ts';
import { Library } from './library.ts';
import { history } from './live/history.ts';
import { Polls } from './live/poll.ts';
import { Sockets } from './live/socket.ts';
import { EventStreams } from './live/sse.ts';
import { Live } from './live.ts';
import { type Log, lineLog } from './log.ts';
import type { Event } from './packets.ts';
import type { Address } from './settings/host.ts';
import type { Settings } from './settings.ts';
import { commits, health, locate } from './store/open.ts';
import { buildVersion, ROOT, VERSION } from './version.ts';
import { watchGraph } from './watch-graph.ts';

const CHAT_PAGE: Page = { at: '/', folder: join(ROOT, 'public/dist/chat') };
const EDITOR_PAGE: Page = { at: '/editor/', folder: join(ROOT, 'public/dist/editor') };
const PAGES = [CHAT_PAGE, EDITOR_PAGE];

/** A server that answers. */
export interface Running {
  readonly url: string;
  readonly flow: Flow;
  readonly gate: Gate;
  /** How to edit it; nothing where it can't be edited. */
  readonly access: Access | undefined;
  /** Takes an error that nobody caught: it ends the question in whose course it was thrown, never the process. */
  strayed(thrown: unknown): void;
  /**
   * Turns new questions away, gives the answers that are due, and lets go of port, files and stores; who asks on an open
   * connection within `grace` milliseconds after that is still told so.
   */
  stop(grace?: number): Promise<void>;
}

/** What an editor needs to connect. */
export interface Access {
  /** The one that may edit. */
  readonly secret: string;
  /** The runtime's. */
  readonly id: string;
}

/** What a server consists of behind its port. */
interface Parts {
  /** Told to pages, so that one of an older build can offer to reload. */
  readonly version: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly gate: Gate;
  readonly live: Live;
  readonly polls: Polls;
  readonly library: Library;
  readonly flow: Flow;
  readonly streams: EventStreams;
  readonly sockets: Sockets;
  failed(node: string, error: Error): void;
  /** Who hears of each error that a node let out. */
  readonly witnesses: ((node: string, error: Error, question: string | undefined) => void)[];
}

/** Starts the server; `to` is its log, or takes its lines. Rejects with a sentence, or with Faulty, where that cannot be. */
export async function serve(given: Settings, to: Log | ((line: string) => void) = console.error): Promise<Running> {
  prepareFolder(given.data);
  return locked(given.data, () => run(given, to));
}

/** Starts the server in a folder that no other one has. */
async function run(given: Settings, to: Log | ((line: string) => void)): Promise<Running> {
  const parts = assemble(given, typeof to === 'function' ? lineLog(to) : to);
  locate(given.data, sentence => parts.log.warn(sentence));
  hideFiles(given.data);
  for (const warning of given.warnings) parts.log.warn(warning);
  const { flow, gate, log, witnesses } = parts;
  const access = given.editor ? accessTo(given) : undefined;
  const lifecycle = await Lifecycle.open({ ...given, root: ROOT, autosave: given.editorSave, flow, gate, log });
  const editor = access && edit(given, parts, lifecycle, access);
  witnesses.push((node, error, question) => {
    lifecycle.failed(node, question);
    editor?.failed(node, error);
  });
  const [server, aside] = front(given, parts, editor);
  const listening = listen(server, given, 'PORT or HOST').then(
    () => aside && listen(aside, given.metricsAt as Address, 'METRICS'),
  );
  await listening.catch(async error => {
    server.close();
    editor?.close();
    lifecycle.close();
    await flow.stop();
    throw error;
  });
  const exposed = exposure(given.data);
  if (exposed !== undefined) log.warn(exposed);
  const watching = watchGraph(given.graph, ROOT, { ...parts, fileSync: lifecycle.fileSync, editor });
  return {
    url: `http://${authority(given.host, server)}${given.basePath}/`,
    flow,
    gate,
    access,
    strayed: thrown => strayed(thrown, parts),
    async stop(grace = 0) {
      watching.close();
      editor?.close();
      lifecycle.close();
      await aside?.end(0);
      await stop(server, grace, parts);
    },
  };
}

function strayed(thrown: unknown, { gate, metrics, log, witnesses }: Parts): void {
  const node = gate.strayed();
  const request = gate.asking();
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  metrics.failed(node ?? 'flowchat');
  log.error(`${node ?? 'flowchat'} let an error go uncaught`, { node, request, error });
  if (node !== undefined) for (const witness of witnesses) witness(node, error, request);
}

async function stop(
  server: HttpServer,
  grace: number,
  { flow, polls, streams, sockets, metrics, failed }: Parts,
): Promise<void> {
  server.beginEnd();
  polls.close();
  await flow.stop().catch(error => failed('the graph', error));
  streams.close();
  sockets.close();
  await server.end(grace);
  metrics.close();
}

/** Puts the parts together; nothing runs yet. */
function assemble(given: Settings, log: Log): Parts {
  const version = buildVersion(PAGES.map(({ folder }) => folder));
  const metrics = new Metrics();
  const gate = new Gate(given, observer(metrics, given.logLevel === 'debug' ? log : undefined));
  const live = new Live(history(gate));
  const witnesses: Parts['witnesses'] = [];
  const failed = (node: string, error: Error, request = gate.asking()) => {
    metrics.failed(node);
    log.error(`${node} failed`, { node, request, error });
    for (const witness of witnesses) witness(node, error, request);
  };
  const push = (event: Event) => live.push(event);
  const library = new Library(ROOT);
  const flow = new Flow({ library, gate, doors: DOORS, push, failed });
  const [streams, sockets] = [new EventStreams(live), new Sockets(gate, live, version)];
  const polls = new Polls(gate, live);
  return { version, log, metrics, gate, live, polls, library, flow, streams, sockets, failed, witnesses };
}

function accessTo({ editorSecret, data }: Settings): Access {
  return { secret: editorSecret ?? keptSecret(data), id: keptId(data) };
}

function edit(given: Settings, parts: Parts, lifecycle: Lifecycle, { secret, id }: Access): Editor {
  const secrets = new Secrets({ secret, viewSecret: given.editorViewSecret, code: given.editorCode });
  return new Editor({ ...parts, root: ROOT, id, settings: given, secrets, lifecycle, doors: DOORS });
}

function front(given: Settings, parts: Parts, editor: Editor | undefined): [HttpServer, aside?: HttpServer] {
  const { log, metrics, gate, live, polls, flow, streams, sockets, failed } = parts;
  const unready = () => {
    if (server.isEnding) return 'the server ends';
    return flow.live ? health() : 'the graph is stopped';
  };
  const told = () =>
    metrics.text({
      version: VERSION,
      questions: gate.counts,
      live: live.counts,
      streams: streams.size,
      sockets: sockets.size,
      connections: open(),
      commits: commits(),
      ready: unready() === undefined,
      revision: flow.live?.number,
    });
  const server = createFront({
    ...given,
    gate,
    polls,
    streams,
    sockets,
    door: editor?.door,
    pages: [CHAT_PAGE, ...(editor ? [EDITOR_PAGE] : [])],
    description: JSON.stringify(openapi(VERSION, given.basePath)),
    unready,
    notice: () => flow.live && memoryNotice(storesOf(flow.live.graph)),
    metrics: told,
    unreadable(method, path, status) {
      metrics.unreadable(status);
      log.debug(`${method} ${path} ${status}`, { method, path, status });
    },
    warn: sentence => log.warn(sentence),
    failed: error => failed('http', error),
  });
  const open = connections(server);
  const { metricsAt, allowedHosts } = given;
  return typeof metricsAt === 'string' ? [server] : [server, metricsServer(metricsAt, allowedHosts, told)];
}
