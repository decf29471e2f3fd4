import { fields, list, text } from './json.ts';

export interface Fault {
  readonly sentence: string;
  readonly line: number;
  readonly node: string;
  /** In lower case; empty where the fault is no port's. */
  readonly port: string;
}

export type Right = 'watch' | 'edit' | 'code';

/** What the server says of what is live and what is a draft. */
export interface Status {
  /** Nothing where no revision is live. */
  readonly revision: number | undefined;
  readonly since: string;
  readonly by: string;
  readonly changes: number;
  readonly faults: readonly Fault[];
  /** The components whose code the draft has. */
  readonly code: ReadonlySet<string>;
  /** Whether the draft waits for the button. */
  readonly hold: boolean;
  readonly stopped: boolean;
  readonly saved: boolean;
  readonly conflict: string;
  readonly editors: number;
  readonly rights: ReadonlySet<Right>;
  readonly file: string;
}

function faultOf(value: unknown): Fault {
  const { sentence, line, node, port } = fields(value);
  return { sentence: text(sentence), line: Number(line) || 0, node: text(node), port: text(port).toLowerCase() };
}

export const faultsOf = (value: unknown): readonly Fault[] => list(value).map(faultOf);

/** Reads the payload of `flowchat:state`. */
export function statusOf(payload: unknown): Status {
  const state = fields(payload);
  const live = fields(state.live);
  const draft = fields(state.draft);
  return {
    revision: typeof live.revision === 'number' ? live.revision : undefined,
    since: text(live.since),
    by: text(live.by),
    changes: Number(draft.changes) || 0,
    faults: faultsOf(draft.faults),
    code: new Set(list(draft.code).map(text)),
    hold: state.mode === 'hold',
    stopped: state.stopped === true,
    saved: state.saved !== false,
    conflict: text(state.conflict),
    editors: Number(state.editors) || 1,
    rights: new Set(list(state.rights) as Right[]),
    file: text(state.file),
  };
}

/** How the badge looks, and what it says. */
export interface Badge {
  readonly kind: 'live' | 'draft' | 'fault' | 'stopped' | 'lost' | 'waiting';
  readonly words: string;
}

const count = (number: number, one: string) => `${number} ${one}${number === 1 ? '' : 's'}`;

/** What is true now, in few words. Without a connection nothing is known but that. */
export function badge(connected: boolean, status: Status | undefined, unsent: number): Badge {
  const waiting = unsent > 0 ? `, ${count(unsent, 'edit')} kept` : '';
  if (!connected) return { kind: 'lost', words: `Connection lost${waiting}` };
  if (!status) return { kind: 'waiting', words: 'Connecting' };
  const { faults, changes, revision, stopped } = status;
  const now = stopped ? 'stopped' : revision === undefined ? 'nothing live' : `revision ${revision} live`;
  if (faults.length > 0) return { kind: 'fault', words: `Draft with ${count(faults.length, 'fault')}, ${now}` };
  if (stopped)
    return { kind: 'stopped', words: changes > 0 ? `Stopped, draft with ${count(changes, 'change')}` : 'Stopped' };
  if (changes > 0) return { kind: 'draft', words: `Draft, ${count(changes, 'change')}` };
  return revision === undefined
    ? { kind: 'stopped', words: 'Nothing is live' }
    : { kind: 'live', words: `Live, revision ${revision}` };
}
