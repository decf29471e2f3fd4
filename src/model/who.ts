/** Roles, from the fewest to the most rights. */
export const ROLES = ['guest', 'member', 'moderator', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** Whether a role is equal to or above another. */
export const isAtLeast = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least);

/** Whether somebody may decide about people of a role: owners about all, others about lower roles. */
export const isAbove = (who: Pick<Who, 'role'>, role: Role): boolean =>
  who.role === 'owner' || !isAtLeast(role, who.role);

export const KINDS = ['guest', 'person', 'bot', 'system'] as const;

/** The caller, as the server knows them; nothing in it is the caller's own claim. It is part of packets, frozen. */
export interface Who {
  readonly kind: (typeof KINDS)[number];
  /** Id of the person or bot; for a guest as in `from`. */
  readonly id: string;
  /** Empty for a guest. */
  readonly name: string;
  readonly role: Role;
  /** For a bot that answers bots: the number of bots in the chain, itself included. */
  readonly hops?: number;
}

/** Limit of bots that answer one another. */
export const MAX_HOPS = 3;

/** The refusal of one more bot in such a chain. */
export const TOO_MANY_HOPS = `${MAX_HOPS} bots have answered one another; it ends here, so that they do not go on for ever`;

/** The identity of a node that speaks as a bot. Throws a sentence if the chain of bots is too long. */
export function bot(id: string, name: string, answered?: Partial<Who>): Who {
  const hops = (answered?.kind === 'bot' ? (answered.hops ?? 1) : 0) + 1;
  if (hops > MAX_HOPS) throw new Error(TOO_MANY_HOPS);
  return Object.freeze({ kind: 'bot', id, name, role: 'guest', hops });
}

/** Somebody without an account. The name that guests give is in the message, and proves nothing. */
export function guest(from: string): Who {
  return Object.freeze({ kind: 'guest', id: from, name: '', role: 'guest' });
}

/** Whether two are the same person in the same role. */
export function isSameWho(one: Who, other: Who): boolean {
  return one.kind === other.kind && one.id === other.id && one.name === other.name && one.role === other.role;
}

/**
 * Whether somebody has an account, so that claims in the request are ignored. Undefined only in tests of components.
 */
export const isKnown = (who: Who | undefined): who is Who => who?.kind === 'person' || who?.kind === 'bot';

/** The proof of authorship: the account's id, or else the hash of an Owner-Key. The two never look alike. */
export const proofOf = (who: Who | undefined, owner: string | undefined): string | undefined =>
  isKnown(who) ? `person:${who.id}` : owner;

/** Whether somebody may remove other people's messages. */
export const isModerating = (who: { readonly role: string } | undefined): boolean =>
  who?.role === 'moderator' || who?.role === 'owner';

/** Prefix of ids of what a node does by itself; no caller waits for an answer. */
const UNASKED = 'unasked';

/** An id for an action that a node starts by itself. */
export const unaskedId = (node: string): string => `${UNASKED}:${crypto.randomUUID()}:${node}`;

/** The node that started an action by itself, from the action's id; undefined for other ids. */
export function unaskedBy(id: unknown): string | undefined {
  const [, node] = (typeof id === 'string' && /^unasked:[\w-]+:(.*)$/s.exec(id)) || [];
  return node;
}
