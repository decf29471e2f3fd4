import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type GraphChange, GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import { emptyGraph, type Graph } from '../../src/model/graph.ts';
import { COMMANDS } from '../../src/model/graph-commands.ts';
import type { Payload } from '../../src/model/payload.ts';
import { Refused } from '../../src/model/refused.ts';
import { expectValid } from '../support/protocol-schema.ts';
import { anyCharacter, numRuns } from '../support/random.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd', 'chat/Router_x4f2a', '__proto__', 'constructor', 'toString');
const port = fc.constantFrom('in', 'IN', '__proto__');
const data = fc.oneof({ weight: 9, arbitrary: fc.constantFrom('50', 50, null) }, fc.jsonValue({ maxDepth: 2 }));
const KEYS = ['x', 'y', 'label', 'route', 'secure', 'schema', 'description', '__proto__', 'constructor'];
const key = fc.constantFrom(...KEYS);
const record = (entry: fc.Arbitrary<[string, unknown]>) => fc.array(entry, { maxLength: 3 }).map(Object.fromEntries);
const value = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.constantFrom(null, '7', true), data);
const metadata = fc.option(record(fc.tuple(key, value)), { nil: undefined });
const index = fc.constantFrom(0, 1, '1');
const end = fc
  .tuple(
    fc.constantFrom('a', 'b', '__proto__'),
    port,
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, index),
  )
  .map(([node, port, index]) => ({ node, port, ...(index !== undefined && { index }) }));

/** Payloads as each command wants them, as far as it wants anything. */
const fitting = fc.record({
  id: name,
  component: name,
  metadata,
  from: name,
  to: name,
  name,
  public: name,
  node: name,
  port,
  src: end,
  tgt: end,
  nodes: fc.array(name, { maxLength: 3 }),
  selected: fc.constant(false),
});
const initial = fc.record({ src: fc.option(fc.record({ data }), { nil: undefined }), tgt: end, metadata });

const command = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...COMMANDS.filter(command => command !== 'clear')) },
  { weight: 3, arbitrary: fc.constantFrom('addnode', 'addedge', 'addinitial') },
);
const sensible = command.chain(command =>
  fc.tuple(fc.constant(command), command.endsWith('initial') ? initial : fitting),
) as fc.Arbitrary<[string, Payload]>;

const FIELDS = 'id component metadata from to name public node port src tgt nodes icon graph'.split(' ');
const wild = fc.tuple(
  fc.constantFrom(...COMMANDS),
  record(fc.tuple(fc.constantFrom(...FIELDS), fc.oneof(fc.jsonValue(), end, name, fc.string({ unit: anyCharacter })))),
) as fc.Arbitrary<[string, Payload]>;

/** A draft with nodes enough for most commands to find theirs. */
function begun(): GraphDraft {
  const draft = new GraphDraft('chat/test', emptyGraph('test.fbp'));
  for (const id of ['a', 'b', 'c', '__proto__', 'constructor']) draft.apply('addnode', { id, component: 'A' });
  return draft;
}

/** What an edit told; nothing where it was refused. Throws whatever else is thrown. */
function attempt(draft: GraphDraft, command: string, payload: Payload): readonly GraphChange[] {
  const before = draft.graph;
  try {
    return draft.apply(command, payload);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (draft.graph !== before) expect(draft.graph).toBe(before);
    if (!/^.{10,}$/u.test(error.message)) expect(error.message).toMatch(/^.{10,}$/u);
    return [];
  }
}

/** Does what somebody else was told: metadata that is told is whole, so what is not in it goes. */
function follow(draft: GraphDraft, { command, payload }: GraphChange): void {
  const gone = /^change/.test(command) ? KEYS.map(key => [key, null]) : [];
  const metadata = Object.fromEntries([...gone, ...Object.entries(payload.metadata ?? {})]);
  draft.apply(command, { ...payload, metadata });
}

function dangling({ nodes, edges, initials, inports, outports, groups }: Graph): readonly string[] {
  const there = new Set(nodes.map(({ name }) => name));
  const named = [
    ...edges.flatMap(({ from, to }) => [from.node, to.node]),
    ...initials.map(({ to }) => to.node),
    ...[...inports, ...outports].map(({ node }) => node),
    ...groups.flatMap(({ nodes }) => nodes),
  ];
  return named.filter(node => !there.has(node));
}

describe('Draft', () => {
  it('never leads anywhere that is not there, and has no name twice', () => {
    const changes = fc.array(sensible, { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(changes, changes => {
        const draft = begun();
        for (const [command, payload] of changes) {
          attempt(draft, command, payload);
          const nowhere = dangling(draft.graph);
          if (nowhere.length > 0) expect(nowhere).toEqual([]);
        }
        const { nodes, inports, outports, groups } = draft.graph;
        for (const named of [nodes, inports, outports, groups]) {
          const names = named.map(({ name }) => name);
          expect(names).toEqual([...new Set(names)]);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      numRuns(50),
    );
  });

  it('tells what makes another draft the same, in valid messages', () => {
    const changes = fc.array(sensible, { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(changes, changes => {
        const draft = begun();
        const other = begun();
        for (const [command, payload] of changes) {
          for (const change of attempt(draft, command, payload)) {
            expectValid({ protocol: 'graph', ...change });
            follow(other, JSON.parse(JSON.stringify(change)));
          }
        }
        expect(other.graph).toEqual(draft.graph);
      }),
      numRuns(30),
    );
  });

  it('refuses what makes no sense, and nothing worse', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(sensible, wild), { maxLength: 20 }), changes => {
        const draft = begun();
        for (const [command, payload] of changes) attempt(draft, command, payload);
      }),
      numRuns(100),
    );
  });
});
