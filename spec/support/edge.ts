import type { Accounts, Caller, Visitor } from '../../src/accounts/accounts.ts';
import { Hub } from '../../src/delivery/hub.ts';
import { Polls } from '../../src/delivery/long-poll.ts';
import { Questions } from '../../src/delivery/questions.ts';
import { Sockets } from '../../src/delivery/socket.ts';
import { EventStreams } from '../../src/delivery/sse.ts';
import type { GateLimits } from '../../src/gate/gate.ts';
import { LiveAbout } from '../../src/http/about.ts';
import { createFront } from '../../src/http/front.ts';
import { authority, type HttpServer, listen } from '../../src/http/server.ts';
import type { Question } from '../../src/model/packets.ts';
import { guest, type Who } from '../../src/model/who.ts';
import { readSettings } from '../../src/settings.ts';
import { Flowing } from './flowing.ts';
import { CHAT, set } from './graphs.ts';
import { component, Project } from './project.ts';

/** Somebody with a session, whose identity can be replaced. */
type Person = Visitor & { who: Who };

/** Accounts whose tokens are people's names; callers without a token are guests. */
class People implements Accounts {
  readonly isOn = true;
  readonly #people = new Map<string, Person>();
  readonly #listeners = new Set<(whom: (caller: Caller) => boolean) => void>();
  /** An error for identifying callers. */
  fault: Error | undefined;

  /** Somebody's session, created by the first call. */
  person(name: string, role: Who['role'] = 'member'): Person {
    const who = Object.freeze({ kind: 'person', id: `p-${name}`, name, role } as const);
    const person = this.#people.get(name) ?? { session: name, who, until: Number.POSITIVE_INFINITY };
    this.#people.set(name, person);
    return person;
  }

  /** Changes somebody's role on all their connections. */
  change(person: Person, role: Who['role']): void {
    person.who = Object.freeze({ ...person.who, role });
    for (const listener of this.#listeners) listener(({ visitor }) => visitor === person);
  }

  async visit({ authorization = '' }: { authorization?: string }, from: string): Promise<Visitor> {
    if (this.fault) throw this.fault;
    const found = this.#people.get(authorization.replace('Bearer ', ''));
    return found ?? { session: from, who: guest(from), until: Number.POSITIVE_INFINITY };
  }

  changed(listener: (whom: (caller: Caller) => boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ownership() {
    return 'none' as const;
  }

  answered(): void {}
  published(): void {}
  looked(): void {}

  isPrivate(): boolean {
    return false;
  }

  owns(): boolean {
    return false;
  }

  async answer() {
    return { status: 404, code: 'not-found', detail: 'nothing is answered here' } as const;
  }

  async order(): Promise<string> {
    return '';
  }

  setupCode(): undefined {}

  async close(): Promise<void> {}
}

/** Passes questions whose caller has at least the role in SETTING; a prefix such as `post:` limits it to a method. */
const DOOR = component(
  `process(input, output) {
    if (!input.hasData('in')) return;
    const question = input.getData('in');
    const roles = ['guest', 'member', 'moderator', 'owner'];
    const least = input.hasData('setting') ? input.getData('setting') : 'guest';
    const { id, method, path, who, from } = question;
    if (method !== 'GET' || roles.indexOf(who.role) >= roles.indexOf(least)) return output.sendDone({ out: question });
    output.sendDone({ refused: { id, status: 403, code: 'not-allowed', detail: 'reading ' + path + ' is for a ' + least + ', not for a ' + who.role } });
  }`,
  { outports: ['out', 'refused'] },
);

/** A server's edge in front of the whole graph with such a node; callers are behind a proxy, with accounts. */
export class Edge {
  readonly accounts = new People();
  readonly hub: Hub;
  readonly flowing: Flowing;
  /** All questions to the graph. */
  readonly asked: Question[] = [];
  /** Internal errors of the server, which it would log. */
  readonly failures: Error[] = [];
  readonly #project: Project;
  readonly #server: HttpServer;
  /** The URL of the store. */
  readonly #store: string;
  readonly #close: () => Promise<void>;

  private constructor(flowing: Flowing, project: Project, store: string) {
    this.flowing = flowing;
    this.#store = store;
    this.#project = project;
    const { gate } = flowing;
    this.hub = new Hub(new Questions(gate));
    this.accounts.changed(whom => this.hub.recheck(whom));
    flowing.push = event => this.hub.push(event);
    const [streams, polls] = [new EventStreams(this.hub), new Polls(gate, this.hub)];
    const sockets = new Sockets(gate, this.hub, 'test', () => undefined);
    const server = createFront({
      ...readSettings({ TRUST_PROXY: 'on', TIMING: 'off' }, []),
      gate,
      accounts: this.accounts,
      addressKey: () => Buffer.from('test'),
      polls,
      streams,
      sockets,
      pages: [],
      live: new LiveAbout({ version: '0', basePath: '', accounts: true, warn() {} }),
      unready: () => undefined,
      notice: () => undefined,
      metrics: () => '',
      unreadable() {},
      warn() {},
      failed: error => void this.failures.push(error),
    });
    this.#server = server;
    this.#close = async () => {
      for (const each of [polls, streams, sockets]) each.close();
      await server.end(0);
    };
  }

  get origin(): string {
    return `http://${authority('127.0.0.1', this.#server)}`;
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  /** Starts with a graph in which reading requires a role. */
  static async start(
    reading: Who['role'] = 'guest',
    limits: Partial<GateLimits> = {},
    store = 'memory:chat',
  ): Promise<Edge> {
    const project = new Project();
    project.component('Door', DOOR);
    const edge = new Edge(new Flowing(project.root, limits), project, store);
    await edge.publish(reading);
    await listen(edge.#server, { host: '127.0.0.1', port: 0 }, 'PORT');
    return edge;
  }

  /** Publishes a graph in which reading requires a different role. */
  async publish(reading: Who['role']): Promise<void> {
    const door = [
      'door(chat/Door) OUT -> IN admit',
      'door REFUSED -> IN responder',
      `'${reading}' -> SETTING door`,
      '',
    ];
    const { gate, runtime } = this.flowing;
    const text = set(CHAT, { BURST: '1000000', RATE: '1000000', STORE: this.#store });
    await this.flowing.publish(text.replace('INPORT=admit.IN', 'INPORT=door.IN') + door.join('\n'));
    const live = runtime.live!;
    gate.open({
      number: live.number,
      post: question => {
        this.asked.push(question);
        live.post(question);
      },
    });
  }

  /** Asks as somebody, from an address. */
  ask(path: string, { as = '', from = '192.0.2.1', ...init }: RequestInit & { as?: string; from?: string } = {}) {
    const headers = { ...headersOf(as, from), ...(init.headers as Readonly<Record<string, string>>) };
    return fetch(this.origin + path, { ...init, headers });
  }

  /** Posts to a room, as a guest. */
  async post(room: string, text: string): Promise<void> {
    const body = JSON.stringify({ author: 'ann', text });
    const { status } = await this.ask(`/api/rooms/${room}/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    if (status !== 201) throw new Error(`a post was answered with ${status}`);
  }

  /** Stops. Rejects with an internal error that the test did not check. */
  async stop(): Promise<void> {
    await this.#close();
    await this.flowing.runtime.stop();
    this.#project.remove();
    for (const failure of this.failures) throw failure;
  }
}

/** The headers of a caller with an address behind the proxy. */
export const headersOf = (as = '', from = '192.0.2.1'): Readonly<Record<string, string>> => ({
  'X-Forwarded-For': from,
  ...(as && { Authorization: `Bearer ${as}` }),
});
