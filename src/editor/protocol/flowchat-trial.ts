import type { ClientPayloads } from '../../model/editor-protocol.ts';
import type { Graph } from '../../model/graph.ts';
import { isRecord, kind, type PortAddress, Refused } from '../../model/payload.ts';
import type { Registry } from '../../registry/registry.ts';
import type { OuterPorts } from '../../runtime/running-graph.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import { type AllowList, type Objection, refuseEscape, refusePower } from '../draft/allow-list.ts';
import { type Client, commandsOf, messageOf, type ProtocolCommand, type ProtocolMessage } from '../message.ts';
import { DryRun } from '../sandbox/dry-run.ts';
import {
  draftFingerprint,
  type LastTest,
  type TestResult,
  testComponents,
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
  /** What in a graph only who may bring in code can run. */
  objections(graph: Graph): readonly Objection[];
  /** With what is drafted. */
  readonly library: Registry;
  readonly outerPorts: OuterPorts;
  readonly traces: Traces;
  readonly lastTest: LastTest;
}

/** The commands that try the draft out, apart from what is live. */
export function trialCommands(deps: TrialDeps): ReadonlyMap<string, ProtocolCommand> {
  return commandsOf('flowchat', {
    try: (payload, client) => tryOne(deps, payload, client),
    test: () => test(deps),
  });
}

/** Asks the draft, or puts a packet in where an edge leads, and says which way it takes. */
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
  refusePower(client, deps.allowed, deps.draftSession.draft.node(at.node)?.component);
  refuseEscape(data);
  const objection = await misfit(deps, at, data);
  if (objection !== undefined) throw new Refused(objection);
  return runDry(deps, at, async dryRun => {
    const trace = await dryRun.put(data, whoTries(client, who));
    const [method, path] = [trace.method || 'packet', trace.path || `at ${called(at)}`];
    return messageOf('flowchat:tried', { way: { ...trace, method, path } });
  });
}

/** Why a packet can't be put in at a port; nothing where it can. */
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

async function test(deps: TrialDeps): Promise<ProtocolMessage> {
  const { root, draftSession, library, traces, lastTest } = deps;
  const { draft, code } = draftSession;
  const tried = draftFingerprint(draftSession);
  const requests = await runDry(deps, undefined, dryRun => testRequests(dryRun, traces.recorded));
  const components = [...draft.graph.nodes.map(({ component }) => component), ...code.names];
  const results: readonly TestResult[] = [...requests, ...(await testComponents(components, root, library))];
  if (tried !== undefined) lastTest.note(tried, results.filter(({ passed }) => !passed).length);
  return testSummary(results);
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
