import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import type { Client, ProtocolMessage, Right } from '../../src/editor/message.ts';
import { type Broadcast, Graphs, graphProtocol } from '../../src/editor/protocol/graphs.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { Payload } from '../../src/model/payload.ts';
import { Refused } from '../../src/model/refused.ts';
import { NO_SUBGRAPHS } from '../support/editing.ts';
import { expectValid } from '../support/protocol-schema.ts';
import { ROOT } from '../support/source.ts';

const TEXT = [
  'router(chat/Router) SEND -> IN check(chat/CheckPost) OUT -> POST storage(chat/Storage)',
  "'40' -> MAXTEXT check",
].join('\n');

/** A server's graph, and editors that change it. */
class Room {
  readonly draft = new GraphDraft('chat/test', readGraph('test.fbp', TEXT).graph);
  readonly changes: string[] = [];
  readonly #protocol: ReturnType<typeof graphProtocol>;
  readonly graphs: Graphs;
  readonly #editors: Editor[] = [];

  constructor(reason?: string) {
    const { draft, changes } = this;
    this.graphs = new Graphs({
      draft,
      subgraphs: NO_SUBGRAPHS,
      get version() {
        return draft.version;
      },
      changed: ({ by }) => changes.push(by),
      mayClear: () => reason,
    });
    const broadcast: Broadcast = (message, except) => {
      expectValid(message);
      for (const editor of this.#editors) if (editor !== except) editor.push(message);
    };
    this.#protocol = graphProtocol(this.graphs, broadcast);
  }

  enter(by: string, ...rights: readonly Right[]): Editor {
    const editor = new Editor(this.#editors.length, by, new Set(rights), this.#protocol);
    this.#editors.push(editor);
    return editor;
  }
}

class Editor implements Client {
  readonly id: number;
  readonly by: string;
  readonly rights: ReadonlySet<Right>;
  readonly extended = false;
  /** What it was told without having asked. */
  readonly heard: unknown[] = [];
  readonly #protocol: ReturnType<typeof graphProtocol>;

  constructor(id: number, by: string, rights: ReadonlySet<Right>, protocol: ReturnType<typeof graphProtocol>) {
    this.id = id;
    this.by = by;
    this.rights = rights;
    this.#protocol = protocol;
  }

  push({ command, payload }: ProtocolMessage): void {
    this.heard.push([command, payload]);
  }

  /** What is answered to a command, and what is refused as `error`; every message is valid. */
  async say(command: string, payload: Payload): Promise<unknown> {
    const asked = this.#protocol.commands.get(command);
    expect(asked?.needs).toBe('protocol:graph');
    try {
      const replies = [await asked!.run(this, payload)].flat();
      for (const reply of replies) expectValid(reply);
      return replies.map(({ command, payload }) => [command, payload]);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      expectValid({ protocol: 'graph', command: 'error', payload: { message: error.message } });
      return error.message;
    }
  }

  leave(): void {
    this.#protocol.leave?.(this);
  }
}

const graph = 'chat/test';
const maxtext = { node: 'check', port: 'maxtext' };
const node = (id: string, to = graph) => ({ id, component: 'chat/Route', metadata: {}, graph: to });

describe('the graph protocol', () => {
  it('answers whoever changes the graph, and tells all others', async () => {
    const room = new Room();
    const [ann, bob] = [room.enter('ann', 'edit'), room.enter('bob', 'edit')];
    expect(await ann.say('addnode', { ...node('slow'), secret: 's', selected: false })).toEqual([
      ['addnode', node('slow')],
    ]);
    expect(bob.heard).toEqual([['addnode', node('slow')]]);
    expect(ann.heard).toEqual([]);
    expect(room.changes).toEqual(['ann']);
    expect(room.draft.graph.nodes.at(-1)?.name).toBe('slow');
  });

  it('tells everything that goes with a node, in order', async () => {
    const room = new Room();
    const [ann, bob] = [room.enter('ann', 'edit'), room.enter('bob', 'edit')];
    const told = await ann.say('removenode', { id: 'check', graph });
    expect((told as [string][]).map(([command]) => command)).toEqual([
      'removeedge',
      'removeedge',
      'removeinitial',
      'removenode',
    ]);
    expect(bob.heard).toEqual(told);
    expect(room.changes).toEqual(['ann']);
  });

  it('acknowledges what changes nothing, and bothers nobody with it', async () => {
    const room = new Room();
    const [ann, bob] = [room.enter('ann', 'edit'), room.enter('bob', 'edit')];
    const payload = { id: 'check', metadata: {}, graph };
    expect(await ann.say('changenode', payload)).toEqual([['changenode', payload]]);
    expect([...bob.heard, ...room.changes]).toEqual([]);
  });

  it('knows no graph that is not there', async () => {
    const ann = new Room().enter('ann', 'edit');
    expect(await ann.say('addnode', node('a', 'another-graph'))).toBe('Requested graph not found');
    expect(await ann.say('addnode', { id: 'a', component: 'A' })).toBe('No graph specified');
    expect(await ann.say('addnode', node('a', 'constructor'))).toBe('Requested graph not found');
    expect(await ann.say('addnode', { ...node('a'), graph: {} })).toBe('"graph" must be a text, not an object');
  });

  it('changes no other graph of the server', async () => {
    const ann = new Room().enter('ann', 'edit');
    expect(await ann.say('addnode', node('a', 'chat/Inner'))).toBe(
      'there is no subgraph chat/Inner; begin it by graph:clear',
    );
  });
});

describe('graph:clear', () => {
  it("empties the server's graph where nothing speaks against it", async () => {
    const room = new Room();
    const [ann, bob] = [room.enter('ann', 'edit'), room.enter('bob', 'edit')];
    expect(await ann.say('clear', { id: graph, main: true })).toEqual([['clear', { id: graph, main: true }]]);
    expect(bob.heard).toEqual([['clear', { id: graph, main: true }]]);
    expect(room.draft.graph.nodes).toEqual([]);
  });

  it("leaves the server's graph alone where something does", async () => {
    const room = new Room('changes of bob are not live yet');
    const before = room.draft.graph;
    expect(await room.enter('ann', 'edit').say('clear', { id: graph })).toBe('changes of bob are not live yet');
    expect(room.draft.graph).toBe(before);
  });

  it('makes a sketch that nobody else knows, and that is forgotten with its client', async () => {
    const room = new Room();
    const [ann, bob] = [room.enter('ann', 'edit'), room.enter('bob', 'edit')];
    const foo = { id: 'foo', main: true, name: 'Foo graph' };
    expect(await ann.say('clear', { ...foo, baseDir: '/tmp' })).toEqual([['clear', foo]]);
    expect(await ann.say('addnode', node('a', 'foo'))).toEqual([['addnode', node('a', 'foo')]]);
    expect(await bob.say('addnode', node('a', 'foo'))).toBe('Requested graph not found');
    expect([...bob.heard, ...room.changes]).toEqual([]);
    expect(room.graphs.find(ann, 'foo')?.graph.nodes).toHaveLength(1);
    await ann.say('clear', { id: 'foo' });
    expect(room.graphs.find(ann, 'foo')?.graph.nodes).toHaveLength(0);
    ann.leave();
    expect(await ann.say('addnode', node('a', 'foo'))).toBe('Requested graph not found');
  });

  it('makes at most 100 scratch graphs for a client', async () => {
    const room = new Room();
    const [ann, bob] = [room.enter('ann', 'edit'), room.enter('bob', 'edit')];
    for (let i = 0; i < 100; i += 1) await ann.say('clear', { id: `s${i}` });
    expect(await ann.say('clear', { id: 's100' })).toBe('there are 100 scratch graphs already; take one of them');
    expect(await ann.say('clear', { id: 's9' })).toHaveLength(1);
    expect(await bob.say('clear', { id: 's100' })).toHaveLength(1);
  });
});

describe('two editors', () => {
  const say = (data: string) => ({ src: { data }, tgt: maxtext, graph });

  it('see each change of the other, made one after the other', async () => {
    const room = new Room();
    const [ann, bob] = [room.enter('ann', 'edit'), room.enter('bob', 'edit')];
    await Promise.all([ann.say('renamenode', { from: 'check', to: 'gate', graph }), bob.say('addnode', node('slow'))]);
    expect(await bob.say('addinitial', say('50'))).toBe('node check is called gate now');
    expect(ann.heard).toEqual([['addnode', node('slow')]]);
    expect(bob.heard).toEqual([['renamenode', { from: 'check', to: 'gate', graph }]]);
    expect(room.changes).toEqual(['ann', 'bob']);
  });

  it("don't overwrite each other's settings, even where one doesn't wait for an answer", async () => {
    const room = new Room();
    const [ann, bob] = [room.enter('ann', 'edit'), room.enter('bob', 'edit')];
    const change = async (editor: Editor, from: string, to: string) => [
      await editor.say('removeinitial', say(from)),
      await editor.say('addinitial', say(to)),
    ];
    const sentence = "MAXTEXT of check is '50' by now, not '40'; look at it again, by reloading the page";
    await change(ann, '40', '50');
    expect(await change(bob, '40', '60')).toEqual([sentence, sentence]);
    expect(room.draft.graph.initials.map(({ data }) => data)).toEqual(['50']);
    await change(bob, '50', '60');
    expect(room.draft.graph.initials.map(({ data }) => data)).toEqual(['60']);
  });

  it('may give a port another value once the first is known to have changed', async () => {
    const room = new Room();
    const ann = room.enter('ann', 'edit');
    await ann.say('removeinitial', say('30'));
    expect(await ann.say('addinitial', { ...say('5'), tgt: { node: 'storage', port: 'maxlen' } })).toHaveLength(1);
    expect(await ann.say('addinitial', say('50'))).toMatch(/^MAXTEXT of check is '40' by now/);
    expect(await ann.say('addinitial', say('50'))).toHaveLength(1);
  });
});

describe('components with all rights of the server', () => {
  const harmless = 'Copy DisconnectAfterPacket Drop Kick Merge Repeat RepeatAsync RepeatDelayed'.split(' ');
  const powerful = ['Callback', 'MakeFunction', 'Output', 'ReadEnv', 'ReadGlobal'];

  it('are known among all that noflo-core has', () => {
    const files = readdirSync(join(ROOT, 'node_modules/noflo-core/components')).map(file => file.replace('.js', ''));
    expect(files).toEqual([...harmless, ...powerful, 'RunInterval', 'RunTimeout', 'SendNext', 'Split'].sort());
  });

  it.each(powerful.flatMap(name => [name, `core/${name}`]))('need the right to bring in code: %s', async component => {
    const room = new Room();
    const [ann, eve] = [room.enter('ann', 'edit', 'code'), room.enter('eve', 'edit')];
    const refused = expect.stringMatching(
      /^core\/\w+ has all rights of this server; it can be used only with a secret/,
    );
    const add = { ...node('x'), component };
    expect(await eve.say('addnode', add)).toEqual(refused);
    expect(await ann.say('addnode', add)).toHaveLength(1);
    const tgt = { node: 'x', port: 'in' };
    expect(await eve.say('addinitial', { src: { data: 'process.exit()' }, tgt, graph })).toEqual(refused);
    expect(await eve.say('addedge', { src: { node: 'check', port: 'out' }, tgt, graph })).toEqual(refused);
    expect(await eve.say('addinport', { public: 'x', ...tgt, graph })).toEqual(refused);
    expect(await eve.say('removenode', { id: 'x', graph })).toHaveLength(1);
  });

  it('need it in a sketch, too', async () => {
    const eve = new Room().enter('eve', 'edit');
    await eve.say('clear', { id: 'foo' });
    expect(await eve.say('addnode', { ...node('x', 'foo'), component: 'core/ReadEnv' })).toMatch(
      /^core\/ReadEnv has all/,
    );
    expect(await eve.say('addnode', { ...node('x', 'foo'), component: 'core/Repeat' })).toHaveLength(1);
  });
});
