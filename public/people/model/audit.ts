import type { PeopleAuditEntry, PeopleAuditKind } from '../../../src/model/directory.ts';
import { capitalised } from '../../../src/model/text.ts';

/** The text of each kind of entry, after the actor; `whom` is the person concerned, if known. */
const SAID: Readonly<Record<PeopleAuditKind, (whom: string | undefined) => string>> = {
  setup: () => 'set the place up',
  place: () => 'renamed the place',
  join: () => 'joined',
  'sign-in': () => 'signed in',
  'sign-in failed': whom => `somebody failed to sign in${whom === undefined ? '' : ` as ${whom}`}`,
  'sign-out': () => 'signed out',
  reset: () => 'came back by a link',
  'reset link': (whom = 'somebody') => `made a password reset link for ${whom}`,
  rename: () => 'took another name',
  'device added': () => 'signed another device in',
  'passkey added': () => 'added a passkey',
  'passkey removed': () => 'removed a passkey',
  role: (whom = 'somebody') => `gave another role to ${whom}`,
  removed: (whom = 'somebody') => `ended the account of ${whom}`,
  rules: () => 'changed who may do what',
  revision: () => 'made another graph live',
  'private look': () => 'looked into private rooms in the editor',
  'room made': () => 'made a room',
  'room changed': () => 'changed a room',
  'member added': (whom = 'somebody') => `opened a room to ${whom}`,
  'member removed': (whom = 'somebody') => `closed a room to ${whom}`,
  'message removed': (whom = 'a guest') => `removed a message of ${whom}`,
  export: () => 'exported messages',
  invite: () => 'made an invitation',
  'invite taken back': () => 'took an invitation back',
  ban: (whom = 'somebody') => `banned ${whom}`,
  unban: (whom = 'somebody') => `lifted the ban of ${whom}`,
  token: () => 'made a bot',
  'token taken back': () => 'ended a bot',
  'post approved': (whom = 'somebody') => `approved a post of ${whom}`,
  'post refused': (whom = 'somebody') => `refused a post of ${whom}`,
  'reported message removed': () => 'removed a message that was reported',
  'reported message dismissed': () => 'dismissed a report',
};

export const AUDIT_KINDS: readonly string[] = Object.keys(SAID);

/** The text of an entry's details. */
function more(detail: string | undefined): string {
  if (detail === undefined) return '';
  try {
    const { role, place, room, kind, title, archived, revision, why, until, was } = Object(
      JSON.parse(detail),
    ) as Readonly<Record<string, string | undefined>>;
    return [
      role,
      place,
      room && `#${room}`,
      kind,
      title,
      archived !== undefined && (archived ? 'archived' : 'no longer archived'),
      revision && `revision ${revision}`,
      was && `was ${was}`,
      until && `until ${new Date(until).toLocaleString()}`,
      why,
    ]
      .filter(Boolean)
      .join(', ');
  } catch {
    return detail;
  }
}

/** Actors that are no people. */
const NO_PEOPLE: Readonly<Record<string, string>> = {
  operator: 'The operator',
  provider: 'The other server',
  editor: 'Somebody with the editor’s secret',
  moderator: 'Somebody with the settings secret',
  file: 'The operator, in the graph’s file',
  'set-up': 'The first owner, at the set-up,',
  start: 'The server, as it could not start with the last live graph,',
  'roll-back': 'The server, as a revision had failed,',
};

/** An entry as a sentence; `names` are those of people by id. Other actors are not named. */
export function auditText({ what, by, on, detail }: PeopleAuditEntry, names: ReadonlyMap<string, string>): string {
  const who = by === undefined ? '' : (NO_PEOPLE[by] ?? names.get(by) ?? 'Somebody');
  const said: (typeof SAID)[PeopleAuditKind] | undefined = SAID[what];
  const behind = more(detail);
  // Another version of the server may have other kinds.
  const text = [who, said?.(on === undefined ? undefined : names.get(on)) ?? what].filter(Boolean).join(' ');
  return capitalised(text) + (behind && ` (${behind})`);
}
