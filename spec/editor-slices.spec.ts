import { describe, expect, it, jest } from '@jest/globals';
import { Draft } from '../src/editor/draft/draft.ts';
import { editCommands } from '../src/editor/protocol/flowchat-edit.ts';
import { Graphs } from '../src/editor/protocol/graphs.ts';
import type { Client, Payload } from '../src/editor/protocol/message.ts';
import { empty } from '../src/fbp/empty.ts';

// However busy the machine is.
jest.setTimeout(60_000);

const client: Client = { id: 1, rights: new Set(['watch', 'edit']), by: 'editor', extended: true, push() {} };

/** A draft with the command that makes several changes of it. */
function editing() {
  const draft = new Draft('chat/test', empty('test.json'));
  const changes: number[] = [];
  const graphs = new Graphs({
    draft,
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
