import { describe, expect, it } from '@jest/globals';
import { cards } from '../../public/editor/model/card.ts';
import { componentOf } from '../../public/editor/model/component.ts';
import * as model from '../../public/editor/model/draft.ts';
import {
  addressableBy,
  applyAll,
  areApplied,
  conflictWith,
  inverseAll,
  rebase,
} from '../../public/editor/model/draft.ts';
import {
  type Edit,
  groupEdit,
  moveEdit,
  pinEdit,
  removeEdit,
  renameNodeEdit,
  setEdit,
} from '../../public/editor/model/edits.ts';
import { edgeKey, initialsAt } from '../../public/editor/model/graph.ts';
import { emptyHistory, recorded, undone, without } from '../../public/editor/model/history.ts';
import { graphOf, jsonOf } from '../../public/editor/model/json.ts';
import { elkGraph } from '../../public/editor/model/layout.ts';
import { groupFault, nodeNameFault, portFault } from '../../public/editor/model/names.ts';
import { paste, pastedNodes, pasteFault, preparePaste } from '../../public/editor/model/paste.ts';
import { dataFault, editFault, textFault } from '../../public/editor/model/size-limits.ts';
import { afterRename, beforeRename, initialEditorState } from '../../public/editor/model/state.ts';
import { scrolledTo } from '../../public/editor/model/viewport.ts';
import type { Change } from '../../src/model/graph-commands.ts';
import { begun } from '../support/page-draft.ts';
import { toldComponent } from '../support/told.ts';

// Edits that lose nothing: whole or not at all, whatever others do meanwhile.

const end = (node: string, port: string) => ({ process: node, port });
const at = (node: string, port: string) => ({ node, port });

const graph = graphOf({
  processes: {
    check: { component: 'chat/Check' },
    limit: { component: 'chat/Limit' },
    route: { component: 'chat/Route' },
  },
  connections: [
    { src: end('check', 'out'), tgt: end('limit', 'in') },
    { src: end('limit', 'out'), tgt: end('route', 'in') },
    { data: '4000', tgt: end('check', 'maxtext') },
    { data: '5', tgt: end('limit', 'rate') },
    { data: '20', tgt: end('limit', 'burst') },
  ],
  groups: [{ name: 'gates', nodes: ['check', 'limit'], metadata: {} }],
});

const port = (id: string, more: object = {}) => ({ id, type: 'int', ...more });
const components = new Map(
  [
    { name: 'chat/Check', inPorts: [port('maxtext')], outPorts: [port('out')] },
    { name: 'chat/Limit', inPorts: [port('in'), port('rate'), port('burst')], outPorts: [port('out')] },
    { name: 'chat/Route', inPorts: [port('in'), port('pattern', { addressable: true })], outPorts: [] },
  ]
    .map(described => componentOf(toldComponent(described)))
    .map(component => [component.name, component]),
);
const addressable = addressableBy(components);
const keys = (of: typeof graph) => JSON.stringify(jsonOf(of));
const pending = (id: string, { label, changes }: Edit): model.Pending => ({
  id,
  entry: id,
  label,
  changes,
  inverse: [],
  sent: true,
});
const values = (of: typeof graph, node: string, name: string) => initialsAt(of, at(node, name)).map(({ data }) => data);

describe('an edit of several changes', () => {
  it('is not there at all where the server refuses it', () => {
    const draft = model.withEdit(begun(graph), pending('a', setEdit(graph, at('limit', 'burst'), '22')));
    expect(values(draft.view, 'limit', 'burst')).toEqual(['22']);
    expect(keys(model.withoutEdit(draft, 'a').view)).toBe(keys(graph));
  });

  it('is undone wholly or not at all, with the reason', () => {
    const forth = setEdit(graph, at('limit', 'burst'), '55').changes;
    const back = inverseAll(graph, forth);
    expect(conflictWith(applyAll(graph, forth), back, addressable)).toBeUndefined();
    // Somebody went back to what was live before.
    expect(conflictWith(graph, back, addressable)).toBe('limit BURST has another setting now');
    // Somebody has deleted the node and brought it back.
    expect(conflictWith(applyAll(graph, forth), forth, addressable)).toBe('limit BURST has another setting now');
  });

  it('can give back several settings of one port, as a file may have them', () => {
    const twice = graphOf({
      processes: { check: { component: 'chat/Check' } },
      connections: ['1', '2', '2'].map(data => ({ data, tgt: end('check', 'maxtext') })),
    });
    const forth = setEdit(twice, at('check', 'maxtext'), '3').changes;
    expect(forth).toHaveLength(3);
    const back = inverseAll(twice, forth);
    const after = applyAll(twice, forth);
    expect(conflictWith(after, back, addressable)).toBeUndefined();
    expect(values(applyAll(after, back), 'check', 'maxtext')).toEqual(['1', '2', '2']);
  });

  it('that sets a port finds another setting there, unless the port takes several', () => {
    const setting = (node: string, name: string): Change[] => [
      { command: 'addinitial', payload: { src: { data: '1' }, tgt: at(node, name), metadata: {} } },
    ];
    expect(conflictWith(graph, setting('check', 'maxtext'), addressable)).toBe('check MAXTEXT has another setting now');
    const one = applyAll(graph, setting('route', 'pattern'));
    expect(conflictWith(one, setting('route', 'pattern'), addressable)).toBeUndefined();
  });

  it('is known where it came through before the connection was lost', () => {
    const edits = [
      setEdit(graph, at('limit', 'burst'), '22'),
      moveEdit(graph, new Map([['check', { x: 3.4, y: 4 }]])),
      removeEdit(graph, new Set(['check']), new Set()),
      groupEdit(graph, new Set(['route'])),
      renameNodeEdit('check', 'gate'),
    ];
    for (const { changes } of edits) {
      expect(areApplied(graph, changes)).toBe(false);
      expect(areApplied(applyAll(graph, changes), changes)).toBe(true);
    }
  });

  it('is brought in wholly after a reload, or given up in one sentence', () => {
    const mine = [
      pending('a', removeEdit(graph, new Set(['route']), new Set())),
      pending('b', setEdit(graph, at('limit', 'burst'), '22')),
    ];
    const server = applyAll(graph, removeEdit(graph, new Set(['limit']), new Set()).changes);
    const { draft, lost } = model.resumed({ pending: mine }, server, addressable);
    expect(draft.pending).toEqual([]);
    expect(lost.map(({ entry }) => entry)).toEqual(['a', 'b']);
    expect(lost[1]!.sentence).toBe('could not set limit BURST to 22: limit BURST has another setting now');
    expect(keys(draft.view)).toBe(keys(server));
  });

  it('that can not be undone leaves the way to those before it', () => {
    const entry = (id: string) => ({ id, label: id, forth: [], back: [] });
    const both = recorded(recorded(emptyHistory, entry('a')), entry('b'));
    expect(undone(without(both, 'b'))?.entry.id).toBe('a');
  });
});

describe('the order', () => {
  it('is the old one after all was deleted and brought back', () => {
    const { changes } = removeEdit(graph, new Set(graph.nodes.keys()), new Set());
    const again = applyAll(applyAll(graph, changes), inverseAll(graph, changes));
    expect([...again.nodes.keys()]).toEqual([...graph.nodes.keys()]);
    expect([...again.edges.keys()]).toEqual([...graph.edges.keys()]);
    expect([...again.groups.values()]).toEqual([...graph.groups.values()]);
  });

  it('of settings on a card is that of the ports, whichever was set last', () => {
    const after = applyAll(graph, setEdit(graph, at('limit', 'rate'), '6').changes);
    const settings = (of: typeof graph) =>
      cards(of, components)
        .get('limit')!
        .settings.map(({ id }) => id);
    expect(settings(after)).toEqual(['rate', 'burst']);
    expect(settings(graph)).toEqual(['rate', 'burst']);
  });
});

describe('limits', () => {
  it('are said before anything is sent', () => {
    expect(dataFault('x'.repeat(65_534))).toBeUndefined();
    expect(dataFault('x'.repeat(100_000))).toBe(
      'this has 100,002 characters as JSON, and a setting has at most 65,536',
    );
    expect(textFault('x'.repeat(65_537))).toContain('at most 65,536');
    const nodes = (count: number): Change[] =>
      Array.from({ length: count }, (_, index) => ({
        command: 'addnode',
        payload: { id: `n${index}`, component: 'core/Drop', metadata: {} },
      }));
    expect(editFault(nodes(100))).toBeUndefined();
    expect(editFault(nodes(20_000))).toMatch(/^this takes [\d,]+ bytes, and the server takes 1,048,576 at once/);
  });

  it('of names are those that .fbp text writes as they are', () => {
    const free = { has: () => false };
    for (const good of ['check', '_x', 'a-b', 'A1', 'x'.repeat(100)]) expect(nodeNameFault(good, free)).toBeUndefined();
    for (const bad of ['a b', 'a/b', 'a.b', 'ä', '1st'])
      expect(nodeNameFault(bad, free)).toMatch(/^a name begins with/);
    expect(nodeNameFault('constructor', free)).toContain('take another');
    for (const fault of [nodeNameFault, groupFault, portFault])
      expect(fault('x'.repeat(300), free)).toMatch(/^this name has 300 characters; at most \d+ fit$/);
    expect(groupFault('two words, ä', free)).toBeUndefined();
    expect(groupFault('a\u0007b', free)).toContain('take it out');
  });
});

describe('text that is pasted', () => {
  const text = (connections: object[], processes: object = {}) => graphOf({ processes, connections });
  const wired = text([{ src: end('limit', 'out'), tgt: end('fresh', 'in') }], { fresh: { component: 'core/Drop' } });

  it('is wired to nodes that it only names', () => {
    const made = preparePaste(graph, wired, components);
    const { changes } = paste(made, new Map());
    expect(conflictWith(graph, changes, addressable)).toBeUndefined();
    expect(applyAll(graph, changes).edges.has(edgeKey({ from: at('limit', 'out'), to: at('fresh', 'in') }))).toBe(true);
    expect(made.missing).toBeUndefined();
  });

  it('is refused where it names a node that is not there', () => {
    const stray = text([{ src: end('gone', 'out'), tgt: end('limit', 'in') }]);
    expect(pasteFault(preparePaste(graph, stray, components))).toBe(
      'there is no node gone; give it a component, as in gone(core/Drop)',
    );
    expect(pasteFault(preparePaste(graph, text([{ data: '1', tgt: end('gone', 'in') }]), components))).toContain(
      'no node gone',
    );
  });

  it('is laid out by what it brings alone', () => {
    const own = pastedNodes(wired);
    const drawn = cards(own, components);
    expect([...drawn.keys()]).toEqual(['fresh']);
    const known = new Set(
      elkGraph(own, drawn).children!.flatMap(({ id, ports }) => [id, ...ports!.map(({ id }) => id)]),
    );
    for (const { sources, targets } of elkGraph(own, drawn).edges!)
      for (const id of [...sources, ...targets]) expect(known).toContain(id);
  });

  it('comes into sight whole where it is large', () => {
    const area = { x: 0, y: 0, width: 1000, height: 800 };
    const { zoom } = scrolledTo({ x: 0, y: 4000, width: 4000, height: 900 }, area, { x: 0, y: 0, zoom: 1 })!;
    expect(zoom).toBeLessThan(0.25);
    expect(scrolledTo({ x: 10, y: 10, width: 100, height: 100 }, area, { x: 0, y: 0, zoom: 1 })).toBeUndefined();
  });
});

describe('a node with another name', () => {
  const edge = (name: string) => edgeKey({ from: at(name, 'out'), to: at('route', 'in') });
  const chosen = {
    ...initialEditorState('given'),
    open: new Set(['limit', 'limit/inner']),
    selection: { nodes: new Set(['limit']), edges: new Set([edge('limit')]) },
  };

  it('stays selected and open, and its form stays the same', () => {
    const [rename] = renameNodeEdit('limit', 'slow').changes as [Change];
    const after = afterRename(chosen, rename);
    expect(after.selection).toEqual({ nodes: new Set(['slow']), edges: new Set([edge('slow')]), origin: 'limit' });
    expect(after.open).toEqual(new Set(['slow', 'slow/inner']));
    expect(afterRename(after, renameNodeEdit('slow', 'lazy').changes[0]!).selection.origin).toBe('limit');
    expect(beforeRename(after, [rename]).selection.nodes).toEqual(new Set(['limit']));
  });
});

describe('a node that is moved', () => {
  it('by another editor, or deleted, does not keep an edit that it only was pinned by from being undone', () => {
    const forth: Change[] = [
      ...pinEdit(new Map(['check', 'limit', 'route'].map(name => [name, { x: 1, y: 2 }]))),
      { command: 'addnode', payload: { id: 'fresh', component: 'core/Drop', metadata: { x: 5, y: 5 } } },
    ];
    const back = inverseAll(graph, forth);
    const after = applyAll(graph, forth);
    const others = applyAll(after, [
      ...removeEdit(after, new Set(['check']), new Set()).changes,
      ...moveEdit(after, new Map([['limit', { x: 7, y: 8 }]])).changes,
    ]);
    const undone = rebase(others, back, forth);
    expect(conflictWith(others, back, addressable)).toBe('there is no node check any more');
    expect(conflictWith(others, undone, addressable)).toBeUndefined();
    const left = applyAll(others, undone);
    expect([...left.nodes.values()].map(({ name, metadata }) => [name, metadata])).toEqual([
      ['limit', { x: 7, y: 8 }],
      ['route', {}],
    ]);
    const dragged = moveEdit(after, new Map(['limit', 'route'].map(name => [name, { x: 4, y: 4 }]))).changes;
    const again = rebase(applyAll(after, dragged), inverseAll(after, dragged), dragged);
    expect(applyAll(applyAll(after, dragged), again).nodes).toEqual(after.nodes);
    const moved = moveEdit(after, new Map([['check', { x: 3, y: 3 }]])).changes;
    expect(conflictWith(others, rebase(others, moved, []), addressable)).toBe('there is no node check any more');
  });

  it('is no longer one that only stays where the layout has put it', () => {
    const pinned = applyAll(graph, pinEdit(new Map([['check', { x: 1, y: 2 }]])));
    expect(pinned.nodes.get('check')?.metadata).toEqual({ x: 1, y: 2, pinned: true });
    const { changes } = moveEdit(pinned, new Map([['check', { x: 9, y: 2 }]]));
    const moved = applyAll(pinned, changes);
    expect(moved.nodes.get('check')?.metadata).toEqual({ x: 9, y: 2 });
    expect(keys(applyAll(moved, inverseAll(pinned, changes)))).toBe(keys(pinned));
  });
});
