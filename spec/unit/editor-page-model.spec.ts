import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cards, failsBy, handleY } from '../../public/editor/model/card.ts';
import {
  componentOf,
  isSetting,
  settingsOf,
  settingTitle,
  traitsOf,
  withTraits,
} from '../../public/editor/model/component.ts';
import * as model from '../../public/editor/model/draft.ts';
import { apply, applyAll, changeOf, conflictWith, inverseAll } from '../../public/editor/model/draft.ts';
import { dropTarget } from '../../public/editor/model/drop-target.ts';
import { connectEdit, groupEdit, removeEdit, renameNodeEdit, setEdit } from '../../public/editor/model/edits.ts';
import { connectionFault, freeIndex, sentAt, sources, targets } from '../../public/editor/model/fits.ts';
import { kindOf, parsed } from '../../public/editor/model/form.ts';
import { type EditorGraph, edgeKey, partialGraph } from '../../public/editor/model/graph.ts';
import { emptyHistory, recorded, redone, undone } from '../../public/editor/model/history.ts';
import { graphOf, jsonOf } from '../../public/editor/model/json.ts';
import { elkGraph, freePlace, mergedPlaces, roughPlaces } from '../../public/editor/model/layout.ts';
import { nodeName, nodeNameFault } from '../../public/editor/model/names.ts';
import { makeOuter, outerFault, outerId, removeOuter, renameOuter } from '../../public/editor/model/outers.ts';
import { inOrder, nearestNode, outlineOf } from '../../public/editor/model/outline.ts';
import { filtered, heat, perSecond, togglePause, watchWire, withPacket } from '../../public/editor/model/packets.ts';
import { pageSentence } from '../../public/editor/model/page-sentence.ts';
import { paste, preparePaste } from '../../public/editor/model/paste.ts';
import { textDifference } from '../../public/editor/model/revisions.ts';
import { findEdgeRoutes, findFailureRoutes } from '../../public/editor/model/routes.ts';
import { groupBoxes } from '../../public/editor/model/scene.ts';
import { librarySections, score, search } from '../../public/editor/model/search.ts';
import { codeFaultsOf, newSource } from '../../public/editor/model/source.ts';
import { initialEditorState, withLooks } from '../../public/editor/model/state.ts';
import {
  badge,
  faultsAt,
  locatedFault,
  lostByGoingBack,
  otherEditors,
  statusOf,
} from '../../public/editor/model/status.ts';
import {
  duration,
  lit,
  outcomeText,
  traceOf,
  traceOfMessage,
  withStoredTraces,
  withTrace,
} from '../../public/editor/model/traces.ts';
import { beyond, fitted, gathered, overview } from '../../public/editor/model/viewport.ts';
import type { Right } from '../../src/editor/message.ts';
import { type DiagnosticCode, diagnostic, type Params } from '../../src/model/diagnostic.ts';
import { marksOf } from '../../src/model/difference.ts';
import type { Change } from '../../src/model/graph-commands.ts';
import { isFailure } from '../../src/model/ports.ts';
import { begun } from '../support/page-draft.ts';
import { toldComponent, toldFault, toldState, toldTrace } from '../support/told.ts';

const end = (node: string, port: string, index?: number) => ({
  process: node,
  port,
  ...(index !== undefined && { index }),
});
const wire = (a: string, out: string, into: string, b: string) => ({ src: end(a, out), tgt: end(b, into) });

const json = {
  processes: {
    router: { component: 'chat/Router' },
    check: { component: 'chat/Check', metadata: { x: 300, y: 0 } },
    storage: { component: 'chat/Storage' },
    responder: { component: 'chat/Responder' },
  },
  connections: [
    wire('router', 'SEND', 'IN', 'check'),
    wire('check', 'out', 'post', 'storage'),
    wire('check', 'refused', 'in', 'responder'),
    wire('storage', 'out', 'in', 'responder'),
    { data: '4000', tgt: end('check', 'maxtext') },
  ],
  inports: { REQUEST: end('router', 'in') },
  outports: { REPLY: end('responder', 'out') },
  groups: [{ name: 'gates', nodes: ['check'], metadata: {} }],
};
const graph = graphOf(json);

const port = (id: string, type = 'object', more: object = {}) => ({ id, type, ...more });
const components = new Map(
  [
    { name: 'chat/Router', inPorts: [port('in')], outPorts: [port('send'), port('missing')] },
    {
      name: 'chat/Check',
      description: 'Refuses bad posts',
      inPorts: [port('in', 'object', { schema: 'chat:post', required: true }), port('maxtext', 'int')],
      outPorts: [port('out', 'object', { schema: 'chat:post' }), port('refused', 'object', { schema: 'chat:refusal' })],
    },
    {
      name: 'chat/Storage',
      inPorts: [port('post', 'object', { schema: 'chat:post' }), port('get', 'object', { schema: 'chat:query' })],
      outPorts: [port('out')],
    },
    { name: 'chat/Responder', inPorts: [port('in')], outPorts: [port('out')] },
    { name: 'chat/Merge', inPorts: [port('in', 'all', { addressable: true })], outPorts: [port('out', 'string')] },
  ]
    .map(described => componentOf(toldComponent(described)))
    .map(component => [component.name, component]),
);

const at = (node: string, port: string) => ({ node, port });
const keys = (of: EditorGraph) => JSON.stringify(jsonOf(of));
const adding = (id: string, component = 'chat/Merge'): Change => ({
  command: 'addnode',
  payload: { id, component, metadata: {} },
});
/** A draft with edits of one change each on their way. */
const editing = (label: string, ...changes: Change[]) =>
  changes.reduce((draft, change, index) => {
    const id = `r${index}`;
    return model.withEdit(draft, { id, entry: id, label, changes: [change], inverse: [], sent: true });
  }, begun(graph));

describe('a graph', () => {
  it('is what its JSON says, and becomes the same JSON', () => {
    expect([...graph.nodes.keys()]).toEqual(['router', 'check', 'storage', 'responder']);
    expect(graph.inports.get('request')).toEqual({ name: 'request', node: 'router', port: 'in', metadata: {} });
    expect(keys(graphOf(jsonOf(graph)))).toBe(keys(graph));
  });

  it('takes nodes that are called like members of every object', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const odd = applyAll(
      graph,
      names.map(name => adding(name)),
    );
    expect([...odd.nodes.keys()].slice(-3)).toEqual(names);
    expect([...graphOf(JSON.parse(keys(odd))).nodes.keys()]).toEqual([...odd.nodes.keys()]);
  });

  it('changes as the graph protocol says, and not at what it does not know', () => {
    const renamed = apply(graph, changeOf('renamenode', { from: 'check', to: 'gate', graph: 'g' })!);
    expect([...renamed.edges.values()].filter(({ from }) => from.node === 'gate')).toHaveLength(2);
    expect(renamed.groups.get('gates')?.nodes).toEqual(['gate']);
    expect(changeOf('constructor', {})).toBeUndefined();
    expect(changeOf('error', { message: 'no' })).toBeUndefined();
  });

  it('loses with a node all that hangs on it', () => {
    const left = apply(graph, { command: 'removenode', payload: { id: 'check' } });
    expect([...left.edges.keys()]).toHaveLength(1);
    expect(left.initials).toEqual([]);
  });

  it('merges metadata, and takes out what is null', () => {
    const change: Change = { command: 'changenode', payload: { id: 'check', metadata: { x: null, label: 'Gate' } } };
    expect(apply(graph, change).nodes.get('check')?.metadata).toEqual({ y: 0, label: 'Gate' });
  });
});

describe('an edit', () => {
  const edits = (of: EditorGraph): Record<string, readonly Change[]> => ({
    remove: removeEdit(of, new Set(['check', 'responder']), new Set()).changes,
    'remove a wire': removeEdit(of, new Set(), new Set([[...of.edges.keys()][0]!])).changes,
    rename: renameNodeEdit('check', 'gate').changes,
    set: setEdit(of, at('check', 'maxtext'), '280').changes,
    clear: setEdit(of, at('check', 'maxtext'), undefined).changes,
    connect: connectEdit(at('router', 'missing'), at('responder', 'in')).changes,
    group: groupEdit(of, new Set(['router', 'storage'])).changes,
    'make an outer port': makeOuter(of, 'outports', at('router', 'missing')).changes,
    'rename an outer port': renameOuter('inports', 'request', 'asked').changes,
    'remove an outer port': removeOuter('outports', 'reply').changes,
    paste: paste(preparePaste(of, partialGraph(of, new Set(['check', 'storage'])), new Map()), new Map()).changes,
  });

  it.each(Object.keys(edits(graph)))('is taken back whole: %s', name => {
    const changes = edits(graph)[name]!;
    const after = applyAll(graph, changes);
    expect(keys(after)).not.toBe(keys(graph));
    const sorted = (of: EditorGraph) =>
      JSON.stringify(jsonOf(of))
        .split(/[{}[\],]/)
        .toSorted();
    expect(sorted(applyAll(after, inverseAll(graph, changes)))).toEqual(sorted(graph));
  });

  it('can be undone and redone without limit, however they follow', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10 }), { maxLength: 30 }), choices => {
        let [now, past] = [graph, emptyHistory];
        const seen = [keys(now)];
        for (const choice of choices) {
          const forth = Object.values(edits(now))[choice]!;
          if (forth.some(change => conflictWith(now, [change], () => false))) continue;
          past = recorded(past, { id: '', label: '', forth, back: inverseAll(now, forth) });
          now = applyAll(now, forth);
          seen.push(keys(now));
        }
        for (let step = undone(past); step; step = undone(past)) {
          now = applyAll(now, step.entry.back);
          past = step.history;
        }
        expect([...now.nodes.keys()].toSorted()).toEqual([...graph.nodes.keys()].toSorted());
        expect([...now.edges.keys()].toSorted()).toEqual([...graph.edges.keys()].toSorted());
        for (let step = redone(past); step; step = redone(past)) {
          now = applyAll(now, step.entry.forth);
          past = step.history;
        }
        expect([...now.nodes.keys()].toSorted()).toEqual(
          [...graphOf(JSON.parse(seen.at(-1)!)).nodes.keys()].toSorted(),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('sets nothing that is set already', () => {
    expect(setEdit(graph, at('check', 'maxtext'), '4000').changes).toEqual([]);
    expect(setEdit(graph, at('storage', 'get'), undefined).changes).toEqual([]);
  });

  it('pastes under names that are free', () => {
    const twice = applyAll(
      graph,
      paste(preparePaste(graph, partialGraph(graph, new Set(['check', 'storage'])), new Map()), new Map()).changes,
    );
    expect([...twice.nodes.keys()].slice(-2)).toEqual(['check2', 'storage2']);
    expect(twice.edges.has(edgeKey({ from: at('check2', 'out'), to: at('storage2', 'post') }))).toBe(true);
    expect(twice.initials.at(-1)).toMatchObject({ to: { node: 'check2' }, data: '4000' });
  });
});

describe('the draft', () => {
  const mine = adding('merge');
  const theirs: Change = { command: 'renamenode', payload: { from: 'check', to: 'gate' } };

  it('shows changes at once, and what others change below them', () => {
    const draft = model.withOthersChange(editing('', mine), theirs);
    expect([...draft.view.nodes.keys()]).toEqual(['router', 'gate', 'storage', 'responder', 'merge']);
    expect(draft.confirmed.nodes.has('merge')).toBe(false);
  });

  it('is the same after the acknowledgement, and as before after a refusal', () => {
    const draft = editing('', mine);
    const taken = model.acknowledged(draft, 'r0');
    expect([keys(taken.view), taken.pending]).toEqual([keys(draft.view), []]);
    expect(keys(taken.confirmed)).toBe(keys(draft.view));
    expect(keys(model.withoutEdit(draft, 'r0').view)).toBe(keys(graph));
  });

  it('brings edits in again after a lost connection, drops what came through, and says what is impossible', () => {
    const move: Change = { command: 'changenode', payload: { id: 'check', metadata: { x: 9 } } };
    const draft = editing('move check', mine, move, adding('other'));
    const server = applyAll(graph, [mine, { command: 'removenode', payload: { id: 'check' } }]);
    const { draft: after, lost } = model.resumed(draft, server, () => false);
    expect(after.pending.map(({ changes }) => changes)).toEqual([[adding('other')]]);
    expect(lost).toEqual([{ entry: 'r1', sentence: 'could not move check: there is no node check any more' }]);
    expect(after.view.nodes.has('other')).toBe(true);
  });
});

describe('ports', () => {
  it.each([
    [{ name: 'refused' }, true],
    [{ name: 'slow', schema: 'chat/refusal' }, true],
    [{ name: 'error', schema: 'chat/page' }, false],
    [{ name: 'out', schema: '' }, false],
  ])('are those of failures by their schema, and by name without one: %j', (port, fails) => {
    expect(isFailure(port)).toBe(fails);
  });

  it('fit by schema, else by datatype, and say why where they do not', () => {
    const reason = (from: string, out: string, to: string, into: string) =>
      connectionFault(graph, components, at(from, out), at(to, into));
    expect(reason('check', 'out', 'storage', 'get')).toBe(
      'check OUT sends chat/post, but storage GET takes chat/query; put a node between them that makes chat/query of chat/post',
    );
    expect(reason('check', 'out', 'storage', 'post')).toBe('there is a wire check OUT → POST storage already');
    expect(reason('storage', 'out', 'check', 'in')).toBeUndefined();
    expect(reason('storage', 'out', 'check', 'maxtext')).toContain('sends object, but check MAXTEXT takes int');
  });

  it('of arrays take the next index', () => {
    const merged = applyAll(graph, [
      adding('merge'),
      ...connectEdit(at('storage', 'out'), { ...at('merge', 'in'), index: 0 }).changes,
    ]);
    expect(freeIndex(merged, at('merge', 'in'), true)).toBe(1);
    const [first] = targets(merged, components, at('router', 'send')).filter(({ port }) => port.node === 'merge');
    expect(first).toEqual({ port: { node: 'merge', port: 'in', index: 1 }, connected: false });
  });

  it('are drawn in the order of the component, with what is set below', () => {
    const drawn = cards(graph, components);
    const check = drawn.get('check')!;
    expect(check.inports.map(({ label }) => label)).toEqual(['IN']);
    expect(check.outports.map(({ label, failure }) => [label, failure])).toEqual([
      ['OUT', false],
      ['REFUSED', true],
    ]);
    expect(check.settings.map(({ label, value }) => [label, value])).toEqual([['MAXTEXT', '4000']]);
    expect(handleY(check, 'inports', 'maxtext')).toBeGreaterThan(handleY(check, 'outports', 'refused'));
  });

  it('leave other cards the same objects when one changes', () => {
    const before = cards(graph, components);
    const after = cards(applyAll(graph, setEdit(graph, at('check', 'maxtext'), '1').changes), components, before);
    expect(after.get('router')).toBe(before.get('router'));
    expect(after.get('check')).not.toBe(before.get('check'));
  });
});

describe('a setting', () => {
  it('stays a text where it was one, as in .fbp files', () => {
    const kind = kindOf({ datatype: 'int', values: [] });
    expect(parsed('280', 'int', kind, '4000')).toEqual({ data: '280' });
    expect(parsed('280', 'int', kind, 4000)).toEqual({ data: 280 });
    expect(parsed(' ', 'int', kind, '4000')).toEqual({ data: undefined });
    expect(parsed('2.5', 'int', kind, '1')).toEqual({ fault: '"2.5" is no whole number' });
  });

  it('of any other type is JSON', () => {
    expect(parsed('{"a": 1}', 'object', 'json', undefined)).toEqual({ data: { a: 1 } });
    expect(parsed('{a}', 'object', 'json', undefined)).toEqual({ fault: expect.stringContaining('no JSON') });
    expect(parsed('plain', 'all', 'json', undefined)).toEqual({ data: 'plain' });
  });
});

describe('the picture', () => {
  const drawn = cards(graph, components);

  it('keeps the places that a hand has chosen, and puts the others where they belong among them', () => {
    const places = mergedPlaces(graph, roughPlaces(graph, drawn));
    expect(places.get('check')).toEqual({ x: 300, y: 0 });
    expect(places.get('router')!.x).toBeLessThan(300);
    expect(places.get('storage')!.x).toBeGreaterThan(300);
  });

  it('goes on by a column with each wire but one that closes a loop', () => {
    const looped = applyAll(graph, connectEdit(at('storage', 'out'), at('check', 'in')).changes);
    expect(roughPlaces(looped, drawn)).toEqual(roughPlaces(graph, drawn));
  });

  it('gives elk each wire that leads on, and leaves failures out', () => {
    const { edges, children } = elkGraph(graph, drawn);
    expect(children).toHaveLength(5);
    expect(edges?.map(({ sources }) => sources[0])).not.toContain('check\noutports\nrefused');
  });

  it.each([
    ['slow', 'chat:refusal', true],
    ['refused', 'chat:page', false],
    ['refused', '', true],
  ])('takes what leaves by %s of schema %j for a failure: %s', (out, schema, fails) => {
    const gate = { name: 'chat/Gate', inPorts: [port('in')], outPorts: [port('out'), port(out, 'object', { schema })] };
    const known = new Map([...components, ['chat/Gate', componentOf(toldComponent(gate))]]);
    const [into, leaving] = [at('gate', 'in'), at('gate', out)];
    const gated = applyAll(graph, [
      adding('gate', 'chat/Gate'),
      ...connectEdit(at('storage', 'out'), into).changes,
      ...connectEdit(leaving, at('responder', 'in')).changes,
    ]);
    const key = edgeKey({ from: leaving, to: at('responder', 'in') });
    const made = cards(gated, known);
    const places = roughPlaces(gated, made);
    expect(findFailureRoutes(gated, places, made).has(key)).toBe(fails);
    expect(elkGraph(gated, made).edges?.some(({ sources }) => sources[0] === `gate\noutports\n${out}`)).toBe(!fails);
    expect(failsBy(made, leaving)).toBe(fails);
  });

  it('covers no card with a new one', () => {
    const places = new Map([['check', { x: 0, y: 0 }]]);
    expect(freePlace({ x: 10, y: 10 }, places, drawn).y).toBeGreaterThan(drawn.get('check')!.height);
  });

  it('leads failures to one port in one lane below the nodes between', () => {
    const places = roughPlaces(graph, drawn);
    const [lane] = findFailureRoutes(graph, places, drawn).values();
    expect(lane!.depth).toBeGreaterThan(Math.max(...[...places].map(([name, { y }]) => y + drawn.get(name)!.height)));
  });

  it('leads failures down beside cards that stand below, not behind them', () => {
    const places = new Map([...roughPlaces(graph, drawn)].map(([name, place]) => [name, { ...place }]));
    const check = places.get('check')!;
    const height = drawn.get('check')!.height;
    // Half under where the failure would go down.
    const below = new Map([...places, ['storage', { x: check.x + 100, y: check.y + height + 60 }] as const]);
    const [lane] = findFailureRoutes(graph, below, drawn).values();
    const x = check.x + drawn.get('check')!.width + lane!.down;
    expect(x).toBeGreaterThan(check.x + 100 + drawn.get('storage')!.width);
  });

  it('draws a group around its nodes and no other', () => {
    const box = (left: number) => ({ left, right: left + 100, top: 0, bottom: 100 });
    expect(groupBoxes([box(0), box(200)], [box(600)])).toEqual([{ ...box(0), right: 300 }]);
    expect(groupBoxes([box(0), box(400)], [box(200)])).toEqual([box(0), box(400)]);
    expect(groupBoxes([box(0), box(400), box(550)], [box(200)])).toEqual([box(0), { ...box(400), right: 650 }]);
  });

  it('leads wires around the cards that are in their way', () => {
    const row = ['router', 'check', 'storage', 'responder'];
    const places = new Map(row.map((name, index) => [name, { x: index * 320, y: 0 }]));
    const long = applyAll(graph, connectEdit(at('router', 'send'), at('responder', 'in')).changes);
    const found = findEdgeRoutes(long, places, cards(long, components), () => false);
    const corridor = found.get(edgeKey({ from: at('router', 'send'), to: at('responder', 'in') }))!;
    expect(corridor.y < 0 || corridor.y > drawn.get('check')!.height).toBe(true);
    expect(found.has(edgeKey({ from: at('router', 'send'), to: at('check', 'in') }))).toBe(false);
  });

  it('shows all of it where that can be read, and else its beginning', () => {
    const whole = { x: 100, y: 0, width: 2000, height: 400 };
    const wide = fitted({ ...whole, width: 1600 }, { x: 0, y: 0, width: 1400, height: 800 });
    expect((whole.x + 1600) * wide.zoom + wide.x).toBeLessThan(1400);
    const narrowed = fitted(whole, { x: 0, y: 0, width: 730, height: 650 });
    // The smallest text of a card has 14 pixels.
    expect(14 * narrowed.zoom).toBeCloseTo(11);
    expect(whole.x * narrowed.zoom + narrowed.x).toBeCloseTo(20);
    expect(overview(whole, { x: 0, y: 0, width: 730, height: 650 }).zoom).toBeLessThan(0.4);
  });

  it('says how many nodes are out of sight', () => {
    const drawn = cards(graph, components);
    const places = new Map([...graph.nodes.keys()].map((name, index) => [name, { x: index * 1000, y: 0 }]));
    const area = { x: 0, y: 0, width: 1200, height: 600 };
    expect(beyond(places, drawn, area, { x: 0, y: 0, zoom: 1 })).toBe(graph.nodes.size - 2);
    expect(beyond(places, drawn, area, { x: 0, y: 0, zoom: 0.1 })).toBe(0);
  });

  it('shows all of it on a phone where names can be read, and else its beginning', () => {
    const phone = { x: 0, y: 0, width: 390, height: 600 };
    const names = fitted({ x: 0, y: 0, width: 1700, height: 400 }, phone);
    expect(1700 * names.zoom + names.x).toBeLessThan(390);
    const large = fitted({ x: 100, y: 0, width: 5000, height: 400 }, phone);
    expect([large.zoom, 100 * large.zoom + large.x]).toEqual([0.5, 16]);
  });

  it('brings those in sight that a node is wired to, as far as there is room', () => {
    const area = { x: 0, y: 0, width: 1000, height: 600 };
    const node = { x: 700, y: 100, width: 200, height: 100 };
    const sight = { x: 0, y: 0, zoom: 1 };
    const near = { x: 400, y: 100, width: 800, height: 100 };
    expect(gathered(node, near, area, sight)).toEqual({ x: -216, y: 0, zoom: 1 });
    expect(gathered(node, node, area, sight)).toBeUndefined();
    expect(gathered(node, { ...near, width: 3000 }, area, sight)).toBeUndefined();
  });
});

describe('the outline', () => {
  it('lists nodes in the order in which packets reach them, with all that is connected', () => {
    expect(inOrder(graph)).toEqual(['router', 'check', 'storage', 'responder']);
    const [router, check] = outlineOf(graph);
    expect(router!.entering.map(({ words }) => words)).toEqual(["IN from the graph's inport REQUEST"]);
    expect(check!.settings.map(({ words }) => words)).toEqual(['MAXTEXT is 4000']);
    expect(check!.leaving.map(({ words }) => words)).toEqual(['OUT to storage POST', 'REFUSED to responder IN']);
  });

  it('goes by arrows to the nearest node in their direction', () => {
    const places = new Map([
      ['a', { x: 0, y: 0 }],
      ['b', { x: 300, y: 10 }],
      ['c', { x: 280, y: 400 }],
    ]);
    expect([nearestNode(places, 'a', 'ArrowRight'), nearestNode(places, 'b', 'ArrowDown')]).toEqual(['b', 'c']);
    expect(nearestNode(places, 'a', 'ArrowLeft')).toBeUndefined();
    expect(nearestNode(places, 'nobody', 'ArrowLeft')).toBe('a');
  });
});

describe('a wire that is dropped on a card', () => {
  const from = (node: string, port: string) => ({ port: at(node, port), outgoing: true });

  it('leads to the only port that fits, or to the one that it is dropped on', () => {
    const bare = { ...graph, edges: new Map() };
    expect(dropTarget(bare, components, from('check', 'out'), 'storage')).toEqual({
      port: at('storage', 'post'),
    });
    expect(
      dropTarget(bare, components, from('check', 'out'), 'storage', { id: 'get', side: 'inports' }).sentence,
    ).toMatch(/put a node between/);
  });

  it('says why where none fits, and which where several do', () => {
    expect(dropTarget(graph, components, from('check', 'out'), 'nobody').sentence).toMatch(/nobody knows the ports/);
    const inport = { port: { node: 'storage', port: 'post' }, outgoing: false };
    expect(dropTarget(graph, components, inport, 'check', { id: 'in', side: 'inports' }).sentence).toMatch(
      /both inports/,
    );
    expect(
      dropTarget(graph, components, from('check', 'out'), 'storage', { id: 'out', side: 'outports' }).port,
    ).toBeUndefined();
    const again = dropTarget(graph, components, from('check', 'out'), 'storage');
    expect(again.sentence).toMatch(/check OUT/);
  });
});

describe('search', () => {
  const titles = (wanted: string, mayAdd = true) => search(graph, components, wanted, mayAdd).map(({ title }) => title);

  it('finds nodes first, then settings, components and wires', () => {
    expect(titles('storage')[0]).toBe('storage');
    expect(titles('maxtext')).toContain('MAXTEXT 4000');
    expect(titles('merge')).toContain('Add Merge');
    expect(titles('merge', false)).toEqual([]);
  });

  it('takes words in any order, over ports, wires and settings', () => {
    for (const words of ['storage post', 'post to storage', 'check storage post'])
      expect(titles(words)).toContain('check OUT → POST storage');
    expect(titles('4000 maxtext')).toEqual(['MAXTEXT 4000']);
    expect(titles('check refused')).toContain('check REFUSED');
    expect(titles('storage nothing')).toEqual([]);
  });

  it('takes letters that lie apart, in order', () => {
    expect(score('responder', 'rsp')).toBeGreaterThan(0);
    expect(score('responder', 'psr')).toBe(0);
    expect(librarySections(components, 'chat', 'bad posts').flatMap(({ names }) => names)).toEqual(['chat/Check']);
  });

  it('has what a chat needs first, and what nobody can use last', () => {
    const of = (name: string, more: object = {}) =>
      [name, { ...componentOf(toldComponent({ name })), ...more }] as const;
    const all = new Map([
      of('core/Repeat'),
      of('core/Drop'),
      of('chat/Words'),
      of('core/ReadEnv', { locked: 'it reads the environment' }),
      of('xml/Parse', { description: "can't be loaded: no such file" }),
    ]);
    expect(librarySections(all, 'chat', '')).toEqual([
      { title: 'chat', names: ['chat/Words'], folded: false },
      { title: 'core', names: ['core/Drop'], folded: false },
      { title: 'More', names: ['core/Repeat'], folded: true },
      { title: "Can't be used", names: ['core/ReadEnv', 'xml/Parse'], folded: true },
    ]);
    expect(librarySections(all, 'chat', 'ReadEnv')).toEqual([
      { title: "Can't be used", names: ['core/ReadEnv'], folded: false },
    ]);
  });
});

describe('names', () => {
  it('of new nodes are those of their components, and free', () => {
    expect(nodeName('chat/Check', graph.nodes)).toBe('check2');
    expect(nodeName('core/Kick', graph.nodes)).toBe('kick');
  });

  it('that cannot be are refused in a sentence', () => {
    expect(nodeNameFault('check', graph.nodes)).toBe('there is a node check already; take another name');
    expect(nodeNameFault('1st', graph.nodes)).toContain('begins with a letter');
    expect(nodeNameFault('first', graph.nodes)).toBeUndefined();
  });
});

describe('an outer port', () => {
  it('is called as the port is, or by a name that is free', () => {
    const [{ payload }] = makeOuter(graph, 'inports', at('storage', 'get')).changes as [Change];
    expect(payload).toEqual({ public: 'get', node: 'storage', port: 'get', metadata: {} });
    const taken = applyAll(graph, makeOuter(graph, 'inports', at('storage', 'get')).changes);
    expect(makeOuter(taken, 'inports', at('storage', 'get')).changes[0]?.payload).toMatchObject({ public: 'get2' });
  });

  it('says why it can not have a name', () => {
    expect(outerFault(graph, 'inports', 'request', 'REQUEST')).toBeUndefined();
    expect(outerFault(graph, 'outports', 'reply', 'request')).toBeUndefined();
    expect(outerFault(graph, 'inports', 'get', 'Request')).toBe(
      'there is an inport REQUEST already, at router; take another name',
    );
    for (const name of ['', '2nd', 'two words', 'a.b'])
      expect(outerFault(graph, 'inports', 'request', name)).toMatch(/^a port begins/);
  });

  it('that others have changed meanwhile keeps undo from doing harm, in a sentence', () => {
    const say = (change: Change | undefined) => change && conflictWith(graph, [change], () => false);
    expect(say(removeOuter('inports', 'get').changes[0])).toBe('there is no inport GET any more');
    expect(say(renameOuter('inports', 'request', 'request').changes[0])).toBe('there is an inport REQUEST already');
    expect(say(makeOuter(graph, 'outports', at('gone', 'out')).changes[0])).toBe('there is no node gone any more');
    expect(say(makeOuter(graph, 'outports', at('check', 'out')).changes[0])).toBeUndefined();
  });
});

describe('the badge', () => {
  const said = (more: Parameters<typeof toldState>[0], connected = true, unsent = 0) =>
    badge(connected, statusOf(toldState({ live: { revision: 7 }, ...more })), unsent).words;

  it('says always what is true', () => {
    expect(said({})).toBe('Live, revision 7');
    expect(said({ draft: { changes: 3, faults: [] } })).toBe('Draft, 3 changes');
    expect(said({ draft: { changes: 3, faults: [toldFault({})] } })).toBe('Draft with 1 fault, revision 7 live');
    expect(said({ stopped: true })).toBe('Stopped');
    expect(said({}, false, 2)).toBe('Connection lost, 2 edits kept');
    expect(badge(true, undefined, 0).words).toBe('Connecting');
    // Our own edit is not live before the server says so.
    expect(badge(true, statusOf(toldState({ live: { revision: 7 } })), 1, false).words).toBe('Draft');
  });

  it('counts as others only those who may edit, oneself left out where one may', () => {
    const others = (editors: number, ...rights: Right[]) => otherEditors(statusOf(toldState({ editors, rights })));
    expect(others(1, 'watch', 'edit')).toBe(0);
    expect(others(3, 'watch', 'edit')).toBe(2);
    expect(others(1, 'watch')).toBe(1);
    expect(others(0, 'watch')).toBe(0);
  });

  it('knows that code is not lost by going back', () => {
    expect(lostByGoingBack(statusOf(toldState({ draft: { changes: 3, code: ['chat/One', 'chat/Two'] } })))).toBe(1);
    expect(lostByGoingBack(statusOf(toldState({ draft: { changes: 1, code: ['chat/One'] } })))).toBe(0);
  });

  it('knows whether what is live is saved, whatever the draft is', () => {
    expect(statusOf(toldState({ draft: { changes: 2 }, saved: false })).saved).toBe(false);
    expect(statusOf(toldState({ draft: { changes: 2 }, saved: true })).saved).toBe(true);
  });
});

describe('a sentence of the server', () => {
  it.each([
    [
      { file: 'components/Slow.ts', line: 6, column: 3 },
      { part: 'code', line: 6, column: 3 },
    ],
    [
      { file: 'spec/Slow.yaml', line: 4 },
      { part: 'tests', line: 4, column: 1 },
    ],
    [{ file: 'components/Slow.ts' }, { part: undefined, words: 'components/Slow.ts: no' }],
    [
      { file: 'components/Other.ts', line: 6, column: 3 },
      { part: undefined, words: 'components/Other.ts:6:3: no' },
    ],
  ])('names a place in the source on show, or not: %j', (place, found) => {
    const [fault] = codeFaultsOf(newSource('chat', 'Slow'), [{ ...place, message: 'no' }]);
    expect(fault).toMatchObject({ words: 'no', ...found });
  });

  it('says what to do here, and not what to write into a file', () => {
    const said = <Code extends DiagnosticCode>(code: Code, ...params: Params<Code>) =>
      pageSentence(diagnostic(code, ...params));
    const lost = 'check REFUSED leads nowhere, so its failures would be lost';
    const refused = { node: 'check', port: 'refused', isTyped: true };
    expect(said('lost-failures', refused)).toBe(`${lost}; draw a wire from it`);
    const inner = { ...diagnostic('lost-failures', refused), within: 'chat/Limits' };
    expect(pageSentence(inner)).toBe(`in chat/Limits: ${lost}; draw a wire from it`);
    const empty = 'nothing leads into check IN, which is required';
    const port = { node: 'check', port: 'in' };
    expect(said('required-port', { ...port, control: false })).toBe(`${empty}; draw a wire to it`);
    expect(said('required-port', { ...port, control: true })).toBe(`${empty}; set it in the form of the node`);
    const entry = { side: 'inport', outer: 'request', isJson: false } as const;
    expect(said('missing-outer-port', { ...entry, node: 'router', port: 'in' })).toBe(
      'there is no outer inport REQUEST; make router IN one, in the form of the node',
    );
    expect(said('missing-outer-port', entry)).toContain("make a node's port one");
    expect(said('tests-failed', { count: 2, isStale: false })).not.toContain('force');
    const unknown = { node: 'storage', side: 'inport', port: 'put', ports: ['get'] } as const;
    expect(said('unknown-port', unknown)).toBe('storage has no inport PUT; it has GET');
    expect(pageSentence({ message: 'what has no code' })).toBe('what has no code');
  });

  it('is told at the node in a subgraph, and at all that this is in', () => {
    const sentence = 'in chat/Gates: limit REFUSED leads nowhere';
    const faults = [locatedFault(toldFault({ sentence, node: 'limit', inner: 'limit/deep/limit', port: 'refused' }))];
    expect(faults).toMatchObject([{ sentence, node: 'limit/deep/limit', port: 'refused' }]);
    for (const path of ['limit', 'limit/deep', 'limit/deep/limit']) expect(faultsAt(faults, path)).toEqual(faults);
    for (const path of ['lim', 'deep', 'limit/limit']) expect(faultsAt(faults, path)).toEqual([]);
  });

  it('repeats no more than the beginning of a long text', () => {
    expect(parsed('7'.repeat(70_000), 'int', 'number', '1')).toEqual({ fault: expect.stringMatching(/^.{0,100}$/) });
  });
});

describe('a difference', () => {
  it('shows lines that differ with those beside them', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng';
    const lines = textDifference(before, before.replace('f', 'F'), 1);
    expect(lines.map(({ sign, text }) => sign + text)).toEqual(['…', ' e', '-f', '+F', ' g']);
    expect(textDifference(before, before)).toEqual([{ sign: '…', text: '' }]);
  });

  it('marks the nodes that it concerns', () => {
    const item = { name: 'n', sentence: 's' };
    const { nodes: marked } = marksOf([
      { ...item, kind: 'node', change: 'added', nodes: ['a'] },
      { ...item, kind: 'edge', change: 'added', nodes: ['a', 'b'] },
    ]);
    expect([...marked]).toEqual([
      ['a', 'added'],
      ['b', 'changed'],
    ]);
  });
});

describe('what one watches', () => {
  it('is kept up to a number, and what comes during a pause shows after it', () => {
    let watch = watchWire('e');
    for (let at = 1; at <= 5; at++) watch = withPacket(watch, { at }, at, 3);
    expect(watch.packets.map(({ data }) => data)).toEqual([{ at: 5 }, { at: 4 }, { at: 3 }]);
    let paused = togglePause(watch, 3);
    for (let at = 6; at <= 7; at++) paused = withPacket(paused, { at }, at, 3);
    expect([paused.packets, paused.passed]).toEqual([watch.packets, 7]);
    const on = togglePause(paused, 3);
    expect(on.packets.map(({ number }) => number)).toEqual([7, 6, 5]);
    expect([on.pausedPackets, on.paused]).toEqual([[], false]);
  });

  it('can be filtered by names and values', () => {
    const packets = [{ author: 'ann', text: 'hi' }, { author: 'bob' }].map((data, number) => ({ number, at: 0, data }));
    expect(filtered(packets, 'author:ANN').map(({ number }) => number)).toEqual([0]);
    expect(filtered(packets, ' ')).toHaveLength(2);
  });

  it('lights up the way of a message, with the node that refused it', () => {
    const edge = { src: at('router', 'send'), tgt: at('check', 'in'), subgraph: [] };
    const way = traceOf(
      toldTrace({
        status: 422,
        node: 'check',
        detail: 'too long',
        steps: [
          { node: 'router', ms: 1, edge: { tgt: at('router', 'in'), subgraph: [] }, inport: 'request' },
          { node: 'check', ms: 2, edge, outport: 'PUSH' },
        ],
      }),
    );
    const wire = edgeKey({ from: at('router', 'send'), to: at('check', 'in') });
    expect([...lit(way).edges]).toEqual([outerId('in', 'request'), outerId('out', 'push'), wire]);
    expect(lit(way).nodes.get('check')).toEqual({ ms: 2, step: 2, failed: true });
    expect(outcomeText(way)).toBe('refused by check: too long');
  });

  it('is replaced where it went on after its answer, and stays where it is', () => {
    const way = (id: string, ...nodes: string[]) => traceOf(toldTrace({ id, steps: nodes.map(node => ({ node })) }));
    const ways = withTrace(withTrace(withTrace([], way('a', 'router')), way('b')), way('a', 'router', 'publish'));
    expect(ways.map(({ id, steps }) => [id, steps.length])).toEqual([
      ['b', 0],
      ['a', 2],
    ]);
    expect(outcomeText(way('a'))).toBe('finished without an answer');
  });

  it('lists what was kept beside what came since, the newest first and each once', () => {
    const at = (id: string, second: number) => traceOf(toldTrace({ id, at: `2026-11-22T18:25:0${second}.000Z` }));
    const all = withStoredTraces([at('d', 4), at('b', 2)], [at('c', 3), at('b', 2), at('a', 1)]);
    expect(all.map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a']);
  });

  it('goes when texts of private rooms are hidden again, but for what was tried, and comes as it is told then', () => {
    const trace = (id: string, text: string, revision = 1) => traceOf(toldTrace({ id, revision, path: text }));
    const before = { ...initialEditorState('given'), looks: true, traces: [trace('a', 'a secret'), trace('b', 'b')] };
    const watch = { ...withPacket(watchWire('e'), 'a secret', 1), paused: true };
    const hidden = withLooks({ ...before, watch, trace: before.traces[0] }, false, [trace('a', '(8 characters)')]);
    expect(JSON.stringify([hidden.traces, hidden.trace, hidden.watch])).not.toContain('a secret');
    expect(hidden.trace).toEqual(trace('a', '(8 characters)'));
    expect(hidden).toMatchObject({ looks: false, watch: { edge: 'e', paused: true } });
    expect(withLooks({ ...before, trace: before.traces[1] }, false, []).trace).toBeUndefined();
    const tried = trace('t', 'tried', 0);
    expect(withLooks({ ...before, trace: tried }, false, []).trace).toBe(tried);
  });

  it('takes for the way of a message the one that made it, not those that read it', () => {
    const way = (id: string, method: string, packet: object) =>
      traceOf(toldTrace({ id, method, steps: [{ in: packet }] }));
    const ways = [
      way('q3', 'GET', { messages: [{ id: 'm1' }] }),
      way('q2', 'POST', { id: 'm1' }),
      way('q1', 'GET', {}),
    ];
    expect(traceOfMessage(ways)?.id).toBe('q2');
    expect(traceOfMessage(ways.slice(2))?.id).toBe('q1');
    expect(traceOfMessage([])).toBeUndefined();
  });

  it('is told in few letters', () => {
    expect([0, 0.2, 12.4, 1234].map(perSecond)).toEqual(['', '<1/s', '12/s', '1.2k/s']);
    expect([0, 0.02, 0.5, 50, 5000].map(heat)).toEqual([0, 0, 2, 4, 4]);
    expect([0.05, 0.5, 12, 1500].map(duration)).toEqual(['50 µs', '0.5 ms', '12 ms', '1.5 s']);
  });
});

describe('what fits', () => {
  const at = (node: string, port: string) => ({ node, port });

  it('is listed for an outport: without settings, what is connected already and its own node last', () => {
    const found = targets(graph, components, at('check', 'out'));
    expect(found.every(({ port }) => port.port !== 'maxtext')).toBe(true);
    expect(found.at(-1)?.connected).toBe(true);
    expect(
      found.filter(({ port }) => port.node === 'check').map(({ port }) => found.findIndex(one => one.port === port)),
    ).toEqual([found.length - 2]);
  });

  it('is listed for an inport, too', () => {
    const [to] = [...graph.edges.values()].map(edge => edge.to);
    const found = sources(graph, components, to!);
    expect(found.some(({ connected }) => connected)).toBe(true);
    for (const { port, connected } of found)
      expect(connected || connectionFault(graph, components, port, to!) === undefined).toBe(true);
  });
});

describe('a node that sends on what it gets', () => {
  const pick = withTraits(
    componentOf(
      toldComponent({
        name: 'chat/Pick',
        inPorts: [{ id: 'in', type: 'object' }],
        outPorts: [{ id: 'match', type: 'object' }],
      }),
    ),
    traitsOf([{ name: 'chat/Pick', settings: [], same: [{ port: 'match', as: 'in' }] }]).get('chat/Pick'),
  );
  const known = new Map([...components, ['chat/Pick', pick]]);
  const wired = (from: string, port: string) =>
    applyAll(graph, [
      adding('pick', 'chat/Pick'),
      { command: 'addedge', payload: { src: at(from, port), tgt: at('pick', 'in'), metadata: {} } },
    ]);

  it('fits where what comes in does', () => {
    const into = (found: EditorGraph) => connectionFault(found, known, at('pick', 'match'), at('storage', 'post'));
    expect(into(wired('check', 'out'))).toBeUndefined();
    expect(into(wired('check', 'refused'))).toBe(
      'pick MATCH sends chat/refusal, but storage POST takes chat/post; put a node between them that makes chat/post of chat/refusal',
    );
    expect(into(applyAll(graph, [adding('pick', 'chat/Pick')]))).toBeUndefined();
  });

  it('sends questions where it stands at REQUEST', () => {
    const first = applyAll(graph, [
      adding('pick', 'chat/Pick'),
      { command: 'removeinport', payload: { public: 'request' } },
      { command: 'addinport', payload: { public: 'request', node: 'pick', port: 'in', metadata: {} } },
    ]);
    expect(sentAt(first, known, at('pick', 'match'))?.schema).toBe('chat/question');
  });
});

describe('a setting', () => {
  it('is shown as its component says', () => {
    const told = componentOf(
      toldComponent({
        name: 'chat/Filter',
        inPorts: [
          { id: 'words', type: 'string' },
          { id: 'mode', type: 'string', values: ['mask', 'refuse'], default: 'refuse' },
        ],
      }),
    );
    const form = { port: 'words', title: 'Words', lines: 'list', unit: 'words' } as const;
    const [words, mode] = settingsOf(
      withTraits(told, traitsOf([{ name: told.name, settings: [form, { port: 'mode' }] }]).get(told.name)),
    );
    expect([settingTitle(words!), kindOf(words!), settingTitle(mode!), kindOf(mode!)]).toEqual([
      'Words',
      'lines',
      'MODE',
      'choice',
    ]);
    expect(parsed('a\nb', 'string', 'lines', undefined)).toEqual({ data: 'a\nb' });
  });

  const port = { name: 'x', datatype: 'string', schema: '', required: false, addressable: false, description: '' };
  const declared = (more: object) => ({ ...port, values: [], initial: undefined, control: false, ...more });

  it('is every control port, whatever it takes, and every port that some text or number may come to', () => {
    expect(isSetting(declared({ control: true, required: true }))).toBe(true);
    expect(isSetting(declared({ control: true, datatype: 'all' }))).toBe(true);
    expect(isSetting(declared({}))).toBe(true);
    expect(isSetting(declared({ datatype: 'object' }))).toBe(false);
    expect(isSetting(declared({ required: true }))).toBe(false);
    expect(isSetting(declared({ control: true, addressable: true }))).toBe(false);
  });

  it('comes first where its component can not do without it', () => {
    const inports = [declared({ name: 'a' }), declared({ name: 'b', control: true, required: true })];
    expect(settingsOf({ inports }).map(({ name }) => name)).toEqual(['b', 'a']);
  });
});
