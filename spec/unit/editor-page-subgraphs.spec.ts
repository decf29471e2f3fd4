import { describe, expect, it } from '@jest/globals';
import { cards } from '../../public/editor/model/card.ts';
import { componentOf } from '../../public/editor/model/component.ts';
import {
  addressableBy,
  applyAll,
  changesOf,
  changesWithin,
  conflictWithAll,
  type EditorChange,
  insideView,
  inverseOfAll,
  resumed,
  withEdit,
} from '../../public/editor/model/draft.ts';
import { setEdit } from '../../public/editor/model/edits.ts';
import { type EditorGraph, EMPTY_GRAPH } from '../../public/editor/model/graph.ts';
import { graphOf, jsonOf } from '../../public/editor/model/json.ts';
import type { Places } from '../../public/editor/model/layout.ts';
import {
  afterRename,
  derived,
  initialEditorState,
  livePath,
  withAcknowledged,
} from '../../public/editor/model/state.ts';
import { faultsWithin } from '../../public/editor/model/status.ts';
import { inlineEdit, newSubgraph, subgraphFault, subgraphName } from '../../public/editor/model/subgraphs.ts';
import { begun } from '../support/page-draft.ts';
import { toldComponent } from '../support/told.ts';

// Subgraphs on the editor's page: edits of several graphs at once.

const GATES = 'chat/Gates';
const end = (process: string, port: string) => ({ process, port });
const at = (component: string, x: number, y = 0) => ({ component, metadata: { x, y } });
const graph = graphOf({
  processes: {
    sender: at('chat/Plain', 0),
    check: at('chat/Plain', 300),
    limit: at('chat/Plain', 600),
    storage: at('chat/Plain', 900),
  },
  connections: [
    { src: end('sender', 'out'), tgt: end('check', 'in') },
    { src: end('check', 'out'), tgt: end('limit', 'in') },
    { src: end('limit', 'out'), tgt: end('storage', 'in') },
    { data: '5', tgt: end('limit', 'rate') },
  ],
  groups: [{ name: 'both gates', nodes: ['check', 'limit'], metadata: {} }],
});
const port = (id: string) => ({ id, type: 'int' });
const plain = componentOf(
  toldComponent({ name: 'chat/Plain', inPorts: [port('in'), port('rate')], outPorts: [port('out')] }),
);
const components = new Map([[plain.name, plain]]);
const addressable = addressableBy(components);
const placesOf = ({ nodes }: EditorGraph): Places =>
  new Map([...nodes.values()].map(({ name, metadata: { x, y } }) => [name, { x: Number(x), y: Number(y) }]));
const drawn = (of: EditorGraph) => ({ graph: of, places: placesOf(of), cards: cards(of, components) });
const text = (of: EditorGraph) => JSON.stringify(jsonOf(of));
const lines = (of: EditorGraph) =>
  [...of.nodes.values(), ...of.edges.values(), ...of.initials, ...of.groups.values()]
    .map(thing =>
      JSON.stringify(thing, (key, value) =>
        ['place', 'metadata'].includes(key) && !('x' in value) ? undefined : value,
      ),
    )
    .toSorted();

const made = newSubgraph({ ...drawn(graph), components }, new Set(['check', 'limit']), GATES);
const main = (changes: readonly EditorChange[], of = graph) => applyAll(of, changesOf(changes));
const inside = (changes: readonly EditorChange[], of = EMPTY_GRAPH) => applyAll(of, changesOf(changes, GATES));
const pending = (changes: readonly EditorChange[], id = 'a') => ({
  id,
  entry: id,
  label: 'edit it',
  changes,
  inverse: [],
  sent: true,
});

describe('a new subgraph', () => {
  it('is one edit of two graphs, with a component for the time until the server describes it', () => {
    const { edit, node, component } = made;
    expect(edit.label).toBe('make Gates of 2 nodes');
    expect(node).toBe('gates');
    expect([...main(edit.changes).nodes.keys()]).toEqual(['sender', 'storage', 'gates']);
    expect([...inside(edit.changes).nodes.keys()]).toEqual(['check', 'limit']);
    expect(inside(edit.changes).initials).toMatchObject([{ data: '5', to: { node: 'limit' } }]);
    expect(component).toMatchObject({
      name: GATES,
      subgraph: true,
      inports: [{ name: 'in' }],
      outports: [{ name: 'out' }],
    });
  });

  it('is taken back in both by its inverse, and done again', () => {
    const { changes } = made.edit;
    const back = inverseOfAll(graph, new Map(), changes);
    const contents = new Map([[GATES, inside(changes)]]);
    expect(conflictWithAll(main(changes), contents, back, addressable)).toBeUndefined();
    expect(lines(main(back, main(changes)))).toEqual(lines(graph));
    expect(inside(back, inside(changes)).nodes.size).toBe(0);
    expect(conflictWithAll(graph, new Map(), changes, addressable)).toBeUndefined();
  });

  it('has a first name of its group or its components, and none that a file or another component has', () => {
    const name = (...nodes: readonly string[]) => subgraphName(graph, new Set(nodes), 'chat', components);
    expect(name('check', 'limit')).toBe('BothGates');
    expect(name('sender', 'check')).toBe('Plain2');
    const fault = (given: string) => subgraphFault(given, 'chat', components);
    expect(fault('Gates')).toBeUndefined();
    expect(fault('Plain')).toBe('there is a component Plain already; take another name');
    expect(fault(' ')).toBe('a subgraph needs a name');
    expect(fault('my gates')).toMatch(/^a subgraph begins with a capital/);
  });
});

describe('an inlined subgraph', () => {
  const content = inside(made.edit.changes);

  it('is back where its nodes were, and nothing else moves', () => {
    const around = main(made.edit.changes);
    const { label, changes } = inlineEdit(drawn(around), 'gates', drawn(content));
    expect(label).toBe('inline gates');
    expect(placesOf(main(changes, around))).toEqual(
      new Map(
        [...placesOf(graph)].toSorted(
          ([a], [b]) => 'sender storage check limit'.indexOf(a) - 'sender storage check limit'.indexOf(b),
        ),
      ),
    );
  });

  it('makes room where its nodes would cover others', () => {
    const near = applyAll(main(made.edit.changes), [
      { command: 'changenode', payload: { id: 'storage', metadata: { x: 680, y: 0 } } },
    ]);
    const after = placesOf(main(inlineEdit(drawn(near), 'gates', drawn(content)).changes, near));
    const width = drawn(graph).cards.get('limit')!.width;
    expect(after.get('storage')!.x).toBeGreaterThan(after.get('limit')!.x + width);
    expect(after.get('sender')).toEqual({ x: 0, y: 0 });
  });

  it('leaves places to the layout where nobody has placed a node', () => {
    const loose = graphOf({ processes: { gates: { component: GATES } } });
    const { changes } = inlineEdit({ ...drawn(loose), places: new Map([['gates', { x: 1, y: 1 }]]) }, 'gates', {
      ...drawn(graphOf({ processes: { check: { component: 'chat/Plain' } } })),
      places: new Map([['check', { x: 5, y: 5 }]]),
    });
    expect([...main(changes, loose).nodes.values()]).toMatchObject([{ name: 'check', metadata: {} }]);
  });
});

describe('a draft of several graphs', () => {
  const content = inside(made.edit.changes);
  const rate = changesWithin(setEdit(content, { node: 'limit', port: 'rate' }, '7').changes, GATES);

  it('shows an edit of a subgraph at once, and keeps it once the server has it', () => {
    const draft = withEdit(begun(graph), pending(rate));
    expect(text(draft.view)).toBe(text(graph));
    expect(insideView(GATES, content, draft).initials).toMatchObject([{ data: '7' }]);
    const state = {
      ...initialEditorState('given'),
      draft,
      subgraphs: new Map([[GATES, { graph: content, automatic: new Map() }]]),
    };
    const after = withAcknowledged(state, 'a', 7);
    expect(after.edited).toBe(7);
    expect(after.draft?.pending).toEqual([]);
    expect(after.subgraphs.get(GATES)!.graph.initials).toMatchObject([{ data: '7' }]);
  });

  it('knows after a lost connection what came through, and what is impossible by now', () => {
    const now = new Map([[GATES, content]]);
    const back = (changes: readonly EditorChange[], confirmed: EditorGraph, contents = now) => {
      const { draft, lost } = resumed({ pending: [pending(changes)] }, confirmed, addressable, contents);
      return [draft.pending.length, ...lost.map(({ sentence }) => sentence)];
    };
    expect(back(rate, graph)).toEqual([1]);
    expect(back(rate, graph, new Map([[GATES, inside(rate, content)]]))).toEqual([0]);
    const gone = new Map([[GATES, applyAll(content, [{ command: 'removenode', payload: { id: 'limit' } }])]]);
    expect(back(rate, graph, gone)).toEqual([0, `could not edit it: in ${GATES}, limit RATE has another setting now`]);
    expect(back(made.edit.changes, graph, new Map())).toEqual([1]);
    expect(back(made.edit.changes, main(made.edit.changes))).toEqual([0]);
  });

  it('shows the entered subgraph, and tells of its nodes by their paths', () => {
    const entered = [
      {
        component: GATES,
        path: 'gates',
        open: new Set<string>(),
        automatic: new Map(),
        selection: { nodes: new Set<string>(), edges: new Set<string>() },
      },
    ];
    const before = initialEditorState('given');
    const state = derived({
      ...before,
      components,
      draft: withEdit(begun(graph), pending(rate)),
      subgraphs: new Map([[GATES, { graph: content, automatic: new Map() }]]),
      entered,
      selection: { nodes: new Set(['check']), edges: new Set() },
    });
    expect([...state.graph.nodes.keys()]).toEqual(['check', 'limit']);
    expect(state.graph.initials).toMatchObject([{ data: '7' }]);
    expect(livePath(state, 'check')).toBe('gates/check');
    const rename = { command: 'renamenode', payload: { from: 'check', to: 'length' } } as const;
    expect([...afterRename(state, { ...rename, within: GATES }).selection.nodes]).toEqual(['length']);
    expect([...afterRename(state, rename).selection.nodes]).toEqual(['check']);
  });

  it('has the faults of the entered subgraph at its own nodes, each once', () => {
    const fault = { sentence: 'in chat/Gates: x', line: 1, port: 'in', edge: '', within: GATES };
    const faults = [
      { ...fault, node: 'gates/check' },
      { ...fault, node: 'more/check' },
      { ...fault, node: 'sender', within: '' },
    ];
    expect(faultsWithin(faults, GATES)).toMatchObject([{ node: 'check', port: 'in' }]);
  });
});
