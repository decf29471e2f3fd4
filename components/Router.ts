import { Component } from 'noflo';
import { cached } from '../src/model/cached.ts';
import { CHAT_ROUTES } from '../src/model/chat-routes.ts';
import { refusal } from '../src/model/codes.ts';
import type { Question, Refusal } from '../src/model/packets.ts';
import type { DeclaredRoute } from '../src/model/routes.ts';

/** A way on, and why it may stay unwired. */
const WAY = { datatype: 'object', schema: 'chat/question', open: 'Router answers 404 or 405 itself' } as const;

type Port = 'show' | 'send' | 'edit' | 'delete' | 'react' | 'rooms' | 'subscribe' | 'people' | 'review' | 'report';

type Ports = Readonly<Record<string, Port>>;

const CHAT: Ports = { GET: 'show', POST: 'send' };

/** gochat's page asks at its own path, at `/chat`, or at `/` where its proxy cuts the path off. */
const PLACES: ReadonlyMap<string, Ports> = new Map([
  ['/', CHAT],
  ['/chat', CHAT],
  ['/gochat/chat', CHAT],
  ['/api/rooms', { GET: 'rooms', POST: 'rooms' } as const],
]);
const ROOM =
  /^\/api\/rooms\/([a-z0-9][a-z0-9-]{0,63})\/(messages|entries|events)(?:(?<=messages)\/([^/]{1,200})(?:\/reactions\/([^/]{1,64})|\/(reports))?)?$/;
const IN_ROOM: Readonly<Record<string, Ports>> = {
  messages: CHAT,
  entries: { GET: 'show' },
  events: { GET: 'subscribe' },
};
/** People, their invitations, bans and tokens, what was done about them, and the place; and one of these. */
const PEOPLE = /^\/api\/(?:(people|invites|bans|tokens)(?:\/([\w-]{1,64}))?|audit|place)$/;
/** A room itself, who is in it, and one of these. */
const OF_ROOM = /^\/api\/rooms\/([a-z0-9][a-z0-9-]{0,63})(?:\/(members)(?:\/([\w-]{1,64}))?)?$/;
const MESSAGE: Ports = { PATCH: 'edit', DELETE: 'delete' };
/** What waits for a moderator, or was reported; and one of these. */
const REVIEW = /^\/api\/(held|reports)(?:\/([\w-]{1,64}))?$/;
const REACTION: Ports = { PUT: 'react', DELETE: 'react' };

/** Why a path leads to no room; undefined where it is of another kind. */
function nameFault(path: string): string | undefined {
  const [, name] =
    /^\/api\/rooms\/([^/]*)\/(?:messages|entries|events)(?:\/[^/]*(?:\/reactions\/[^/]*|\/reports)?)?$/.exec(path) ??
    [];
  if (name === undefined) return undefined;
  const is = 'has 1 to 64 of the letters a to z, digits and hyphens, and begins with no hyphen';
  return ROOM.test(path) ? undefined : `${JSON.stringify(name.slice(0, 80))} is no name of a room: it ${is}`;
}

/** The methods that a path takes, and what the names in it stand for. */
interface Place {
  readonly ports: Ports;
  readonly params?: NonNullable<Question['params']>;
}

const place = cached((path: string): Place => {
  const { ports, params } = findPlace(path);
  return params ? { ports, params: Object.freeze(params) } : { ports };
});

function findPlace(path: string): Place {
  const [, room, list = '', message, emoji, reports] = ROOM.exec(path) ?? [];
  if (room !== undefined) {
    if (message === undefined) return { ports: IN_ROOM[list]!, params: { room, ...(list === 'entries' && { list }) } };
    const params = { room, message, ...(emoji !== undefined && { emoji }) };
    if (reports !== undefined) return { ports: { POST: 'report' }, params };
    return { ports: emoji === undefined ? MESSAGE : REACTION, params };
  }
  const [, waiting, one] = REVIEW.exec(path) ?? [];
  if (waiting !== undefined) {
    if (one === undefined) return { ports: { GET: 'review' } };
    return { ports: { POST: 'review', DELETE: 'review' }, params: { [waiting === 'held' ? 'held' : 'report']: one } };
  }
  const [, made, members, person] = OF_ROOM.exec(path) ?? [];
  if (made === undefined) return { ports: PLACES.get(path) ?? peoplePorts(path) };
  if (members === undefined) return { ports: { PATCH: 'rooms' }, params: { room: made } };
  if (person === undefined) return { ports: { GET: 'rooms' }, params: { room: made, list: members } };
  return { ports: { PUT: 'rooms', DELETE: 'rooms' }, params: { room: made, person } };
}

function peoplePorts(path: string): Ports {
  const [found, list, one] = PEOPLE.exec(path) ?? [];
  if (!found) return {};
  if (list === undefined) return path === '/api/place' ? { PATCH: 'people' } : { GET: 'people' };
  if (one === undefined) return list === 'people' ? { GET: 'people' } : { GET: 'people', POST: 'people' };
  if (list === 'people') return { PATCH: 'people', DELETE: 'people', POST: 'people' };
  return { DELETE: 'people' };
}

/** Where a question belongs, or why nowhere: 404 for a path that is not there, 405 for a method that it does not take. */
export function route(question: Question, wired: (port: Port) => boolean): { port: Port; to: Question } | Refusal {
  const { id, method, path } = question;
  const { ports, params } = place(path);
  const port = Object.hasOwn(ports, method) ? ports[method]! : undefined;
  if (port && wired(port)) return { port, to: params ? Object.freeze({ ...question, params }) : question };
  const Allow = Object.keys(ports)
    .filter(name => wired(ports[name]!))
    .join(', ');
  if (Allow !== '') return refusal(id, 'method-not-allowed', `${path} takes ${Allow}, not ${method}`, { Allow });
  const fault = nameFault(path);
  return fault ? refusal(id, 'room-invalid', fault) : refusal(id, 'not-found', `there is nothing at ${path}`);
}

/** The routes that leave by each port. */
const routes = (): Readonly<Record<Port, readonly DeclaredRoute[]>> => ({
  show: CHAT_ROUTES.read,
  send: CHAT_ROUTES.post,
  edit: CHAT_ROUTES.edit,
  delete: CHAT_ROUTES.remove,
  react: CHAT_ROUTES.react,
  rooms: CHAT_ROUTES.rooms,
  subscribe: CHAT_ROUTES.listen,
  people: CHAT_ROUTES.people,
  review: CHAT_ROUTES.review,
  report: CHAT_ROUTES.report,
});

/** Sends each question to the node that answers it, by path and method. A way that is not wired does not exist. */
export const getComponent = () => {
  const component: Component = new Component({
    description: 'Sends each question on its way, by path and method',
    icon: 'code-fork',
    inPorts: { in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' } },
    outPorts: {
      show: { ...WAY, description: 'Question for messages' },
      send: { ...WAY, description: 'Question that brings a message' },
      edit: { ...WAY, description: 'Question that brings a new text for a message' },
      // NoFlo keeps "remove" for itself.
      delete: { ...WAY, description: 'Question that removes a message' },
      react: { ...WAY, description: 'Question that adds a reaction to a message, or takes it back' },
      rooms: {
        ...WAY,
        description: 'Question for the list of rooms, or one that makes a room or changes who is in it',
      },
      subscribe: { ...WAY, description: 'Question for what comes from now on' },
      people: { ...WAY, description: 'Question about people, which the accounts answer once Responder has it' },
      review: { ...WAY, description: 'Question of a moderator about what waits, or was reported' },
      report: { ...WAY, description: 'Question that reports a message' },
      missing: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 404 or 405' },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      const routed = route(input.getData('in'), port => component.outPorts.ports[port]!.isAttached());
      if (!('port' in routed)) return output.sendDone({ missing: routed });
      // An object with a computed name costs as much as a node.
      output.sendIP(routed.port, routed.to);
      output.done();
    },
  });
  return Object.assign(component, { routes });
};
