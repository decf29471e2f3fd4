import { Component } from 'noflo';
import { settingsReader } from '../src/behaviour/settings.ts';
import { actionOf } from '../src/model/chat-paths.ts';
import { refusal, storeFailed } from '../src/model/codes.ts';
import type { Directory } from '../src/model/directory.ts';
import { LOBBY } from '../src/model/name.ts';
import type { Question, Refusal } from '../src/model/packets.ts';
import { guards, setting, storePort } from '../src/model/port-options.ts';
import { noRoom, SIGN_IN } from '../src/model/rooms.ts';
import { type Action, leastRole, lockedOut, parseRules, type Rules, VERBS } from '../src/model/rules.ts';
import { guest, isAtLeast, type Who } from '../src/model/who.ts';
import { storeSlot } from '../src/store/handles.ts';
import type { Store } from '../src/store/store.ts';

/** Actions that write to a room. */
const WRITING: ReadonlySet<string> = new Set(['post', 'edit', 'react'] satisfies Action['verb'][]);

/** The cure for an owner whom the rules forbid something. */
const LOCKED_OUT =
  'you are an owner, so change RULES in the flow editor, or take those before by npm run revisions on the server';

/**
 * The question if its caller has the right to ask it, otherwise the refusal. `isThere` says whether a room that nobody
 * created has messages.
 */
export function admit(
  question: Question,
  rules: Rules,
  directory: Directory,
  isThere: boolean,
  now = Date.now(),
): Question | Refusal {
  // `who` is missing if the graph runs in another NoFlo project.
  const { id, method, path, from, who = guest(from) } = question;
  const { verb, room } = actionOf(method, path);
  const ban = directory.ban(now, who.id, from);
  if (ban) {
    const until = ban.until === undefined ? 'for good' : `until ${new Date(ban.until).toISOString()}`;
    return refusal(id, 'banned', `you are banned ${until}${ban.why === '' ? '' : `: ${ban.why}`}`);
  }
  const record = room === undefined ? undefined : directory.room(room);
  if (room !== undefined) {
    const isMissing = directory.isFounded && !record && !isThere && room !== LOBBY;
    // Both get the same answer, so that nobody learns which is the case.
    if (isMissing || !directory.mayFind(who, room)) return noRoom(id, room);
  }
  const least = leastRole(rules, { verb, room, kind: record?.kind });
  if (least === undefined || !isAtLeast(who.role, least)) {
    const what = `${VERBS[verb]}${room === undefined ? '' : ` (here: ${room})`}`;
    const whom = least === undefined ? 'nobody may' : `only ${least === 'owner' ? 'an' : 'a'} ${least} may`;
    // Without accounts, nobody can sign in.
    return who.kind === 'guest' && directory.isFounded
      ? refusal(id, 'sign-in', `${whom} ${what}; sign in`, SIGN_IN)
      : refusal(id, 'not-allowed', `${whom} ${what}; ${who.role === 'owner' ? LOCKED_OUT : `you are a ${who.role}`}`);
  }
  if (record?.isArchived && WRITING.has(verb))
    return refusal(id, 'room-archived', `${room} is archived; it can be read, and nothing more`);
  return who.kind === 'guest' ? withMark(question, directory) : question;
}

/** Marks a guest who uses the name of a person. */
function withMark(question: Question, directory: Directory): Question {
  const { body } = question;
  const { author } = body;
  if (typeof author !== 'string' || !directory.isFounded || !directory.personLike(author)) return question;
  return Object.freeze({ ...question, body: Object.freeze({ ...body, author: `${author.trim()} (guest)` }) });
}

/** Limit of rooms that are remembered to exist. */
const MAX_KNOWN = 100_000;

/** Passes questions whose callers have the right to ask them. */
export const getComponent = () => {
  const slot = storeSlot();
  let read: { readonly store: Store; readonly directory: Directory } | undefined;
  const known = new Set<string>();
  const settings = {
    rules: setting({
      datatype: 'string',
      title: 'Who may do what',
      schema: 'chat/rules',
      lines: 'list',
      default: '*: guest',
      description: `One on each line, the first that fits holds: post news-*: moderator, read in private: member, *: owner. What is done is ${Object.keys(VERBS).join(', ')} or *; who may is guest, member, moderator or owner`,
      check: parseRules,
      warn: lockedOut,
    }),
  };
  const rulesAt = settingsReader(settings, ({ rules }) => parseRules(rules));
  const component: Component = new Component({
    description: 'Lets pass what people may do, by their role and the room',
    icon: 'shield',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' },
      ...settings,
      store: storePort('Where people and rooms are: the same as at Storage'),
    },
    outPorts: {
      out: guards({ datatype: 'object', schema: 'chat/question', description: 'Question that may be asked' }),
      refused: {
        datatype: 'object',
        schema: 'chat/refusal',
        description: 'Refusal 401, 403 or 404: sign in, not allowed, banned, or no such room',
      },
    },
    process(input, output) {
      const rules = rulesAt(input);
      const question: Question | undefined = input.hasData('in') ? input.getData('in') : undefined;
      if (!rules || !input.hasData('store')) return output.done();
      const store = slot.at(input.getData('store'));
      if (!question) return output.done();
      const decide = (directory: Directory, isThere: boolean) => {
        const admitted = admit(question, rules, directory, isThere);
        output.sendDone('status' in admitted ? { refused: admitted } : { out: admitted });
      };
      const directory = read?.store === store ? read.directory : undefined;
      if (directory && !directory.isFounded) return decide(directory, true);
      const { room } = actionOf(question.method, question.path);
      const { who = guest(question.from) } = question;
      if (directory && !mustAsk(directory, who, room)) return decide(directory, true);
      lookUp(store, who, room).then(
        ({ directory, isThere }) => decide(directory, isThere),
        (error: Error) => output.sendDone({ refused: storeFailed(question.id, error) }),
      );
    },
  });
  const mustAsk = (directory: Directory, who: Who, room: string | undefined) => {
    if (room === undefined || !directory.isFounded) return false;
    return !directory.mayFind(who, room) || (room !== LOBBY && !directory.room(room) && !known.has(room));
  };
  const lookUp = async (store: Store, who: Who, room: string | undefined) => {
    const { now: directory } = await store.directory();
    read = { store, directory };
    if (room === undefined || !mustAsk(directory, who, room)) return { directory, isThere: true };
    // A room that the caller may not find takes as long as one that doesn't exist.
    const isThere = await store.has(directory.mayFind(who, room) ? room : '');
    if (isThere && known.size < MAX_KNOWN) known.add(room);
    return { directory, isThere };
  };
  component.tearDown = slot.release;
  return Object.assign(component, { opened: slot.opened });
};
