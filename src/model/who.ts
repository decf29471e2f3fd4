/** What somebody may do, from the least to the most. */
export const ROLES = ['guest', 'member', 'moderator', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** Whether a role is at least another. */
export const isAtLeast = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least);

/** Whether somebody may decide about people of a role: owners about all, others about those below them. */
export const isAbove = (who: Pick<Who, 'role'>, role: Role): boolean =>
  who.role === 'owner' || !isAtLeast(role, who.role);

export const KINDS = ['guest', 'person', 'bot', 'system'] as const;

/** Who asks, as the server knows it: nothing in here is as the caller says. It enters packets, frozen. */
export interface Who {
  readonly kind: (typeof KINDS)[number];
  /** Id of the person or bot; of a guest as in `from`. */
  readonly id: string;
  /** Empty of a guest. */
  readonly name: string;
  readonly role: Role;
  /** How many bots have answered one another until this one spoke, itself included. */
  readonly hops?: number;
}

/** The most bots that answer one another. */
export const MAX_HOPS = 3;

/** Why one more bot does not answer. */
export const TOO_MANY_HOPS = `${MAX_HOPS} bots have answered one another; it ends here, so that they do not go on for ever`;

/** The bot that a node of the graph is. Throws a sentence if it answers bots that have answered one another too often. */
export function bot(id: string, name: string, answered?: Partial<Who>): Who {
  const hops = (answered?.kind === 'bot' ? (answered.hops ?? 1) : 0) + 1;
  if (hops > MAX_HOPS) throw new Error(TOO_MANY_HOPS);
  return Object.freeze({ kind: 'bot', id, name, role: 'guest', hops });
}

/** Somebody without an account. What guests call themselves is in what they say, and proves nothing. */
export function guest(from: string): Who {
  return Object.freeze({ kind: 'guest', id: from, name: '', role: 'guest' });
}

/** Whether two are one and the same, in the same role. */
export function isSameWho(one: Who, other: Who): boolean {
  return one.kind === other.kind && one.id === other.id && one.name === other.name && one.role === other.role;
}

/** Whether somebody is known by an account, so that nothing that they say of themselves counts. In tests of components it may be said of nobody. */
export const isKnown = (who: Who | undefined): who is Who => who?.kind === 'person' || who?.kind === 'bot';

/** By what a message is known to be somebody's: the account, or else what they have proved. No hash of a key looks like it. */
export const proofOf = (who: Who | undefined, owner: string | undefined): string | undefined =>
  isKnown(who) ? `person:${who.id}` : owner;

/** Whether somebody may remove what others have written. */
export const isModerating = (who: { readonly role: string } | undefined): boolean =>
  who?.role === 'moderator' || who?.role === 'owner';

/** Begins the id of what a node of the graph does by itself: nobody waits for the answer. */
const UNASKED = 'unasked';

/** An id for what a node does by itself. */
export const unaskedId = (node: string): string => `${UNASKED}:${crypto.randomUUID()}:${node}`;

/** The node that did something by itself, by the id of it; undefined if the id is a question's, or none. */
export function unaskedBy(id: unknown): string | undefined {
  const [, node] = (typeof id === 'string' && /^unasked:[\w-]+:(.*)$/s.exec(id)) || [];
  return node;
}
