import { type ConversionConfig, type JsonSchema, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import * as v from 'valibot';
import * as chat from '../model/chat.ts';
import { ClientFrame, ServerFrame } from '../model/chat-frames.ts';
import { CODES } from '../model/codes.ts';
import type { DeclaredAnswer } from '../model/routes.ts';
import type { NodeRoute } from '../runtime/declarations.ts';

/** A reference to one of the schemas. */
const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Rules without a JSON Schema equivalent are omitted; descriptions mention them. */
const CONVERSION: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  ignoreActions: ['check', 'non_empty', 'readonly', 'trim'],
};

const NAMED = {
  Room: chat.RoomName,
  Cursor: chat.CursorText,
  Key: chat.PostKey,
  OwnerKey: chat.OwnerKey,
  Post: chat.NewPost,
  Text: chat.NewText,
  Reactor: chat.NewReactor,
  Message: chat.ChatMessage,
  Page: chat.HistoryPage,
  Entry: chat.LogEntry,
  Log: chat.LogPage,
  RoomList: chat.RoomsPage,
  GochatMessage: chat.GochatMessage,
  Problem: chat.Problem,
  ClientFrame,
  ServerFrame,
  Gap: chat.Gap,
  Farewell: chat.Farewell,
  About: chat.About,
};
const NAMES: ReadonlyMap<v.GenericSchema, string> = new Map(Object.entries(NAMED).map(([name, of]) => [of, name]));

const schemas = toJsonSchemaDefs(NAMED, {
  ...CONVERSION,
  overrideRef: ({ referenceId }) => schema(referenceId).$ref,
});

/** The parameters of a query, all optional. */
function inQuery(query: v.GenericSchema): object[] {
  const { properties = {} } = toJsonSchema(query, { ...CONVERSION, typeMode: 'output' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as JsonSchema;
    return { name, in: 'query', description, schema };
  });
}

const ABOUT = `A chat whose behaviour is a graph. docs/api.md tells the same with examples.

Every error is an \`application/problem+json\` that names the node of the graph that refused, with a \`code\` for programs. A method that a path does not
take gets 405 with \`Allow\`; HEAD is answered as GET. Beside the statuses below there are 408 and 431 where a request is
too slow or its header has more than 16 kB, 403 where a page of a foreign origin would change something, and 421 where the
name in Host is not this server's.`;

const HEADERS = {
  CacheControl: { description: 'Nobody keeps an answer.', schema: { const: 'no-store' }, required: true },
  RetryAfter: { description: 'Seconds.', schema: { type: 'string', pattern: '^[1-9][0-9]*$' } },
  ServerTiming: {
    description: 'Milliseconds at each node, only with TIMING on.',
    schema: { type: 'string', pattern: '^[\\w-]+;dur=[0-9.]+(, [\\w-]+;dur=[0-9.]+)*$' },
  },
};
const header = (name: keyof typeof HEADERS) => ({ $ref: `#/components/headers/${name}` });
const TIMED = { 'Server-Timing': header('ServerTiming') };

const json = (shape: object) => ({ 'application/json': { schema: shape } });
const problem = (description: string, headers: object = {}) => ({
  description,
  headers: { ...headers, ...TIMED },
  content: { 'application/problem+json': { schema: schema('Problem') } },
});
const later = { 'Retry-After': header('RetryAfter') };

/** Headers of refusals, by status. */
const REFUSED_WITH = {
  400: {},
  401: { 'WWW-Authenticate': { schema: { const: 'Bearer' } } },
  403: {},
  404: {},
  409: {},
  413: {},
  415: {},
  422: {},
  426: { Upgrade: { schema: { const: 'websocket' }, required: true } },
  429: later,
  500: {},
  503: later,
  504: {},
};

/** The meaning of a status: the codes that it may have. */
function meaningOf(status: string): string {
  const codes = Object.entries(CODES).filter(([, [of]]) => String(of) === status);
  return codes.map(([code, [, meaning]]) => `\`${code}\`: ${meaning}`).join(' ');
}

const RESPONSES = Object.fromEntries(
  Object.entries(REFUSED_WITH).map(([status, headers]) => [status, problem(meaningOf(status), headers)]),
);

const refused = (statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map(status => [
      status,
      status in REFUSED_WITH ? { $ref: `#/components/responses/${status}` } : problem('A refusal'),
    ]),
  );
const failing: readonly number[] = [500, 503, 504];

/** Headers of requests, except those of the transport. */
const HEADER_PARAMETERS = {
  'Idempotency-Key': {
    description:
      'Makes it safe to post again: the same key with the same message gives the message that is there already.',
    schema: schema('Key'),
  },
  'Owner-Key': { description: 'Whose message it is.', schema: schema('OwnerKey') },
  'Last-Event-ID': { description: 'As `after`.', schema: schema('Cursor') },
};

/** A reference to a named schema, or the schema itself. */
function described(of: v.GenericSchema): object {
  const reference = (of: unknown) => {
    const name = NAMES.get(of as v.GenericSchema);
    return name === undefined ? undefined : schema(name);
  };
  const overrideSchema: ConversionConfig['overrideSchema'] = ({ valibotSchema }) => reference(valibotSchema);
  const { $schema: _, ...shape } = toJsonSchema(of, { ...CONVERSION, overrideSchema });
  return shape;
}

const TAGGED = {
  ETag: {
    description: 'Whoever sends it back in If-None-Match gets 304 as long as nothing has changed.',
    schema: { type: 'string' },
    required: true,
  },
  'Cache-Control': { schema: { const: 'private, no-cache' }, required: true },
};

function answer({ description, body, events, tagged }: DeclaredAnswer): object {
  if (events)
    return {
      description,
      headers: { 'Cache-Control': header('CacheControl') },
      content: { 'text/event-stream': { schema: { type: 'string' } } },
      'x-events': {
        ...Object.fromEntries(Object.entries(events).map(([name, data]) => [name, described(data)])),
        gap: schema('Gap'),
        about: schema('About'),
        error: schema('Farewell'),
      },
    };
  const headers = { ...TIMED, ...(tagged ? TAGGED : { 'Cache-Control': header('CacheControl') }) };
  return { description, headers, ...(body && { content: json(described(body)) }) };
}

/** A body in one of the accepted formats. */
function body(of: v.GenericSchema | undefined): object {
  const content = { schema: of ? described(of) : { type: 'object' } };
  return {
    required: of !== undefined && !v.is(of, {}),
    content: {
      'application/json': content,
      'application/x-www-form-urlencoded': content,
      'multipart/form-data': content,
    },
  };
}

/** Methods without a body. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE']);

function operation({ method, node, port, operation, summary, description, tag, ...route }: NodeRoute): object {
  const hasBody = !BODILESS.has(method);
  const statuses = [400, ...(route.refusals ?? []), ...(hasBody ? [413, 415] : []), ...failing];
  const answers = Object.entries(route.answers ?? {});
  return {
    ...(operation !== undefined && { operationId: operation }),
    summary: summary ?? `What leaves ${node} at ${port.toUpperCase()}`,
    ...(description !== undefined && { description }),
    tags: [tag ?? 'graph'],
    parameters: [
      ...(route.query ? inQuery(route.query) : []),
      ...(route.headers ?? []).map(name => ({ name, in: 'header', ...HEADER_PARAMETERS[name] })),
    ],
    ...(hasBody && { requestBody: body(route.body) }),
    responses: {
      ...(answers.length > 0
        ? Object.fromEntries(answers.map(([status, of]) => [status, answer(of)]))
        : { default: { description: 'As the graph answers', headers: TIMED } }),
      ...refused(statuses),
    },
  };
}

/** The methods that OpenAPI supports. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']);

/**
 * The paths of routes, each with its methods; `fault` is called with a sentence for a route that can't be described.
 */
function pathsOf(routes: readonly NodeRoute[], fault: (sentence: string) => void): Record<string, object> {
  const items = new Map<string, { path: string; item: Record<string, unknown> }>();
  const names = new Set<string>();
  for (const route of routes) {
    const { method, path, operation: name = '', node, ...rest } = route;
    if (!METHODS.has(method)) continue;
    try {
      const steps = path.split('/').map(step => (isName(step) ? step : encodeURIComponent(step)));
      const key = steps.map(step => (isName(step) ? ':' : step)).join('/');
      const found = items.get(key) ?? { path: steps.map(braced).join('/'), item: pathParameters(steps, route) };
      found.item[method.toLowerCase()] = operation(names.has(name) ? { ...rest, method, path, node } : route);
      items.set(key, found);
      names.add(name);
    } catch (error) {
      fault(`${node} can't tell what ${method} ${path} takes and gives: ${(error as Error).message}`);
    }
  }
  return Object.fromEntries([...items.values()].map(({ path, item }) => [path, item]));
}

const isName = (step: string) => /^:\w+$/.test(step);
const braced = (step: string) => (isName(step) ? `{${step.slice(1)}}` : step);

function pathParameters(steps: readonly string[], { params = {} }: NodeRoute): Record<string, unknown> {
  const names = steps.filter(isName).map(step => step.slice(1));
  if (names.length === 0) return {};
  const given = (name: string) => (Object.hasOwn(params, name) ? described(params[name]!) : { type: 'string' });
  return { parameters: names.map(name => ({ name, in: 'path', required: true, schema: given(name) })) };
}

const about = {
  get: {
    operationId: 'about',
    summary: 'What there is at the moment, and who asks',
    tags: ['rooms'],
    responses: { 200: { description: 'What there is', headers: TAGGED, content: json(schema('About')) } },
  },
};

const socket = {
  get: {
    operationId: 'openSocket',
    summary: 'A WebSocket for many rooms; its frames are JSON text',
    description: 'Frames have 64 KiB at most. A page of another origin needs CORS_ORIGINS.',
    tags: ['rooms'],
    responses: { 101: { description: 'A WebSocket' }, ...refused([403, 426]) },
    'x-websocket': { receives: schema('ClientFrame'), sends: schema('ServerFrame') },
  },
};

const probe = (operationId: string, summary: string, content: object, more: object = {}) => ({
  get: { operationId, summary, tags: ['probes'], responses: { 200: { description: summary, content }, ...more } },
});
const state = (status: string) =>
  json({
    type: 'object',
    properties: { status: { const: status }, notice: { type: 'string' } },
    required: ['status'],
  });

/** The API of a server whose graph has these routes, as an OpenAPI 3.1 document. */
export function openapi(
  version: string,
  basePath: string,
  routes: readonly NodeRoute[],
  fault: (sentence: string) => void = () => {},
): object {
  return {
    openapi: '3.1.0',
    info: { title: 'flowchat', version, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: basePath || '/' }],
    tags: [
      { name: 'rooms', description: 'Posting, history and live delivery' },
      { name: 'people', description: 'Rooms that people make, and who is in them; for those who have an account' },
      { name: 'gochat', description: "gochat's API, which its page uses; also at `/` where a proxy cuts the path off" },
      { name: 'graph', description: 'What the graph answers besides' },
      { name: 'probes', description: 'For those who run the server' },
    ],
    paths: {
      ...pathsOf(routes, fault),
      '/api/about': about,
      '/api/socket': socket,
      '/healthz': probe('alive', 'The process is alive', state('alive')),
      '/readyz': probe('ready', 'The graph runs and the store can be written', state('ready'), refused([503])),
      '/metrics': probe('metrics', 'Metrics as Prometheus reads them', {
        'text/plain': { schema: { type: 'string' } },
      }),
      '/openapi.json': probe('description', 'This description', json({ type: 'object' })),
    },
    components: { schemas, responses: RESPONSES, headers: HEADERS },
  };
}
