import type { AuditDeed } from '../net/people-api.ts';

/** What is said of each kind of deed: who did it stands before, whom it was done to behind. */
const SAID: Readonly<Record<string, string>> = {
  setup: 'set the place up',
  place: 'gave the place another name',
  join: 'joined',
  'sign-in': 'signed in',
  'sign-in failed': 'somebody failed to sign in',
  'sign-out': 'signed out',
  reset: 'came back by a link',
  'reset link': 'made a way back in for',
  rename: 'took another name',
  'device added': 'signed another device in',
  'passkey added': 'added a passkey',
  'passkey removed': 'removed a passkey',
  role: 'gave another role to',
  removed: 'ended the account of',
  rules: 'changed who may do what',
  revision: 'made another graph live',
  'private look': 'looked into private rooms in the editor',
  invite: 'made an invitation',
  'invite taken back': 'took an invitation back',
  ban: 'banned',
  unban: 'lifted the ban of',
  token: 'made a bot',
  'token taken back': 'ended a bot',
  'post approved': 'approved a post of',
  'post refused': 'refused a post of',
  'reported message removed': 'removed a message that was reported',
  'reported message dismissed': 'dismissed a report',
};

export const KINDS_OF_DEEDS: readonly string[] = Object.keys(SAID);

/** What follows from the details of a deed, as the server keeps them. */
function more(detail: string | undefined): string {
  if (detail === undefined) return '';
  try {
    const { role, place, revision, why, until, was } = Object(JSON.parse(detail)) as Readonly<
      Record<string, string | undefined>
    >;
    return [
      role,
      place,
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

/** Who does something and is no person. */
const NO_PEOPLE: Readonly<Record<string, string>> = {
  operator: 'The operator',
  provider: 'The other server',
  editor: 'Somebody with the secret of the editor',
  moderator: 'Somebody with the secret of the settings',
  file: 'The operator, in the file of the graph',
  'roll-back': 'The server, as a revision had failed,',
};

/** A deed as a sentence; `names` are those of people by their ids. Who has no account, or none any more, is left unnamed. */
export function deedText({ what, by, on, detail }: AuditDeed, names: ReadonlyMap<string, string>): string {
  const who = by === undefined ? '' : (NO_PEOPLE[by] ?? names.get(by) ?? 'Somebody');
  const said = SAID[what] ?? what;
  const whom =
    (on !== undefined && names.get(on)) ?? (/(of|for|to)$/.test(said) || said === 'banned' ? 'somebody' : '');
  const behind = more(detail);
  const text = [who, said, whom].filter(Boolean).join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1) + (behind && ` (${behind})`);
}
