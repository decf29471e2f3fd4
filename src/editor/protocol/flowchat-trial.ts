import type { Doors } from '../../flow/revision.ts';
import type { Request } from '../../gate.ts';
import type { Library } from '../../library.ts';
import type { Workspace } from '../lifecycle/workspace.ts';
import { Rehearsal } from '../testing/rehearsal.ts';
import { type LastTest, type TestResult, testComponents, testRequests } from '../testing/tests.ts';
import type { Ways } from '../watching/ways.ts';
import { said } from './flowchat.ts';
import { type Client, type Command, type Message, type Payload, Refused } from './message.ts';
import { type Port, port, record } from './payload.ts';
import { asked } from './question.ts';

export interface TrialParts {
  /** The project's folder. */
  readonly root: string;
  readonly workspace: Workspace;
  /** With what is drafted. */
  readonly library: Library;
  readonly doors: Doors;
  readonly ways: Ways;
  readonly lastTest: LastTest;
}

/** Recorded requests that are asked again. */
const MOST_RECORDED = 20;

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
  const at = port(record(payload, 'edge'), 'tgt');
  if (at.index !== undefined) throw new Refused(`packets can't be put in at ${at.port} of ${at.node}, an array port`);
  // Whatever a packet is, the gate gives it the id by which its answer is known.
  const packet = record(payload, 'data') as unknown as Request;
  return rehearse(parts, at, async rehearsal => said('tried', { way: await rehearsal.ask(packet) }));
}

async function test(parts: TrialParts): Promise<Message> {
  const { root, workspace, library, ways, lastTest } = parts;
  const { version, draft, code } = workspace;
  const requests = await rehearse(parts, undefined, rehearsal => testRequests(rehearsal, ways.recorded(MOST_RECORDED)));
  const components = [...draft.graph.nodes.map(({ component }) => component), ...code.names];
  const results: readonly TestResult[] = [...requests, ...(await testComponents(components, root, library))];
  const passed = results.filter(result => result.passed).length;
  lastTest.note(version, results.length - passed);
  return said('tested', { passed, failed: results.length - passed, results });
}

async function rehearse<T>(
  { workspace, library, doors }: TrialParts,
  at: Port | undefined,
  work: (rehearsal: Rehearsal) => Promise<T>,
): Promise<T> {
  const rehearsal = await Rehearsal.start(workspace.source(), { library, doors, at }).catch(error => {
    throw new Refused(`the draft does not run: ${error.message}`);
  });
  try {
    return await work(rehearsal);
  } finally {
    await rehearsal.stop();
  }
}
