import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { folder, graph, type Server, start } from '../support/server.ts';
import { unrefTimers } from '../support/timers.ts';

// fbp-client, which noflo-ui and fbp-spec are built on, command by command. It waits a second for each answer.

jest.setTimeout(60_000);

const SECRET = 'the editor may edit';

type Payload = Readonly<Record<string, unknown>>;
type Send = (payload?: Payload) => Promise<Payload>;
interface FbpClient {
  readonly protocol: Readonly<Record<string, Readonly<Record<string, Send>>>>;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

type Connect = (definition: Payload, options?: Payload) => Promise<FbpClient>;

const fbpClient = withOwnSchemas('fbp-client') as Connect;

/** Loads a module with the protocol's schemas as they are in their files: what validates in other specs changes those that it has. */
function withOwnSchemas(name: string): unknown {
  const require = createRequire(import.meta.url);
  const { cache } = require;
  const schemas = () => Object.keys(cache).filter(path => path.includes('/fbp-protocol/'));
  const others = schemas().map(path => [path, cache[path]] as const);
  const forget = () => {
    for (const path of schemas()) delete cache[path];
  };
  forget();
  const module = require(name);
  forget();
  Object.assign(cache, Object.fromEntries(others));
  return module;
}

let home: ReturnType<typeof folder>;
let server: Server;
let strict: FbpClient;
let lenient: FbpClient;

const connected = async (options: Payload) => {
  const address = `${server.origin.replace('http', 'ws')}/runtime`;
  const client = await fbpClient({ address, protocol: 'websocket', secret: SECRET }, options);
  await client.connect();
  return client;
};

beforeAll(async () => {
  // Its timers go on when what they wait for has come.
  unrefTimers();
  home = folder();
  server = await start(home.path, { GRAPH: graph(home.path, {}), EDITOR_SECRET: SECRET });
  strict = await connected({ commandTimeout: 10_000 });
  lenient = await connected({ commandTimeout: 10_000, skipValidation: true, skipPermissions: true });
});
afterAll(async () => {
  await strict?.disconnect();
  await lenient?.disconnect();
  await server?.stop();
  home?.remove();
});

const MINE = 'mine/sketch';
const at = (node: string, port: string) => ({ node, port });
const mine = (payload: Payload) => ({ ...payload, graph: MINE });

/** What a client may send, in an order in which each can be done. */
const COMMANDS: readonly (readonly [protocol: string, command: string, payload: Payload])[] = [
  ['component', 'list', {}],
  ['component', 'getsource', { name: 'chat/Router' }],
  ['network', 'getstatus', { graph: 'chat/chat' }],
  ['graph', 'clear', { id: MINE, main: false }],
  ['graph', 'addnode', mine({ id: 'a', component: 'core/Repeat', metadata: {} })],
  ['graph', 'addnode', mine({ id: 'b', component: 'core/Repeat', metadata: {} })],
  ['graph', 'changenode', mine({ id: 'a', metadata: { x: 10, y: 20 } })],
  ['graph', 'renamenode', mine({ from: 'b', to: 'c' })],
  ['graph', 'addedge', mine({ src: at('a', 'out'), tgt: at('c', 'in'), metadata: {} })],
  ['graph', 'changeedge', mine({ src: at('a', 'out'), tgt: at('c', 'in'), metadata: { route: 2 } })],
  ['graph', 'addinitial', mine({ src: { data: 5 }, tgt: at('a', 'in'), metadata: {} })],
  ['graph', 'addinport', mine({ public: 'in', node: 'a', port: 'in', metadata: {} })],
  ['graph', 'renameinport', mine({ from: 'in', to: 'first' })],
  ['graph', 'addoutport', mine({ public: 'out', node: 'c', port: 'out', metadata: {} })],
  ['graph', 'renameoutport', mine({ from: 'out', to: 'last' })],
  ['graph', 'addgroup', mine({ name: 'both', nodes: ['a', 'c'], metadata: {} })],
  ['graph', 'renamegroup', mine({ from: 'both', to: 'all' })],
  ['graph', 'changegroup', mine({ name: 'all', metadata: { description: 'two' } })],
  ['component', 'getsource', { name: MINE }],
  ['network', 'edges', mine({ edges: [{ src: at('a', 'out'), tgt: at('c', 'in') }] })],
  ['network', 'start', { graph: MINE }],
  ['network', 'getstatus', { graph: MINE }],
  ['network', 'stop', { graph: MINE }],
  ['graph', 'removegroup', mine({ name: 'all' })],
  ['graph', 'removeinitial', mine({ tgt: at('a', 'in') })],
  ['graph', 'removeinport', mine({ public: 'first' })],
  ['graph', 'removeoutport', mine({ public: 'last' })],
  ['graph', 'removeedge', mine({ src: at('a', 'out'), tgt: at('c', 'in') })],
  ['graph', 'removenode', mine({ id: 'c' })],
  ['trace', 'start', { graph: 'chat/chat', buffersize: 400 }],
  ['trace', 'dump', { graph: 'chat/chat', type: 'flowtrace.json' }],
  ['trace', 'clear', { graph: 'chat/chat' }],
  ['trace', 'stop', { graph: 'chat/chat' }],
];

describe('fbp-client', () => {
  it('is answered to each of its commands', async () => {
    const failed: string[] = [];
    for (const [protocol, command, payload] of COMMANDS) {
      await strict.protocol[protocol]![command]!(payload).catch(error =>
        failed.push(`${protocol}:${command} ${error}`),
      );
    }
    expect(failed).toEqual([]);
  });

  it('is told the source of a graph that it has made itself', async () => {
    await strict.protocol.graph!.clear!({ id: MINE, main: false });
    await strict.protocol.graph!.addnode!(mine({ id: 'only', component: 'core/Drop', metadata: {} }));
    const { code, language, name, library } = await strict.protocol.component!.getsource!({ name: MINE });
    expect({ language, name, library }).toEqual({ language: 'json', name: 'sketch', library: 'mine' });
    expect(JSON.parse(String(code)).processes).toMatchObject({ only: { component: 'core/Drop' } });
    await expect(lenient.protocol.component!.getsource!({ name: MINE })).rejects.toThrow(/there is no component/);
  });

  it('is answered to what the protocol has no schema for, unless it insists on one', async () => {
    expect(await lenient.protocol.network!.persist!({})).toEqual({ graph: 'chat/chat' });
    expect(await lenient.protocol.network!.debug!({ graph: 'chat/chat', enable: true })).toEqual({
      graph: 'chat/chat',
      enable: true,
    });
    // Its timer goes on when it has found no schema.
    const brief = await connected({ commandTimeout: 100 });
    await expect(brief.protocol.network!.persist!({})).rejects.toThrow();
    await brief.disconnect();
  });
});
