import { dirname, join, resolve } from 'node:path';
import { type Accounts, guestsOnly } from './accounts/accounts.ts';
import { addressKeyOf, openAccounts } from './accounts/open.ts';
import { closeBehaviourDatabase, setBehaviourDatabase } from './behaviour/database.ts';
import { setOutbound } from './behaviour/outbound.ts';
import { closeOutbox, startOutbox } from './behaviour/outbox.ts';
import { setSecrets } from './behaviour/secrets.ts';
import { Hub } from './delivery/hub.ts';
import { Polls } from './delivery/long-poll.ts';
import { Questions } from './delivery/questions.ts';
import { Sockets } from './delivery/socket.ts';
import { EventStreams } from './delivery/sse.ts';
import { GraphService } from './editor/deploy/graph-service.ts';
import { LateEditor } from './editor/late-editor.ts';
import { loadOrCreateId, loadOrCreateSecret, Secrets } from './editor/server/secrets.ts';
import { exposure, hideFiles, locked, prepareFolder } from './files/data-folder.ts';
import { type FileWatch, watchFiles } from './files/watch.ts';
import { Gate } from './gate/gate.ts';
import { type ListenAddress, placeName } from './host.ts';
import { LiveAbout } from './http/about.ts';
import { hashAddress } from './http/connections.ts';
import { createFront } from './http/front.ts';
import { connections, Metrics, metricsServer, observer } from './http/metrics.ts';
import type { StaticPage } from './http/pages.ts';
import { authority, type HttpServer, listen } from './http/server.ts';
import { type Log, lineLog } from './log.ts';
import type { About } from './model/chat.ts';
import type { EphemeralEvent, Event } from './model/packets.ts';
import { Registry, unseenTeller } from './registry/registry.ts';
import { OUTER_PORTS } from './runtime/running-graph.ts';
import { Runtime } from './runtime/runtime.ts';
import { distinctStores, memoryNotice, storesOf } from './runtime/stores.ts';
import type { Settings } from './settings.ts';
import { commits, health, setDatabase, setDataFolder } from './store/open.ts';
import { buildVersion, ROOT, VERSION } from './version.ts';

interface WatchGraphDeps {
  readonly runtime: Runtime;
  readonly library: Registry;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly fileSync: GraphService['fileSync'];
  readonly editor: LateEditor | undefined;
}

/** Publishes a graph again whenever its file or one of its sources changes; `root` is the project's folder. */
function watchGraph(
  file: string,
  root: string,
  { runtime, library, log, metrics, fileSync, editor }: WatchGraphDeps,
): FileWatch {
  const watched = [file, dirname(file), ...['graphs', 'components', 'fbp.json'].map(name => join(root, name))];
  let told = runtime.live?.number;
  runtime.onLive(live => {
    if (live && live.number !== told)
      log.info(`${file} is live as revision ${live.number}`, { graph: file, revision: live.number });
    told = live?.number ?? told;
  });
  const warnUnseen = unseenTeller(library, log);
  warnUnseen();
  const changed = async () => {
    warnUnseen();
    try {
      await fileSync.filesChanged();
    } catch (error) {
      metrics.refusedRevision();
      const revision = runtime.live?.number;
      const sentences = [...(error as Error).message.split('\n'), `revision ${revision} stays live`];
      log.warn(sentences, { graph: file, revision });
    }
    await editor?.server?.filesChanged();
  };
  return watchFiles([...new Set(watched.map(path => resolve(path)))], changed, {
    warn: sentence => log.warn(sentence),
  });
}

const page = (name: string, at = `/${name}/`): StaticPage => ({ at, folder: join(ROOT, 'public/dist', name) });
const PAGES = { chat: page('chat', '/'), people: page('people'), editor: page('editor') };

/** A running server. */
export interface Running {
  readonly url: string;
  readonly runtime: Runtime;
  readonly gate: Gate;
  /** How to connect an editor; undefined if editing is off. */
  readonly access: Access | undefined;
  /** Handles an uncaught error: fails the question in whose async context it was thrown, never the process. */
  onUncaught(thrown: unknown): void;
  /**
   * Rejects new questions, answers pending ones, and releases port, files and stores. Requests on open connections
   * within `grace` milliseconds afterwards still get a refusal.
   */
  stop(grace?: number): Promise<void>;
}

interface Access {
  /** The editor's secret. */
  readonly secret: string;
  /** The runtime's id. */
  readonly id: string;
}

interface ServerDeps {
  /** Sent to pages, so that outdated ones can offer to reload. */
  readonly version: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly gate: Gate;
  readonly hub: Hub;
  readonly polls: Polls;
  readonly library: Registry;
  readonly runtime: Runtime;
  /** What the live graph offers. */
  readonly live: LiveAbout;
  readonly streams: EventStreams;
  readonly sockets: Sockets;
  failed(node: string, error: Error): void;
  /** Called for each error of a node. */
  readonly observers: ((node: string, error: Error, question: string | undefined) => void)[];
}

/** Starts the server; `to` is its log, or receives its lines. Rejects with a sentence, or with Faulty, if that fails. */
export async function serve(given: Settings, to: Log | ((line: string) => void) = console.error): Promise<Running> {
  prepareFolder(given.data);
  return locked(given.data, () => run(given, to));
}

/** Starts the server in a locked folder. */
async function run(given: Settings, to: Log | ((line: string) => void)): Promise<Running> {
  const deps = assemble(given, typeof to === 'function' ? lineLog(to) : to);
  setDataFolder(given.data, sentence => deps.log.warn(sentence));
  setDatabase(given.database, placeName(given));
  setSecrets(given.data, given.graphSecrets);
  setOutbound(given.outbound);
  const warn = (sentence: string) => deps.log.warn(sentence);
  setBehaviourDatabase(given.data, warn);
  hideFiles(given.data);
  for (const warning of given.warnings) deps.log.warn(warning);
  const { runtime, gate, log, observers } = deps;
  const access = given.editor ? accessTo(given) : undefined;
  const graphService = await GraphService.open({
    ...given,
    root: ROOT,
    autosave: given.editorSave,
    runtime,
    gate,
    log,
  });
  const editor = access && makeEditor(given, deps, graphService, access);
  observers.push((node, error, question) => {
    graphService.failed(node, question);
    editor?.server?.failed(node, error);
  });
  const addressKey = addressKeyOf(given);
  const endParts = (server?: HttpServer, grace = 0) => {
    editor?.close();
    graphService.close();
    return stop(server, grace, deps, graphService);
  };
  const opening = given.accounts ? openPeople(given, deps, graphService, addressKey) : Promise.resolve(guestsOnly);
  const accounts = await opening.catch(async error => {
    await endParts();
    throw error;
  });
  accounts.changed(whom => {
    deps.sockets.recheck(whom);
    deps.streams.recheck(whom);
    deps.hub.recheck(whom);
  });
  graphService.accounts = accounts;
  if (accounts.isOn) gate.observe(({ answer }, request) => accounts.answered(request, answer));
  const [server, aside] = makeServers(given, deps, editor, accounts, addressKey, () => graphService.unready);
  const listening = listen(server, given, 'PORT or HOST').then(
    () => aside && listen(aside, given.metricsAt as ListenAddress, 'METRICS'),
  );
  await listening.catch(async error => {
    await endParts(server);
    await accounts.close();
    throw error;
  });
  startOutbox(warn);
  const code = accounts.setupCode();
  if (code !== undefined)
    log.info(
      `nobody has an account yet; set it up at ${given.origin ?? `http://${authority(given.host, server)}`}${given.basePath}/#/setup/${code}`,
    );
  const exposed = exposure(given.data);
  if (exposed !== undefined) log.warn(exposed);
  const watching = watchGraph(given.graph, ROOT, { ...deps, fileSync: graphService.fileSync, editor });
  return {
    url: `http://${authority(given.host, server)}${given.basePath}/`,
    runtime,
    gate,
    access,
    onUncaught: thrown => onUncaught(thrown, deps),
    async stop(grace = 0) {
      watching.close();
      await aside?.end(0);
      await endParts(server, grace);
      await accounts.close();
    },
  };
}

function onUncaught(thrown: unknown, { gate, metrics, log, observers }: ServerDeps): void {
  const node = gate.uncaught();
  const request = gate.asking();
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  metrics.failed(node ?? 'flowchat');
  log.error(`${node ?? 'flowchat'} let an error go uncaught`, { node, request, error });
  if (node !== undefined) for (const observer of observers) observer(node, error, request);
}

/** Timeout in milliseconds for webhooks that are being sent. */
const OUTBOX_GRACE_MS = 1000;

/** Ends all parts; `server` is undefined if there is none yet. */
async function stop(
  server: HttpServer | undefined,
  grace: number,
  { gate, polls, streams, sockets, metrics, failed }: ServerDeps,
  { deployer }: GraphService,
): Promise<void> {
  server?.beginEnd();
  gate.end();
  polls.close();
  await deployer.stop().catch(error => failed('the graph', error));
  streams.close();
  sockets.close();
  await server?.end(grace);
  await closeOutbox(OUTBOX_GRACE_MS);
  closeBehaviourDatabase();
  metrics.close();
}

/** Creates the server's parts without starting anything. */
function assemble(given: Settings, log: Log): ServerDeps {
  const version = buildVersion(Object.values(PAGES).map(({ folder }) => folder));
  const metrics = new Metrics();
  const gate = new Gate(given, observer(metrics, given.logLevel === 'debug' ? log : undefined));
  const hub = new Hub(new Questions(gate));
  const observers: ServerDeps['observers'] = [];
  const failed = (node: string, error: Error, request = gate.asking()) => {
    metrics.failed(node);
    log.error(`${node} failed`, { node, request, error });
    for (const observer of observers) observer(node, error, request);
  };
  const push = (event: Event | EphemeralEvent) => hub.push(event);
  const library = new Registry(ROOT);
  const runtime = new Runtime({ library, gate, outerPorts: OUTER_PORTS, push, failed });
  const polls = new Polls(gate, hub);
  const warn = (sentence: string) => log.warn(sentence);
  const live = new LiveAbout({ ...given, version: VERSION, warn });
  const [streams, sockets] = [new EventStreams(hub), new Sockets(gate, hub, version, () => live.now)];
  runtime.onLive(revision => {
    if (revision) hub.revised();
    tell({ sockets, streams }, revision && live.update(revision));
  });
  return {
    version,
    log,
    metrics,
    gate,
    hub,
    polls,
    library,
    runtime,
    live,
    streams,
    sockets,
    failed,
    observers,
  };
}

function accessTo({ editorSecret, data }: Settings): Access {
  return { secret: editorSecret ?? loadOrCreateSecret(data), id: loadOrCreateId(data) };
}

/** Sends `about` to all listeners. */
function tell(to: Pick<ServerDeps, 'sockets' | 'streams'>, about: About | undefined): void {
  if (about) tellAll(to, { type: 'about', ...about });
}

function tellAll({ sockets, streams }: Pick<ServerDeps, 'sockets' | 'streams'>, frame: Parameters<Sockets['tell']>[0]) {
  sockets.tell(frame);
  streams.tell(frame);
}

function makeEditor(given: Settings, deps: ServerDeps, graphService: GraphService, { secret, id }: Access): LateEditor {
  const { editorViewSecret: viewSecret, editorSettingsSecret: settingsSecret, editorCode: code } = given;
  const secrets = new Secrets({ secret, viewSecret, settingsSecret, code });
  const looked = (isOn: boolean) => tell(deps, deps.live.watched(isOn));
  const all = { ...deps, root: ROOT, id, settings: given, secrets, graphService, outerPorts: OUTER_PORTS, looked };
  // Accounts are opened after this is created, but before anybody connects.
  const load = async () =>
    new (await import('./editor/editor-server.ts')).EditorServer({ ...all, accounts: graphService.accounts });
  return new LateEditor(load, error => deps.log.error('the editor failed', { error }));
}

/** Opens people's accounts, which are stored beside the live graph's messages. Rejects with a sentence on failure. */
async function openPeople(
  given: Settings,
  deps: ServerDeps,
  graphService: GraphService,
  addressKey: () => Buffer,
): Promise<Accounts> {
  const { runtime, log } = deps;
  const [store] = runtime.live ? distinctStores(storesOf(runtime.live.graph)) : [];
  if (store === undefined)
    throw new Error('ACCOUNTS is on, but no node of the graph has a STORE, where people would be');
  return openAccounts({
    ...given,
    store,
    url: `http://${given.host}:${given.port}`,
    hashAddress: address => hashAddress(addressKey(), address),
    called: name => tell(deps, deps.live.called(name)),
    rulesNow: () => graphService.rules,
    publishRules: rules => graphService.setRules(rules, 'set-up', 'who may read and post, as chosen at the set-up'),
    peopleChanged: ids => tellAll(deps, { type: 'people', ids }),
    warn: sentence => log.warn(sentence),
  });
}

function makeServers(
  given: Settings,
  deps: ServerDeps,
  editor: LateEditor | undefined,
  accounts: Accounts,
  addressKey: () => Buffer,
  isBehind: () => string | undefined,
): [HttpServer, aside?: HttpServer] {
  const { log, metrics, gate, hub, polls, runtime, live, streams, sockets, failed } = deps;
  const unready = () => {
    if (server.isEnding) return 'the server ends';
    return runtime.live ? (health() ?? isBehind()) : 'the graph is stopped';
  };
  const told = () =>
    metrics.text({
      version: VERSION,
      questions: gate.counts,
      hub: hub.counts,
      streams: streams.size,
      sockets: sockets.size,
      connections: open(),
      commits: commits(),
      ready: unready() === undefined,
      revision: runtime.live?.number,
    });
  const server = createFront({
    ...given,
    gate,
    accounts,
    addressKey,
    polls,
    streams,
    sockets,
    endpoint: editor,
    pages: [
      { ...PAGES.chat, framedBy: given.embedOrigins },
      ...(accounts.isOn ? [PAGES.people] : []),
      ...(editor ? [PAGES.editor] : []),
    ],
    live,
    unready,
    notice: () => runtime.live && memoryNotice(storesOf(runtime.live.graph)),
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
