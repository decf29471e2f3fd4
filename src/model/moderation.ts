import * as v from 'valibot';
import { because, ChatMessage, checked, limitOf, RoomName } from './chat.ts';
import { refusal } from './codes.ts';
import { type Directory, type DirectoryRecord, type HeldRecord, type ReportRecord, recordOf } from './directory.ts';
import { MAX_REASON_LENGTH } from './limits.ts';
import type { Message, Post, Question, Refusal } from './packets.ts';
import { noRoom } from './rooms.ts';
import { isModerating } from './who.ts';

/** Limits of held posts, in all and per author; the same for open reports, per reporter. */
const MAX_WAITING = 1000;
const MAX_WAITING_EACH = 20;
const MAX_WHY = 200;

const Reason = because(
  'field-invalid',
  `reason is a text of 1 to ${MAX_REASON_LENGTH} characters: what is wrong with the message`,
);

/** The body of a report. */
export const NewReport = v.object(
  {
    reason: v.pipe(
      v.string(Reason),
      v.description('What is wrong with it.'),
      v.trim(),
      v.nonEmpty(Reason),
      v.maxLength(MAX_REASON_LENGTH, Reason),
    ),
  },
  Reason,
);

const Instant = v.pipe(v.string(), v.isoTimestamp());

/** Selects a number of held posts. */
export const HeldQuery = v.object({ limit: limitOf('How many posts are told; all unless given.') });

/** Held posts, oldest first. */
export const HeldPage = v.object({
  waiting: v.pipe(v.number(), v.integer(), v.description('How many posts wait, and reports are open.')),
  held: v.array(
    v.object({
      id: v.string(),
      room: RoomName,
      author: v.string(),
      by: v.exactOptional(v.pipe(v.string(), v.description('The id of the author; not there of a guest.'))),
      text: v.string(),
      why: v.pipe(v.string(), v.description('Why it waits; may be empty.')),
      at: Instant,
    }),
  ),
});
export type HeldPage = v.InferOutput<typeof HeldPage>;

/** Open reports, oldest first. */
export const ReportsPage = v.object({
  reports: v.array(
    v.object({
      id: v.string(),
      reason: v.string(),
      by: v.exactOptional(v.pipe(v.string(), v.description('Who reports it; not there of a guest.'))),
      at: Instant,
      message: ChatMessage,
    }),
  ),
});
export type ReportsPage = v.InferOutput<typeof ReportsPage>;

/** A decision: its records, and its result or a refusal. */
interface Decided<T> {
  readonly records: readonly DirectoryRecord[];
  readonly result: T | Refusal;
}

const refused = (result: Refusal): Decided<never> => ({ records: [], result });

/**
 * Whether a post needs no review: by a moderator, by a bot of the graph, in a room that moderators can't find, or
 * without new text.
 */
export function passes(directory: Directory, { room, who, kind }: Post): boolean {
  if (kind !== undefined && kind !== 'edit') return true;
  const isOurBot = who.kind === 'bot' && !directory.person(who.id);
  const record = directory.room(room);
  return isModerating(who) || isOurBot || (record !== undefined && record.kind !== 'open');
}

/** Holds a post for review; the same id is held once. The author learns it from the refusal. */
export function decideHold(
  directory: Directory,
  post: Post & { readonly why?: unknown },
  { held, now }: { readonly held: string; readonly now: number },
): Decided<Refusal> {
  const { id, room, author, text, who, kind, key, owner } = post;
  const why = typeof post.why === 'string' ? post.why.slice(0, MAX_WHY).toWellFormed() : '';
  if (kind === 'edit')
    return refused(
      refusal(
        id,
        'not-allowed',
        `the new text would have to wait for a moderator${why && `: it ${why}`}; write it anew`,
      ),
    );
  const answer = refusal(
    id,
    'held',
    `your message waits for a moderator${why && `: it ${why}`}; you need not send it again`,
  );
  if (directory.heldPost(held)) return { records: [], result: answer };
  const waiting = directory.heldPosts;
  if (isFull(waiting, who.id))
    return refused(refusal(id, 'held-limit', 'too many messages wait for a moderator already; try again later'));
  const record: HeldRecord = {
    id: held,
    room,
    author,
    text,
    by: who.id,
    why,
    at: now,
    ...(key !== undefined && { key }),
    ...(owner !== undefined && { owner }),
  };
  return { records: [recordOf.held(record)], result: answer };
}

const isFull = (waiting: readonly { readonly by: string }[], by: string): boolean =>
  waiting.length >= MAX_WAITING || waiting.filter(each => each.by === by).length >= MAX_WAITING_EACH;

/** Approves a held post; the records remove it from the queue. */
export function decideApproval(directory: Directory, { id, who, params }: Question): Decided<HeldRecord> {
  const held = found(directory, params?.held, who);
  if (!held) return refused(notHeld(id));
  if (directory.room(held.room)?.isArchived)
    return refused(refusal(id, 'room-archived', `${held.room} is archived; nothing is posted there any more`));
  return { records: heldUntil(held, { by: who.id, what: 'approved' }), result: held };
}

/** Refuses a held post. */
export function decideRefusal(directory: Directory, { id, who, params }: Question): Decided<undefined> {
  const held = found(directory, params?.held, who);
  if (!held) return refused(notHeld(id));
  return { records: heldUntil(held, { by: who.id, what: 'refused' }), result: undefined };
}

/** Records that remove a post from the queue. The first tells listeners the verdict; only the last is stored. */
const heldUntil = (held: HeldRecord, verdict: NonNullable<HeldRecord['verdict']>) => [
  recordOf.held({ ...held, verdict }),
  recordOf.held(held, false),
];

const notHeld = (id: string) =>
  refusal(id, 'held-not-found', 'no such post waits any more; another moderator may have decided');

function found(directory: Directory, id: string | undefined, who: Question['who']): HeldRecord | undefined {
  const held = directory.heldPost(id ?? '');
  return held && directory.mayFind(who, held.room) ? held : undefined;
}

/** The held posts that the caller may review. */
export function heldPage(directory: Directory, { id, who, query }: Question): HeldPage | Refusal {
  const asked = checked(id, HeldQuery, query);
  if ('status' in asked) return asked;
  const held = directory.heldPosts.filter(({ room }) => directory.mayFind(who, room));
  return {
    waiting: held.length + directory.reports.length,
    held: held.slice(0, asked.limit).map(({ id, room, author, by, text, why, at }) => ({
      id,
      room,
      author,
      ...(directory.person(by) && { by }),
      text,
      why,
      at: new Date(at).toISOString(),
    })),
  };
}

/** Reports a message, once per reporter. */
export function decideReport(
  directory: Directory,
  { id, who, params, body }: Question,
  message: Pick<Message, 'seq' | 'removed'> | undefined,
  { report, now }: { readonly report: string; readonly now: number },
): Decided<ReportRecord> {
  const room = params?.room ?? '';
  if (!directory.mayFind(who, room)) return refused(noRoom(id, room));
  const said = checked(id, NewReport, body);
  if ('status' in said) return refused(said);
  if (!message || message.removed)
    return refused(refusal(id, 'message-not-found', 'there is no such message in this room'));
  const known = directory.report(report);
  if (known) return { records: [], result: known };
  if (isFull(directory.reports, who.id))
    return refused(refusal(id, 'held-limit', 'too many reports wait for a moderator already; try again later'));
  const record: ReportRecord = {
    id: report,
    room,
    message: params?.message ?? '',
    seq: message.seq,
    by: who.id,
    reason: said.reason,
    at: now,
  };
  return { records: [recordOf.report(record)], result: record };
}

/** Decides a report. Removal also decides all other reports of the message. */
export function decideOnReport(
  directory: Directory,
  { id, who, params, method }: Question,
): Decided<readonly ReportRecord[]> {
  const report = directory.report(params?.report ?? '');
  if (!report)
    return refused(refusal(id, 'held-not-found', 'this report is open no more; another moderator may have decided'));
  const isRemoved = method === 'POST';
  const those = isRemoved ? directory.reports.filter(({ message }) => message === report.message) : [report];
  const verdict = { by: who.id, what: isRemoved ? ('removed' as const) : ('dismissed' as const) };
  const decided = those.map(each => ({ ...each, verdict }));
  // The first half tells listeners the verdict; only the second is stored.
  const records = [...decided.map(each => recordOf.report(each)), ...those.map(each => recordOf.report(each, false))];
  return { records, result: decided };
}
