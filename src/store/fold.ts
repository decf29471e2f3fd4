import type { Reaction, Reactions } from '../model/chat.ts';
import { MAX_EMOJI, MAX_REACTIONS } from '../model/limits.ts';
import { type MessageStatus, wellFormedText } from './message.ts';
import type { ChangeFault, NewChange } from './store.ts';

/** Characters of the hash that identifies who reacted. */
const REACTOR_LENGTH = 16;

/** The state of a message that a change depends on. */
export interface FoldedMessage extends MessageStatus {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Hash of the proof of authorship. */
  readonly owner: string | null;
}

/** The result of a change: a refusal, or the new state of the message, the same object if nothing changed. */
type Fold<T> = { readonly refused: ChangeFault } | { readonly message: T; readonly reaction?: Reaction };

/**
 * The rules of all stores for changing a message; undefined means that there is no message. `owner` is the hash of the
 * caller's proof, `now` the time in milliseconds.
 */
export function fold<T extends FoldedMessage>(
  before: T | undefined,
  change: NewChange,
  owner: string | null,
  now: number,
): Fold<T> {
  const refused = changeFault(before, owner, change, now);
  if (refused !== undefined || !before) return { refused: refused ?? 'missing' };
  const reaction = reactionOf(change, owner);
  if (reaction) {
    const known: Reactions = JSON.parse(before.reactions ?? '{}');
    const reactions = reacted(known, change.kind === 'react', reaction);
    if (reactions === 'full') return { refused: 'full' };
    if (reactions === known) return { message: before };
    const json = Object.keys(reactions).length > 0 ? JSON.stringify(reactions) : null;
    return { message: { ...before, reactions: json }, reaction };
  }
  if (change.kind === 'remove') return { message: { ...before, text: '', removed: now, reactions: null } };
  const text = wellFormedText(change.text);
  return { message: text === before.text ? before : { ...before, text, edited: now } };
}

/** Why a message can't be changed; undefined if it can. Everybody who may read a message may react to it. */
function changeFault(
  subject: FoldedMessage | undefined,
  owner: string | null,
  { kind, within, bypassesOwnership = false }: NewChange,
  now: number,
): ChangeFault | undefined {
  if (!subject) return 'missing';
  const isRemoved = subject.removed !== null;
  if (kind === 'react' || kind === 'unreact') return isRemoved ? 'removed' : undefined;
  const mayChange = bypassesOwnership || (owner !== null && owner === subject.owner);
  // Checked first, so that other people learn nothing more.
  if (!mayChange) return 'foreign';
  if (isRemoved) return 'removed';
  return !bypassesOwnership && within !== undefined && now - subject.at > within * 1000 ? 'late' : undefined;
}

/** The reaction that a change adds or removes; undefined for other changes. */
function reactionOf({ kind, emoji = '', author = '', by }: NewChange, owner: string | null): Reaction | undefined {
  if (kind !== 'react' && kind !== 'unreact') return;
  const reactor = { id: (owner ?? '').slice(0, REACTOR_LENGTH), name: author, ...(by !== undefined && { by }) };
  return Object.freeze({ emoji, by: Object.freeze(reactor) });
}

/**
 * A message's reactions after adding or removing one: the same object if nothing changed, 'full' if there are too many.
 */
function reacted(reactions: Reactions, isAdded: boolean, { emoji, by }: Reaction): Reactions | 'full' {
  const those = Object.hasOwn(reactions, emoji) ? reactions[emoji]! : [];
  const isThere = those.some(({ id }) => id === by.id);
  if (isThere === isAdded) return reactions;
  if (isAdded) {
    const all = Object.values(reactions);
    if (those.length === 0 && all.length >= MAX_EMOJI) return 'full';
    if (all.reduce((sum, { length }) => sum + length, 0) >= MAX_REACTIONS) return 'full';
    return { ...reactions, [emoji]: [...those, by] };
  }
  const left = those.filter(({ id }) => id !== by.id);
  const { [emoji]: _, ...others } = reactions;
  return left.length > 0 ? { ...reactions, [emoji]: left } : others;
}
