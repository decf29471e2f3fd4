import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { pageSentence } from './form.ts';
import { edgeKey } from './graph.ts';
import { wireOf } from './json.ts';

export interface LocatedFault {
  readonly sentence: string;
  readonly line: number;
  /** The path of the node where it is, `outer/inner` in a subgraph; empty where it is no node's. */
  readonly node: string;
  /** In lower case; empty where the fault is no port's. */
  readonly port: string;
  /** The key of the wire where it is; empty where it is at none. */
  readonly edge: string;
  /** The component that is the subgraph where it is; empty where it is in none. */
  readonly within: string;
}

type Told = ServerPayloads['flowchat:state'];

/** What the server says of what is live and what is a draft; the texts are empty where it says nothing. */
export interface Status extends Required<Omit<Told, 'live' | 'draft' | 'mode' | 'graph' | 'rolledBack' | 'rights'>> {
  /** Nothing where no revision is live. */
  readonly revision: number | undefined;
  readonly since: string;
  readonly by: string;
  readonly changes: number;
  /** The draft's version, as it is when somebody throws it away. */
  readonly version: number;
  readonly faults: readonly LocatedFault[];
  /** What is odd in the draft, and keeps nobody from publishing it. */
  readonly warnings: readonly LocatedFault[];
  /** The components whose code the draft has. */
  readonly code: ReadonlySet<string>;
  /** The subgraphs that it changes. */
  readonly subgraphs: readonly string[];
  /** Whether the draft waits for the button. */
  readonly hold: boolean;
  /** A revision that was rolled back, and the one whose graph is live in its place. */
  readonly takenBack: Told['rolledBack'];
  readonly rights: ReadonlySet<Told['rights'][number]>;
}

export const locatedFault = (fault: Told['draft']['faults'][number]): LocatedFault => ({
  sentence: pageSentence(fault),
  line: fault.line,
  node: fault.inner ?? fault.node ?? '',
  port: fault.port ?? '',
  edge: fault.edge && fault.inner === undefined ? edgeKey(wireOf(fault.edge)) : '',
  within: fault.within ?? '',
});

/** The faults in a subgraph, each once, at the names of its own nodes. */
export function faultsWithin(faults: readonly LocatedFault[], component: string): readonly LocatedFault[] {
  const own = faults.filter(({ within }) => within === component);
  const named = own.map(fault => ({ ...fault, node: fault.node.split('/').at(-1)!, within: '' }));
  return [...new Map(named.map(fault => [JSON.stringify(fault), fault])).values()];
}

/** The faults at a node, by its path, and of what is in it. */
export const faultsAt = (faults: readonly LocatedFault[], path: string): readonly LocatedFault[] =>
  faults.filter(({ node }) => node === path || node.startsWith(`${path}/`));

/** The status of which `flowchat:state` tells. */
export const statusOf = ({ live, draft, mode, rolledBack, rights, ...state }: Told): Status => ({
  ...{ conflict: '', confirm: '', startedWith: '' },
  ...state,
  ...live,
  revision: live.revision ?? undefined,
  ...draft,
  faults: draft.faults.map(locatedFault),
  warnings: draft.warnings.map(locatedFault),
  code: new Set(draft.code),
  hold: mode === 'hold',
  takenBack: rolledBack,
  rights: new Set(rights),
});

/** Whether the draft has something to publish, and nothing that forbids it. */
export const isPublishable = ({ changes, faults }: Status): boolean => changes > 0 && faults.length === 0;

/** How many changes of the draft are lost by going back to a revision; code goes on waiting. */
export const lostByGoingBack = ({ changes, code }: Status): number => Math.max(0, changes - code.size);

/** How many others may change the graph as well. */
export const otherEditors = ({ editors, rights }: Status): number => editors - (rights.has('edit') ? 1 : 0);

/** How the badge looks, and what it says. */
interface Badge {
  readonly kind: 'live' | 'draft' | 'fault' | 'stopped' | 'lost' | 'waiting';
  readonly words: string;
  /** The same where there is little room. */
  readonly short: string;
}

const count = (number: number, one: string) => `${number} ${one}${number === 1 ? '' : 's'}`;

/**
 * What is true now, in few words. Without a connection nothing is known but that. `isSettled` says whether the status knows of all
 * edits of ours.
 */
export function badge(connected: boolean, status: Status | undefined, unsent: number, isSettled = true): Badge {
  const waiting = unsent > 0 ? `, ${count(unsent, 'edit')} kept` : '';
  if (!connected) return { kind: 'lost', words: `Connection lost${waiting}`, short: `Lost${waiting}` };
  if (!status) return { kind: 'waiting', words: 'Connecting', short: 'Connecting' };
  const { faults, changes, revision, stopped } = status;
  const now = stopped ? 'stopped' : revision === undefined ? 'nothing live' : `revision ${revision} live`;
  if (faults.length > 0) {
    const faulty = count(faults.length, 'fault');
    return { kind: 'fault', words: `Draft with ${faulty}, ${now}`, short: faulty };
  }
  const warned = status.warnings.length > 0 ? `, ${count(status.warnings.length, 'warning')}` : '';
  const changed = count(changes, 'change') + warned;
  if (stopped)
    return { kind: 'stopped', words: changes > 0 ? `Stopped, draft with ${changed}` : 'Stopped', short: 'Stopped' };
  if (changes > 0) return { kind: 'draft', words: `Draft, ${changed}`, short: changed };
  if (!isSettled) return { kind: 'draft', words: 'Draft', short: 'Draft' };
  return revision === undefined
    ? { kind: 'stopped', words: 'Nothing is live', short: 'Not live' }
    : { kind: 'live', words: `Live, revision ${revision}`, short: `Live, rev. ${revision}` };
}
