import type { ClientPayloads, TriedAs } from '../../model/editor-protocol.ts';
import type { Graph } from '../../model/graph.ts';
import { isRecord, kind, type PortAddress } from '../../model/payload.ts';
import { Refused } from '../../model/refused.ts';
import type { Who } from '../../model/who.ts';
import type { Registry } from '../../registry/registry.ts';
import type { OuterPorts } from '../../runtime/running-graph.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import { type AllowList, type Objection, refuseForeignStore, refuseUnlessAllowed } from '../draft/allow-list.ts';
import {
  type Client,
  commandsOf,
  messageOf,
  type ProtocolCommand,
  type ProtocolMessage,
  type SubProtocol,
} from '../message.ts';
import { DryRun } from '../sandbox/dry-run.ts';
import {
  draftFingerprint,
  isRepeatable,
  type LastTest,
  type TestObserver,
  type TestResult,
  testComponents,
  testedFiles,
  testRequests,
  testSummary,
} from '../sandbox/tests.ts';
import type { Traces } from '../watch/traces.ts';
import { askedBy, whoTries } from './runtime.ts';

interface TrialDeps {
  /** The project's folder. */
  readonly root: string;
  readonly draftSession: DraftSession;
  readonly allowed: AllowList;
  /** The parts of a graph that need the code right. */
  objections(graph: Graph): readonly Objection[];
  /** All components, including drafted code. */
  readonly library: Registry;
  readonly outerPorts: OuterPorts;
  readonly traces: Traces;
  readonly lastTest: LastTest;
}

/** The commands that test the draft, isolated from the live graph. */
export class TrialCommands implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  readonly #deps: TrialDeps;
  /** Running tests by client. */
  readonly #running = new Map<Client, TestRun>();

  constructor(deps: TrialDeps) {
    this.#deps = deps;
    this.commands = commandsOf('flowchat', {
      try: (payload, client) => tryOne(deps, payload, client),
      test: ({ who }, client) => this.#test(client, who),
      canceltest: (_, client) => this.#cancel(client),
    });
  }

  leave(client: Client): void {
    this.#running.get(client)?.cancel();
  }

  async #test(client: Client, as: TriedAs | undefined): Promise<ProtocolMessage> {
    if (this.#running.has(client)) throw new Refused('your tests run already; wait for them, or cancel them');
    const run = new TestRun(client);
    this.#running.set(client, run);
    try {
      await (as ? askDraftAs(this.#deps, run, whoTries(client, as)) : testDraft(this.#deps, run));
    } finally {
      this.#running.delete(client);
    }
    return testSummary(run.results, run.signal.aborted);
  }

  #cancel(client: Client): ProtocolMessage {
    const run = this.#running.get(client);
    if (!run) throw new Refused('no tests of yours run');
    run.cancel();
    return run.progress([]);
  }
}

/** A test run that reports its progress to its client. */
class TestRun implements TestObserver {
  readonly #client: Client;
  readonly #abort = new AbortController();
  readonly #results: TestResult[] = [];
  #done = 0;
  /** Number of requests and components. */
  total = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get results(): readonly TestResult[] {
    return this.#results;
  }

  readonly tell = (results: readonly TestResult[]): void => {
    if (this.signal.aborted) return;
    this.#done += 1;
    this.#results.push(...results);
    this.#client.push(this.progress(results));
  };

  progress(results: readonly TestResult[]): ProtocolMessage {
    return messageOf('flowchat:testing', { done: this.#done, total: this.total, results });
  }

  cancel(): void {
    this.#abort.abort();
  }
}

/** Sends a request to the draft, or injects a packet at an edge's target, and returns the trace. */
async function tryOne(
  deps: TrialDeps,
  payload: ClientPayloads['flowchat:try'],
  client: Client,
): Promise<ProtocolMessage> {
  if ('request' in payload) {
    const request = askedBy(client, payload.request, payload.who);
    return runDry(deps, undefined, async dryRun => messageOf('flowchat:tried', { way: await dryRun.ask(request) }));
  }
  const { edge, data, who } = payload;
  const at = edge.tgt;
  refuseUnlessAllowed(client, deps.allowed, deps.draftSession.draft.node(at.node)?.component);
  refuseForeignStore(data);
  const objection = await misfit(deps, at, data);
  if (objection !== undefined) throw new Refused(objection);
  return runDry(deps, at, async dryRun => {
    const trace = await dryRun.put(data, whoTries(client, who));
    const [method, path] = [trace.method || 'packet', trace.path || `at ${called(at)}`];
    return messageOf('flowchat:tried', { way: { ...trace, method, path } });
  });
}

/** Why a packet can't be sent to a port; undefined if it can. */
async function misfit(
  { draftSession, library }: TrialDeps,
  at: PortAddress,
  data: unknown,
): Promise<string | undefined> {
  if (at.index !== undefined) return `packets can't be put in at ${at.port} of ${at.node}, an array port`;
  if (isRecord(data)) return;
  await library.prepare(draftSession.draft.graph);
  const { component = '' } = draftSession.draft.node(at.node) ?? {};
  const { datatype } = library.find(component)?.inports.find(({ name }) => name === at.port) ?? {};
  if (datatype !== 'object') return;
  return `a packet at ${called(at)} is an object, not ${kind(data)}, for it carries the question's id; write {"key": "value"}`;
}

function called({ node, port }: PortAddress): string {
  return `${port.toUpperCase()} of ${node}`;
}

async function testDraft(deps: TrialDeps, run: TestRun): Promise<void> {
  const { root, draftSession, library, traces, lastTest } = deps;
  const { draft, code } = draftSession;
  const tried = draftFingerprint(draftSession);
  const recorded = [...traces.recorded];
  const components = [...draft.graph.nodes.map(({ component }) => component), ...code.names];
  const files = testedFiles(components, library);
  run.total = recorded.filter(isRepeatable).length + files.length;
  await runDry(deps, undefined, dryRun => testRequests(dryRun, recorded, run));
  await testComponents(files, root, library, run);
  // An aborted test says nothing about the draft.
  if (tried !== undefined && !run.signal.aborted)
    lastTest.note(tried, run.results.filter(({ passed }) => !passed).length);
}

/** Repeats recorded requests as a different caller. The result isn't stored as the draft's last test. */
async function askDraftAs(deps: TrialDeps, run: TestRun, who: Who): Promise<void> {
  const recorded = deps.traces.recorded.map(one => ({ ...one, request: { ...one.request, who } }));
  run.total = recorded.filter(isRepeatable).length;
  await runDry(deps, undefined, dryRun => testRequests(dryRun, recorded, run));
}

async function runDry<T>(
  { draftSession, library, outerPorts, objections }: TrialDeps,
  at: PortAddress | undefined,
  work: (dryRun: DryRun) => Promise<T>,
): Promise<T> {
  const [objection] = objections(draftSession.draft.graph);
  if (objection) throw new Refused(objection.sentence);
  const dryRun = await DryRun.start(await draftSession.printer.print(), { library, outerPorts, at }).catch(error => {
    throw new Refused(`the draft does not run: ${error.message}`);
  });
  try {
    return await work(dryRun);
  } finally {
    await dryRun.stop();
  }
}
