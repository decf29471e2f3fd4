import { cached } from './cached.ts';
import { CHAT_ROUTES } from './chat-routes.ts';
import { LOBBY, ROOM_NAME } from './name.ts';
import type { DeclaredRoute } from './routes.ts';
import { type Action, VERBS, type Verb } from './rules.ts';

/** What a path of the chat's API means, by the table of its routes: the way each method takes through the graph, and who may. */

/** The outport of Router by which the routes of a group leave. */
const PORTS = {
  read: 'show',
  post: 'send',
  edit: 'edit',
  remove: 'delete',
  react: 'react',
  rooms: 'rooms',
  listen: 'subscribe',
  people: 'people',
  review: 'review',
  report: 'report',
} as const satisfies Record<keyof typeof CHAT_ROUTES, string>;
export type RouterPort = (typeof PORTS)[keyof typeof CHAT_ROUTES];

/** The routes that leave by each outport of Router. */
export const ROUTES_BY_PORT = Object.fromEntries(
  Object.entries(PORTS).map(([group, port]) => [port, CHAT_ROUTES[group as keyof typeof PORTS]]),
) as Readonly<Record<RouterPort, readonly DeclaredRoute[]>>;

/** The verb of the rules where a route's `can`, by which pages know it, is another word. Whoever may read may report. */
const VERBS_OF: Readonly<Record<string, Verb>> = { listen: 'read', report: 'read', members: 'read', rooms: 'list' };

/** gochat's page asks at its own path, at `/chat`, or at `/` where a proxy cuts the path off. */
const GOCHAT: ReadonlySet<string> = new Set(['/', '/chat', '/gochat/chat']);

const isVerb = (word: string): word is Verb => Object.hasOwn(VERBS, word);

/** What may stand for a name in a path; for any other one, `SOME_ID`. */
const NAMES: Readonly<Record<string, string>> = {
  room: ROOM_NAME.source.slice(1, -1),
  message: '[^/]{1,200}',
  emoji: '[^/]{1,64}',
};
const SOME_ID = String.raw`[\w-]{1,64}`;

/** What one method of a path does. */
interface Method {
  readonly port: RouterPort;
  readonly verb: Verb;
}

interface KnownPath {
  readonly expression: RegExp;
  /** The list that the path ends in, by which nodes tell their questions apart. */
  readonly list: string | undefined;
  /** Whether it is gochat's, which knows no rooms. */
  readonly isGochat: boolean;
  readonly methods: Readonly<Record<string, Method>>;
}

/** What is found at a path: nothing has no methods. */
interface FoundPath {
  readonly methods: Readonly<Record<string, Method>>;
  /** What the names in the path stand for; undefined where it has none. */
  readonly params: Readonly<Record<string, string>> | undefined;
  /** The room that it is about. */
  readonly room: string | undefined;
}

const PATHS = knownPaths();

function knownPaths(): readonly KnownPath[] {
  const paths = new Map<string, Record<string, Method>>();
  for (const group of Object.keys(PORTS) as (keyof typeof PORTS)[]) {
    for (const { method, path, can = '' } of CHAT_ROUTES[group]) {
      const methods = paths.get(path) ?? {};
      methods[method] = { port: PORTS[group], verb: VERBS_OF[can] ?? (isVerb(can) ? can : 'ask') };
      paths.set(path, methods);
    }
  }
  paths.set('/', paths.get('/chat')!);
  return [...paths].map(([path, methods]) => ({
    expression: new RegExp(`^${path.replaceAll(/:(\w+)/g, (_, name) => `(?<${name}>${NAMES[name] ?? SOME_ID})`)}$`),
    list: /\/(entries|members)$/.exec(path)?.[1],
    isGochat: GOCHAT.has(path),
    methods,
  }));
}

const NOTHING: FoundPath = { methods: {}, params: undefined, room: undefined };

/** Finds a path of the chat's API. */
export const findPath = cached((path: string): FoundPath => {
  for (const { expression, list, isGochat, methods } of PATHS) {
    const match = expression.exec(path);
    if (!match) continue;
    const { groups } = match;
    const params = groups && Object.freeze({ ...groups, ...(list !== undefined && { list }) });
    return { methods, params, room: isGochat ? LOBBY : groups?.room };
  }
  return NOTHING;
});

/** What a method does at a path; undefined if the path does not take it. */
export const methodAt = ({ methods }: FoundPath, method: string): Method | undefined =>
  Object.hasOwn(methods, method) ? methods[method] : undefined;

/** What a question is about to do, by its method and path; what is none of the chat's own is `ask`. */
export const actionOf = (method: string, path: string): Pick<Action, 'verb' | 'room'> => actionsBy(method)(path);

const actionsBy = cached((method: string) => cached((path: string) => findAction(method, path)));

function findAction(method: string, path: string): Pick<Action, 'verb' | 'room'> {
  const found = findPath(path);
  const verb = methodAt(found, method)?.verb ?? 'ask';
  const { room } = found;
  return room === undefined ? { verb } : { verb, room };
}

/** Why a path leads to no room; undefined where something else is wrong with it. */
export function roomNameFault(path: string): string | undefined {
  const name = /^\/api\/rooms\/([^/]*)\/(?:messages|entries|events|members)(?:\/|$)/.exec(path)?.[1];
  if (name === undefined || ROOM_NAME.test(name)) return undefined;
  const is = 'has 1 to 64 of the letters a to z, digits and hyphens, and begins with no hyphen';
  return `${JSON.stringify(name.slice(0, 80))} is no name of a room: it ${is}`;
}
