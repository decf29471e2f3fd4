import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeOf, withOthersChange } from '../../public/editor/model/draft.ts';
import { indexed, unindexed } from '../../public/editor/model/graph.ts';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import { type BareGraph, emptyGraph, type Graph } from '../../src/model/graph.ts';
import { type Change, COMMANDS, readChange } from '../../src/model/graph-commands.ts';
import { applyEdit, inverseEdit } from '../../src/model/graph-edits.ts';
import { type Payload, Refused } from '../../src/model/payload.ts';
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
const begun = (): BareGraph =>
  ['a', 'b', 'c', '__proto__'].reduce((graph, id) => {
    return applyEdit(graph, readChange('addnode', { id, component: 'A' })!).graph;
  }, emptyGraph() as BareGraph);

/** Does a change, unless it is refused. */
function attempt(graph: BareGraph, change: Change): BareGraph | undefined {
  try {
    return applyEdit(graph, change).graph;
  } catch (error) {
    expect(error).toBeInstanceOf(Refused);
    expect(() => inverseEdit(graph, change)).not.toThrow(TypeError);
    return;
  }
}

/** All that is in a graph, in whatever order: the protocol can't say where in it something comes back. */
const content = ({ nodes, edges, initials, inports, outports, groups }: BareGraph) =>
  [nodes, edges, initials, inports, outports, groups].map(things => things.map(thing => sorted(thing)).toSorted());

/** JSON without places, and with the members of objects in order. */
const sorted = (thing: object): string =>
  JSON.stringify(thing, (key, value) => {
    if (key === 'place') return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  });

describe('an edit of a graph', () => {
  it('is taken back by its inverse, whole, whichever of the commands it is', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(changes, changes => {
        let graph = begun();
        for (const change of changes) {
          const after = attempt(graph, change);
          if (!after) continue;
          seen.add(change.command);
          const back = inverseEdit(graph, change).reduce((now, each) => applyEdit(now, each).graph, after);
          expect(content(back)).toEqual(content(graph));
          graph = after;
        }
      }),
      { ...numRuns(60), examples: [[EACH]] },
    );
    expect([...seen].toSorted()).toEqual([...COMMANDS].toSorted());
  });

  it('makes the same of the graph on the page, which hears of it, as on the server', () => {
    fc.assert(
      fc.property(changes, changes => {
        const draft = new GraphDraft('chat/test', begun() as Graph);
        let page = pageDraft(indexed(begun()));
        for (const { command, payload } of changes) {
          // The page asks for a graph that was emptied as a whole.
          if (command === 'clear' || !attempt(draft.graph, { command, payload } as Change)) continue;
          for (const told of JSON.parse(JSON.stringify(draft.apply(command, payload))))
            page = withOthersChange(page, changeOf(told.command, told.payload)!);
          expect(content(unindexed(page.view))).toEqual(content(draft.graph));
        }
      }),
      numRuns(40),
    );
  });
});
