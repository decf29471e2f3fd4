import type { Graph } from '../../fbp.ts';
import type { Doors } from '../../flow/revision.ts';
import type { Library } from '../../library.ts';
import { nodeOf } from '../draft/graph.ts';
import type { Workspace } from '../lifecycle/workspace.ts';
import { type LastTest, untried } from '../testing/last-test.ts';
import { Rehearsal } from '../testing/rehearsal.ts';
import { testRequests } from '../testing/requests.ts';
import { type TestResult, testComponents } from '../testing/tests.ts';
import type { Ways } from '../watching/ways.ts';
import type { AllowList, Objection } from './allow-list.ts';
import { refuseEscape, refusePower } from './confine.ts';
import { said } from './flowchat.ts';
import { type Client, type Command, type Message, type Payload, Refused } from './message.ts';
import { isRecord, kind, type Port, port, record } from './payload.ts';
import { asked } from './question.ts';
import { tested } from './tested.ts';

export interface TrialParts {
  /** The project's folder. */
  readonly root: string;
  readonly workspace: Workspace;
  readonly allowed: AllowList;
  /** What in a graph only who may bring in code can run. */
  objections(graph: Graph): readonly Objection[];
  /** With what is drafted. */
  readonly library: Library;
  readonly doors: Doors;
  readonly ways: Ways;
  readonly lastTest: LastTest;
}

/** The commands that try the draft out, apart from what is live. */
export function trialCommands(parts: TrialParts): ReadonlyMap<string, Command> {
  return new Map<string, Command>([
    ['try', { needs: 'protocol:graph', run: (client, payload) => tryOne(parts, client, payload) }],
    ['test', { needs: 'protocol:graph', run: () => test(parts) }],
  ]);
}

/** Asks the draft, or puts a packet in where an edge leads, and says which way it takes. */
async function tryOne(parts: TrialParts, client: Client, payload: Payload): Promise<Message> {
  if (payload.edge === undefined) {
    const request = asked(client, payload.request);
    return rehearse(parts, undefined, async rehearsal => said('tried', { way: await rehearsal.ask(request) }));
  }
  const { allowed } = parts;
  const at = port(record(payload, 'edge'), 'tgt');
  const data = payload.data === undefined ? {} : payload.data;
  refusePower(client, allowed, nodeOf(parts.workspace.draft.graph, at.node)?.component);
  refuseEscape(data);
  const objection = await misfit(parts, at, data);
  if (objection !== undefined) throw new Refused(objection);
  return rehearse(parts, at, async rehearsal => {
    const way = await rehearsal.put(data);
    return said('tried', { way: { ...way, method: way.method || 'packet', path: way.path || `at ${called(at)}` } });
  });
}

/** Why a packet can't be put in at a port; nothing where it can. */
async function misfit({ workspace, library }: TrialParts, at: Port, data: unknown): Promise<string | undefined> {
  if (at.index !== undefined) return `packets can't be put in at ${at.port} of ${at.node}, an array port`;
  if (isRecord(data)) return;
  const { graph } = workspace.draft;
  await library.prepare(graph);
  const { component = '' } = nodeOf(graph, at.node) ?? {};
  const { datatype } = library.find(component)?.inports.find(({ name }) => name === at.port) ?? {};
  if (datatype !== 'object') return;
  return `a packet at ${called(at)} is an object, not ${kind(data)}, for it carries the question's id; write {"key": "value"}`;
}

function called({ node, port }: Port): string {
  return `${port.toUpperCase()} of ${node}`;
}

async function test(parts: TrialParts): Promise<Message> {
  const { root, workspace, library, ways, lastTest } = parts;
  const { draft, code } = workspace;
  const tried = untried(workspace);
  const requests = await rehearse(parts, undefined, rehearsal => testRequests(rehearsal, ways.recorded));
  const components = [...draft.graph.nodes.map(({ component }) => component), ...code.names];
  const results: readonly TestResult[] = [...requests, ...(await testComponents(components, root, library))];
  if (tried !== undefined) lastTest.note(tried, results.filter(({ passed }) => !passed).length);
  return tested(results);
}

async function rehearse<T>(
  { workspace, library, doors, objections }: TrialParts,
  at: Port | undefined,
  work: (rehearsal: Rehearsal) => Promise<T>,
): Promise<T> {
  const [objection] = objections(workspace.draft.graph);
  if (objection) throw new Refused(objection.sentence);
  const rehearsal = await Rehearsal.start(await workspace.printer.print(), { library, doors, at }).catch(error => {
    throw new Refused(`the draft does not run: ${error.message}`);
  });
  try {
    return await work(rehearsal);
  } finally {
    await rehearsal.stop();
  }
}
