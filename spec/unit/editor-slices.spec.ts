import { describe, expect, it, jest } from '@jest/globals';
import { Printer } from '../../src/editor/deploy/printer.ts';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import type { Client } from '../../src/editor/message.ts';
import { editCommands, Graphs } from '../../src/editor/protocol/graphs.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { emptyGraph, type Graph } from '../../src/model/graph.ts';
import type { Payload } from '../../src/model/payload.ts';
import { Registry } from '../../src/registry/registry.ts';
import { Network } from '../../src/runtime/network.ts';
import { NO_SUBGRAPHS } from '../support/editing.ts';
import { ROOT } from '../support/source.ts';

// However busy the machine is.
jest.setTimeout(60_000);

const client: Client = { id: 1, rights: new Set(['watch', 'edit']), by: 'editor', extended: true, push() {} };

/** A draft with the command that makes several changes of it. */
function editing() {
  const draft = new GraphDraft('chat/test', emptyGraph('test.json'));
  const changes: number[] = [];
  const graphs = new Graphs({
    draft,
    subgraphs: NO_SUBGRAPHS,
    get version() {
      return draft.version;
    },
    mayClear: () => undefined,
    changed: () => changes.push(draft.graph.nodes.length),
  });
  const { run } = editCommands(graphs, () => {}).get('edit')!;
  const edit = async (payload: Payload) => run(client, payload);
  return { draft, changes, edit };
}

const node = (id: string) => ({ command: 'addnode', payload: { id, component: 'core/Repeat', metadata: {} } });
const many = (name: string) => Array.from({ length: 1000 }, (_, index) => node(`${name}${index}`));

describe('a large edit', () => {
  it('lets everybody else have their turn, and is made as a whole', async () => {
    const { draft, changes, edit } = editing();
    let turns = 0;
    const other = setInterval(() => {
      turns += 1;
      expect([0, 1000]).toContain(draft.graph.nodes.length);
    }, 0);
    const moved = Array.from({ length: 1000 }, (_, index) => ({
      command: 'changenode',
      payload: { id: `n${index}`, metadata: { x: index } },
    }));
    await edit({ changes: [...many('n'), ...moved] });
    clearInterval(other);
    expect(draft.graph.nodes).toHaveLength(1000);
    expect(changes).toEqual([1000]);
    expect(turns).toBeGreaterThan(1);
  });

  it('is not made at all where a part of it is refused', async () => {
    const { draft, edit } = editing();
    await expect(edit({ changes: [...many('n'), node('one more')] })).rejects.toThrow('at most 1,000 nodes');
    expect([draft.graph.nodes.length, draft.version]).toEqual([0, 0]);
  });

  it('is made upon what somebody else changes meanwhile', async () => {
    const { draft, edit } = editing();
    const going = edit({ changes: many('n') });
    draft.apply('addnode', { id: 'theirs', component: 'core/Drop' });
    await expect(going).rejects.toThrow('at most 1,000 nodes');
    expect(draft.graph.nodes.map(({ name }) => name)).toEqual(['theirs']);
    await edit({ changes: [node('mine')] });
    expect(draft.graph.nodes.map(({ name }) => name)).toEqual(['theirs', 'mine']);
  });
});

/** A graph with a chain of so many nodes. */
function chained(nodes: number): Graph {
  const wires = Array.from({ length: nodes - 1 }, (_, index) => `n${index} OUT -> IN n${index + 1}(core/Repeat)\n`);
  return readGraph('test.fbp', `n0(core/Repeat)\n${wires.join('')}`).graph;
}

/** Counts the turns of the event loop in which something else could be done while a work runs. */
async function turnsIn<Result>(work: () => Promise<Result>): Promise<{ turns: number; result: Result }> {
  let [turns, isOver] = [0, false];
  const turn = () => {
    if (isOver) return;
    turns += 1;
    setImmediate(turn);
  };
  setImmediate(turn);
  const result = await work();
  isOver = true;
  return { turns, result };
}

describe('a large graph', () => {
  /** A clock by which every step takes longer than a slice, however fast the machine is. */
  const slowly = () => {
    let now = 0;
    return jest.spyOn(performance, 'now').mockImplementation(() => (now += 100));
  };

  it('is printed with a break after each step, and not again when its file was saved', async () => {
    const clock = slowly();
    const graph = chained(100);
    const origin = new GraphDocument('test.fbp', '# mine\na(core/Repeat) OUT -> IN b(core/Drop)\n');
    const file = { known: origin, origin };
    const printer = new Printer({ graph }, file);
    const { turns, result } = await turnsIn(() => printer.print());
    expect(turns).toBeGreaterThan(10);
    expect(result.text).toContain('# mine');
    expect(readGraph('test.fbp', result.text).graph.nodes).toHaveLength(100);
    expect(printer.printNow()).toBe(result);
    file.known = new GraphDocument('test.fbp', result.text, result.layout);
    expect(printer.printNow()).toBe(result);
    clock.mockRestore();
  });

  it('is built with a break before each node and each edge', async () => {
    const clock = slowly();
    const witness = { reached: () => undefined, knows: () => false, passed() {}, holder: () => undefined };
    const library = new Registry(ROOT);
    const graph = chained(100);
    await library.prepare(graph);
    const start = () =>
      Network.start({
        graph,
        loader: library.loader(),
        observer: { ...witness, fail() {}, uncaught() {} },
        failed(node, error) {
          throw new Error(`${node}: ${error.message}`);
        },
        left() {},
      });
    const { turns, result } = await turnsIn(start);
    clock.mockRestore();
    await result.stop(1000);
    expect(turns).toBeGreaterThan(graph.nodes.length + graph.edges.length);
  });

  it('is read once, however often its text is asked for', () => {
    const text = 'a(core/Repeat) OUT -> IN b(core/Drop) # once\n';
    expect(readGraph('test.fbp', text)).toBe(readGraph('test.fbp', `${text}`));
    expect(readGraph('other.fbp', text)).not.toBe(readGraph('test.fbp', text));
    expect(readGraph('test.fbp', text, '{}')).not.toBe(readGraph('test.fbp', text));
  });
});
