import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { edgeKey } from './graph.ts';
import { wireOf } from './json.ts';
import { pageSentence } from './page-sentence.ts';

export interface LocatedFault {
  readonly sentence: string;
  readonly line: number;
  /** The path of the node, `outer/inner` in a subgraph; empty if the fault has no node. */
  readonly node: string;
  /** In lower case; empty if the fault has no port. */
  readonly port: string;
  /** The key of the wire; empty if the fault has no wire. */
  readonly edge: string;
  /** The subgraph component with the fault; empty if there is none. */
  readonly within: string;
}

type Told = ServerPayloads['flowchat:state'];

/** The server's state of the live revision and the draft; missing texts are empty. */
export interface Status extends Required<Omit<Told, 'live' | 'draft' | 'mode' | 'graph' | 'rolledBack' | 'rights'>> {
  /** Undefined if no revision is live. */
  readonly revision: number | undefined;
  readonly since: string;
  readonly by: string;
  readonly changes: number;
  /** The draft's version, sent on discarding it. */
  readonly version: number;
  readonly faults: readonly LocatedFault[];
  /** The draft's warnings, which don't prevent publishing. */
  readonly warnings: readonly LocatedFault[];
  /** Components with drafted code. */
  readonly code: ReadonlySet<string>;
  /** Changed subgraphs. */
  readonly subgraphs: readonly string[];
  /** Whether the draft is only published on request. */
  readonly hold: boolean;
  /** A revision that was rolled back, and the one that replaced it. */
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

/** The faults in a subgraph without duplicates, by its own node names. */
export function faultsWithin(faults: readonly LocatedFault[], component: string): readonly LocatedFault[] {
  const own = faults.filter(({ within }) => within === component);
  const named = own.map(fault => ({ ...fault, node: fault.node.split('/').at(-1)!, within: '' }));
  return [...new Map(named.map(fault => [JSON.stringify(fault), fault])).values()];
}

/** The faults of a node and its content, by its path. */
export const faultsAt = (faults: readonly LocatedFault[], path: string): readonly LocatedFault[] =>
  faults.filter(({ node }) => node === path || node.startsWith(`${path}/`));

/** Parses `flowchat:state`. */
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

/** Whether the draft has changes and no faults. */
export const isPublishable = ({ changes, faults }: Status): boolean => changes > 0 && faults.length === 0;

/** The number of changes of the draft that a roll-back discards; code stays. */
export const lostByGoingBack = ({ changes, code }: Status): number => Math.max(0, changes - code.size);

/** The number of other clients that may edit the graph. */
export const otherEditors = ({ editors, rights }: Status): number => editors - (rights.has('edit') ? 1 : 0);

/** The badge's appearance and text. */
interface Badge {
  readonly kind: 'live' | 'draft' | 'fault' | 'stopped' | 'lost' | 'waiting';
  readonly words: string;
  /** The text for narrow windows. */
  readonly short: string;
}

const count = (number: number, one: string) => `${number} ${one}${number === 1 ? '' : 's'}`;

/**
 * The current state in few words. Without a connection only that is shown. `isSettled` says whether the status includes
 * all our edits.
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
