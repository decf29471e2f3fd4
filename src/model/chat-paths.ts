import { cached } from './cached.ts';
import { CHAT_ROUTES } from './chat-routes.ts';
import { LOBBY, ROOM_NAME } from './name.ts';
import type { DeclaredRoute } from './routes.ts';
import { type Action, VERBS, type Verb } from './rules.ts';

/**
 * What a path of the chat's API means, from the table of routes: where Router sends each method, and which right it
 * needs.
 */

/** The outport of Router for each group of routes. */
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

/** The verb of the rules for a route whose `can` is a different word. Reporting needs the right to read. */
const VERBS_OF: Readonly<Record<string, Verb>> = { listen: 'read', report: 'read', members: 'read', rooms: 'list' };

/** gochat's page calls `/gochat/chat`, `/chat`, or `/` if a proxy strips the path. */
const GOCHAT: ReadonlySet<string> = new Set(['/', '/chat', '/gochat/chat']);

const isVerb = (word: string): word is Verb => Object.hasOwn(VERBS, word);

/** Example values for the names in a path; `SOME_ID` for any other name. */
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
  /** The list at the end of the path, by which nodes tell their questions apart. */
  readonly list: string | undefined;
  /** Whether the path belongs to gochat's API, which has no rooms. */
  readonly isGochat: boolean;
  readonly methods: Readonly<Record<string, Method>>;
}

/** What a path stands for; without methods if it is unknown. */
interface FoundPath {
  readonly methods: Readonly<Record<string, Method>>;
  /** The values of the path's parameters; undefined if it has none. */
  readonly params: Readonly<Record<string, string>> | undefined;
  /** The room in the path. */
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

/** The action of a method and path; `ask` if it is no route of the chat. */
export const actionOf = (method: string, path: string): Pick<Action, 'verb' | 'room'> => actionsBy(method)(path);

const actionsBy = cached((method: string) => cached((path: string) => findAction(method, path)));

function findAction(method: string, path: string): Pick<Action, 'verb' | 'room'> {
  const found = findPath(path);
  const verb = methodAt(found, method)?.verb ?? 'ask';
  const { room } = found;
  return room === undefined ? { verb } : { verb, room };
}

/** The fault of the room name in a path; undefined if the name is good. */
export function roomNameFault(path: string): string | undefined {
  const name = /^\/api\/rooms\/([^/]*)\/(?:messages|entries|events|members)(?:\/|$)/.exec(path)?.[1];
  if (name === undefined || ROOM_NAME.test(name)) return undefined;
  const is = 'has 1 to 64 of the letters a to z, digits and hyphens, and begins with no hyphen';
  return `${JSON.stringify(name.slice(0, 80))} is no name of a room: it ${is}`;
}
