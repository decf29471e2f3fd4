import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import type { Client, ProtocolCommand, ProtocolMessage, SubProtocol } from '../../src/editor/message.ts';
import type { AuditEntry } from '../../src/editor/server/audit.ts';
import { EditorEndpoint, type EndpointDeps, Origins } from '../../src/editor/server/endpoint.ts';
import { capabilities } from '../../src/editor/server/rights.ts';
import { Secrets } from '../../src/editor/server/secrets.ts';
import { CLIENT_MESSAGES, type ClientMessageName } from '../../src/model/editor-protocol.ts';
import { Refused } from '../../src/model/refused.ts';

// However busy the machine is.
jest.setTimeout(60_000);

export const SECRET = 'the editor may edit';
export const VIEW_SECRET = 'the viewer may look';

/** A message from the server. */
export interface Said {
  readonly protocol: string;
  readonly command: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly responseTo?: string;
}

/** An editor's connection; frames are read one at a time. */
export class Editor {
  readonly socket: WebSocket;
  /** Every frame that came, as text. */
  readonly frames: string[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #read = 0;
  #heard: () => void = () => {};
  #isClosed = false;

  constructor(url: string, protocols: readonly string[] = ['noflo'], headers: Readonly<Record<string, string>> = {}) {
    this.socket = new WebSocket(url, [...protocols], { headers });
    this.socket.on('error', () => {});
    this.socket.on('message', bytes => {
      this.frames.push(String(bytes));
      this.#heard();
    });
    this.closed = new Promise(resolve => {
      this.socket.on('close', (code, reason) => {
        this.#isClosed = true;
        this.#heard();
        resolve({ code, reason: String(reason) });
      });
    });
  }

  /** Sends a message, or any text or bytes. */
  say(content: unknown): void {
    this.socket.send(typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  }

  /** The next message. */
  async next(): Promise<Said> {
    while (this.frames.length === this.#read) {
      if (this.#isClosed) throw new Error(`it was closed: ${JSON.stringify(await this.closed)}`);
      await new Promise<void>(resolve => {
        this.#heard = resolve;
      });
    }
    const frame = this.frames[this.#read]!;
    this.#read += 1;
    return JSON.parse(frame) as Said;
  }

  /** Sends a message; resolves to the next one. */
  async ask(content: unknown): Promise<Said> {
    this.say(content);
    return this.next();
  }

  /** Sends a secret; resolves to the resulting capabilities. */
  async show(secret: unknown): Promise<unknown> {
    const { payload } = await this.ask({ protocol: 'runtime', command: 'getruntime', payload: {}, secret });
    return payload.capabilities;
  }
}

/** An endpoint with small sub-protocols, on a port of its own. */
interface Building {
  readonly endpoint: EditorEndpoint;
  readonly url: string;
  readonly deeds: readonly AuditEntry[];
  readonly failures: readonly Error[];
  /** Numbers of clients that left, as a sub-protocol was notified. */
  readonly left: readonly number[];
  /** Lets every `network:wait` complete. */
  release(): void;
  /** Connects from an address, and sends a secret if given. */
  enter(secret?: string, from?: string): Promise<Editor>;
  /** Tries to connect; resolves to the status and problem of the refusal. */
  refused(headers?: Readonly<Record<string, string>>): Promise<{ status: number; code: string; detail: string }>;
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Starts an endpoint with the smallest sub-protocols that show its behaviour; stopped after the test. */
export async function building(given: Partial<EndpointDeps> = {}): Promise<Building> {
  const deeds: AuditEntry[] = [];
  const failures: Error[] = [];
  const left: number[] = [];
  const { protocols, release } = rooms(client => left.push(client.id));
  const origins = new Origins({
    host: '127.0.0.1',
    trustProxy: false,
    editorOrigins: ['https://friend.example'],
    editorUi: 'https://ui.example/noflo',
  });
  const secrets = new Secrets({ secret: SECRET, viewSecret: VIEW_SECRET, code: false });
  const audited = (deed: AuditEntry) => deeds.push(deed);
  const failed = (error: Error) => failures.push(error);
  const endpoint = new EditorEndpoint({ protocols, secrets, origins, audited, failed, ...given });
  const server = createServer();
  server.on('upgrade', (request, socket, head) =>
    endpoint.accept(request, socket, head, String(request.headers['x-from'] ?? 'from')),
  );
  const url = await listen(server);
  const editors: Editor[] = [];
  open.push(async () => {
    release();
    endpoint.close();
    for (const { socket } of editors) socket.terminate();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });
  return {
    endpoint,
    url,
    deeds,
    failures,
    left,
    release,
    async enter(secret, from = 'from') {
      const editor = new Editor(url, ['noflo'], { 'X-From': from });
      editors.push(editor);
      await once(editor.socket, 'open');
      if (secret !== undefined) await editor.show(secret);
      return editor;
    },
    refused: headers => refusal(url, headers),
  };
}

/** Makes a server listen; its address for WebSockets. */
export async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/runtime`;
}

/** The refusal of a WebSocket. Throws if it is accepted. */
export async function refusal(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; code: string; detail: string }> {
  const { socket } = new Editor(url, [], headers);
  try {
    const [, response] = await Promise.race([
      once(socket, 'unexpected-response'),
      once(socket, 'open').then(() => Promise.reject(new Error('it was let in'))),
    ]);
    response.setEncoding('utf8');
    let body = '';
    for await (const chunk of response) body += chunk;
    const { code, detail } = JSON.parse(body);
    return { status: response.statusCode, code, detail };
  } finally {
    socket.terminate();
  }
}

function rooms(leave: (client: Client) => void) {
  let release = () => {};
  const released = new Promise<void>(resolve => {
    release = resolve;
  });
  const says = (protocol: string, command: string) => (payload: ProtocolMessage['payload']) => ({
    protocol,
    command,
    payload,
  });
  const auditedOf = (protocol: string, command: string) =>
    protocol === 'graph' ? () => true : CLIENT_MESSAGES[`${protocol}:${command}` as ClientMessageName].audited;
  const echo = (protocol: string, command: string, needs?: string): [string, ProtocolCommand] => [
    command,
    { needs, audited: auditedOf(protocol, command), run: (_, payload) => says(protocol, command)(payload) },
  ];
  const network: Record<string, ProtocolCommand> = {
    getstatus: { needs: 'network:status', run: (_, { graph }) => says('network', 'status')({ graph, running: true }) },
    wait: { needs: 'network:status', run: (_, payload) => released.then(() => says('network', 'waited')(payload)) },
    break: { needs: 'network:control', audited: () => true, run: () => Promise.reject(new TypeError(`it broke`)) },
    refuse: {
      needs: 'network:control',
      audited: () => true,
      run() {
        throw new Refused('there is no such graph; open another');
      },
    },
    circle: {
      needs: 'network:status',
      run() {
        const payload: Record<string, unknown> = {};
        payload.payload = payload;
        return says('network', 'circle')(payload);
      },
    },
  };
  const list: ProtocolCommand = {
    needs: 'protocol:component',
    run: () => [
      says('component', 'component')({ name: 'core/Drop' }),
      says('component', 'component')({ name: 'core/Repeat' }),
      says('component', 'componentsready')(2),
    ],
  };
  const getruntime: ProtocolCommand = {
    run: ({ rights, by }) => says('runtime', 'runtime')({ by, capabilities: capabilities(rights) }),
  };
  const publish: ProtocolCommand = {
    needs: 'protocol:graph',
    audited: () => true,
    run: () => says('flowchat', 'error')({ message: 'the graph has a fault' }),
  };
  const protocols = new Map<string, SubProtocol>([
    ['runtime', { commands: new Map([['getruntime', getruntime], echo('runtime', 'packet', 'protocol:runtime')]) }],
    [
      'graph',
      { commands: new Map(['addnode', 'changenode'].map(name => echo('graph', name, 'protocol:graph'))), leave },
    ],
    ['network', { commands: new Map(Object.entries(network)) }],
    ['component', { commands: new Map([['list', list], echo('component', 'source', 'component:setsource')]) }],
    ['flowchat', { commands: new Map([echo('flowchat', 'open', 'graph:readonly'), ['publish', publish]]) }],
  ]);
  return { protocols, release };
}
