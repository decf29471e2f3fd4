import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeOf, withOthersChange } from '../../public/editor/model/draft.ts';
import { editableOf, edited } from '../../public/editor/model/graph.ts';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import {
  type EditableGraph,
  nameKey,
  nodeKey,
  portsKey,
  Table,
  toBare,
  toEditable,
} from '../../src/model/editable-graph.ts';
import { emptyGraph, type Graph } from '../../src/model/graph.ts';
import { type Change, COMMANDS, readChange } from '../../src/model/graph-commands.ts';
import { applyEdit, inverseEdit } from '../../src/model/graph-edits.ts';
import type { Payload } from '../../src/model/payload.ts';
import { Refused } from '../../src/model/refused.ts';
import { begun as pageDraft } from '../support/page-draft.ts';
import { numRuns } from '../support/random.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor');
const index = fc.constantFrom(undefined, undefined, 0, 1);
const end = fc.record({ node: fc.constantFrom('a', '__proto__'), port: fc.constant('in'), index });
const value = fc.constantFrom(null, 0, 7, -3);
const metadata = fc.dictionary(fc.constantFrom('x', 'y', 'route'), value, { maxKeys: 2 });
const data = fc.constantFrom('50', 50, null, { deep: [1] });
const fitting = fc.record({
  id: name,
  component: fc.constantFrom('A', 'B'),
  metadata,
  from: name,
  to: name,
  name,
  public: name,
  node: name,
  port: fc.constantFrom('in', 'OUT'),
  src: end,
  tgt: end,
  nodes: fc.uniqueArray(name, { maxLength: 3 }),
});
const initial = fc.record({ src: fc.record({ data }), tgt: end, metadata });
const meant = fc.record({ src: fc.option(fc.record({ data }), { nil: undefined }), tgt: end });
const fields = (command: string): fc.Arbitrary<Payload> =>
  command === 'addinitial' ? initial : command === 'removeinitial' ? meant : fitting;
const adding = ['addnode', 'addedge', 'addinitial', 'addgroup', 'addinport', 'addoutport'] as const;

/** Changes as messages bring them; to empty the graph is rare, so that the others have something to do. */
const changes = fc.array(
  fc
    .oneof(
      { weight: 20, arbitrary: fc.constantFrom(...COMMANDS.filter(command => command !== 'clear'), ...adding) },
      { weight: 1, arbitrary: fc.constant('clear') },
    )
    .chain(command => fields(command).map(payload => readChange(command, payload)!)),
  { maxLength: 60, size: 'max' },
);

const END = { node: 'a', port: 'in' };
const PAYLOAD = {
  id: 'd',
  component: 'A',
  metadata: { x: 1 },
  from: 'd',
  to: 'e',
  name: 'd',
  public: 'd',
  nodes: ['a'],
};
/** Each of the commands, where it finds what it changes. */
const EACH = [
  ...['addnode', 'changenode', 'removenode', 'addnode', 'renamenode', 'addedge', 'changeedge', 'removeedge'],
  ...['addinitial', 'removeinitial', 'addinport', 'removeinport', 'addinport', 'renameinport'],
  ...['addoutport', 'removeoutport', 'addoutport', 'renameoutport'],
  ...['addgroup', 'changegroup', 'removegroup', 'addgroup', 'renamegroup', 'clear'],
].map(command => {
  const src = command.endsWith('initial') ? { data: '50' } : END;
  return readChange(command, { ...PAYLOAD, ...END, src, tgt: END })!;
});

/** A graph with nodes enough for most changes to find theirs. */
const begun = (): EditableGraph =>
  ['a', 'b', 'c', '__proto__'].reduce((graph, id) => {
    return applyEdit(graph, readChange('addnode', { id, component: 'A' })!).graph;
  }, toEditable(emptyGraph()));

/** Does a change, unless it is refused. */
function attempt(graph: EditableGraph, change: Change): EditableGraph | undefined {
  try {
    return applyEdit(graph, change).graph;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    try {
      inverseEdit(graph, change);
    } catch (thrown) {
      if (thrown instanceof TypeError) throw thrown;
    }
  }
}

/** All that is in a graph, in whatever order: the protocol can't say where in it something comes back. */
const content = ({ nodes, edges, initials, inports, outports, groups }: EditableGraph) =>
  [nodes, edges, initials, inports, outports, groups].map(({ list }) => list.map(thing => sorted(thing)).toSorted());

/** JSON without places, and with the members of objects in order. */
const sorted = (thing: object): string =>
  JSON.stringify(thing, (key, value) => {
    if (key === 'place') return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  });

/** Every key that an index may have, and what is found by it. */
function found(graph: EditableGraph) {
  const names = ['a', 'b', 'c', 'd', '__proto__', 'constructor'];
  const ends = ['a', '__proto__', 'b'].map(node => ({ node, port: 'in' }));
  const keys = [
    ...names.flatMap(name => [nameKey(name), nodeKey(name)]),
    ...ends.flatMap(from => [portsKey(from), ...ends.map(to => portsKey(from, to))]),
  ];
  const { nodes, edges, initials, inports, outports, groups } = graph;
  return [nodes, edges, initials, inports, outports, groups].map(table => [
    table.size,
    table.list,
    keys.map(key => table.at(key)),
  ]);
}

describe('a table', () => {
  it('finds what a list would find, whatever is added, replaced and removed', () => {
    const step = fc.record({ key: fc.nat(5), to: fc.nat(5), how: fc.constantFrom('add', 'add', 'rename', 'remove') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), steps => {
        let table = Table.of<{ key: string; id: number }>([], ({ key }) => [key]);
        let list: { key: string; id: number }[] = [];
        const all = steps.map(({ key, to, how }, id) => {
          const change = how === 'rename' ? (thing: { id: number }) => ({ ...thing, key: `${to}` }) : () => undefined;
          table = how === 'add' ? table.add({ key: `${key}`, id }) : table.update(`${key}`, change);
          list =
            how === 'add'
              ? [...list, { key: `${key}`, id }]
              : list.flatMap(thing => (thing.key === `${key}` ? (change(thing) ?? []) : thing));
          return { table, list };
        });
        // Also one of before, which later ones leave alone.
        for (const { table, list } of [0.5, 1].flatMap(part => all[Math.ceil(all.length * part) - 1] ?? [])) {
          expect(table.list).toEqual(list);
          expect(table.size).toBe(list.length);
          for (const key of ['0', '1', '5']) expect(table.at(key)).toEqual(list.filter(thing => thing.key === key));
        }
      }),
      numRuns(25),
    );
  });
});

describe('an edit of a graph', () => {
  it('leaves an index that is the same as one made afresh', () => {
    fc.assert(
      fc.property(changes, changes => {
        let graph = begun();
        for (const change of changes) graph = attempt(graph, change) ?? graph;
        expect(found(graph)).toEqual(found(toEditable(toBare(graph))));
      }),
      numRuns(25),
    );
  });

  it('is taken back by its inverse, whole, whichever of the commands it is', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(changes, changes => {
        let graph = begun();
        // `expect` is called once, as each call takes much longer than an edit.
        const came: unknown[] = [];
        const wanted: unknown[] = [];
        for (const change of changes) {
          const after = attempt(graph, change);
          if (!after) continue;
          seen.add(change.command);
          const back = inverseEdit(graph, change).reduce((now, each) => applyEdit(now, each).graph, after);
          came.push(content(back));
          wanted.push(content(graph));
          graph = after;
        }
        expect(came).toEqual(wanted);
      }),
      { ...numRuns(40), examples: [[EACH]] },
    );
    expect([...seen].toSorted()).toEqual([...COMMANDS].toSorted());
  });

  it('makes the same of the graph on the page, which hears of it, as on the server', () => {
    fc.assert(
      fc.property(changes, changes => {
        const draft = new GraphDraft('chat/test', toBare(begun()) as Graph);
        let page = pageDraft(edited(begun()));
        const pages: unknown[] = [];
        const drafts: unknown[] = [];
        for (const { command, payload } of changes) {
          // The page asks for a graph that was emptied as a whole.
          if (command === 'clear' || !attempt(toEditable(draft.graph), { command, payload } as Change)) continue;
          for (const told of JSON.parse(JSON.stringify(draft.apply(command, payload))))
            page = withOthersChange(page, changeOf(told.command, told.payload)!);
          pages.push(content(editableOf(page.view)));
          drafts.push(content(toEditable(draft.graph)));
        }
        expect(pages).toEqual(drafts);
      }),
      numRuns(25),
    );
  });
});
