import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Card, cards, WIDTH } from '../../public/editor/model/card.ts';
import { componentOf } from '../../public/editor/model/component.ts';
import { edgeKey, keyWithin } from '../../public/editor/model/graph.ts';
import { graphOf } from '../../public/editor/model/json.ts';
import { mergedPlaces, type Places, placeFor, roughPlaces, withSpace } from '../../public/editor/model/layout.ts';
import { canvasLine, levelAt, lineOn, pathIn } from '../../public/editor/model/level.ts';
import { outlineOf } from '../../public/editor/model/outline.ts';
import { activityAt, ratesOf } from '../../public/editor/model/packets.ts';
import {
  openAfterRename,
  type Scene,
  type SubgraphContent,
  sceneOf,
  type View,
  visibleNode,
} from '../../public/editor/model/scene.ts';
import { search } from '../../public/editor/model/search.ts';
import { lineName } from '../../public/editor/model/splices.ts';
import { initialEditorState } from '../../public/editor/model/state.ts';
import { litLines, traceOf, traceStateAt } from '../../public/editor/model/traces.ts';
import { isVisible } from '../../public/editor/model/viewport.ts';
import { numRuns } from '../support/random.ts';
import { toldComponent, toldTrace } from '../support/told.ts';

const end = (process: string, port: string) => ({ process, port });
const wire = (a: string, out: string, into: string, b: string) => ({ src: end(a, out), tgt: end(b, into) });
const nodes = (...given: readonly (readonly [name: string, component: string])[]) =>
  Object.fromEntries(given.map(([name, component]) => [name, { component }]));

const main = graphOf({
  processes: nodes(
    ['sender', 'chat/Plain'],
    ['posts', 'chat/Posts'],
    ['storage', 'chat/Plain'],
    ['below', 'chat/Plain'],
  ),
  connections: [
    wire('sender', 'out', 'in', 'posts'),
    wire('posts', 'out', 'in', 'storage'),
    { data: '280', tgt: end('posts', 'most') },
  ],
});
const gates = graphOf({
  processes: nodes(['check', 'chat/Plain'], ['limit', 'chat/Plain']),
  connections: [wire('check', 'out', 'in', 'limit'), { data: '5', tgt: end('limit', 'rate') }],
  inports: { in: end('check', 'in'), most: end('check', 'most') },
  outports: { out: end('limit', 'out'), refused: end('check', 'refused') },
});
const posts = graphOf({
  processes: nodes(['first', 'chat/Plain'], ['limits', 'chat/Gates']),
  connections: [wire('first', 'out', 'in', 'limits')],
  inports: { in: end('first', 'in'), most: end('limits', 'most') },
  outports: { out: end('limits', 'out'), refused: end('limits', 'refused') },
});

const port = (id: string, type = 'object') => ({ id, type });
const components = new Map(
  [
    { name: 'chat/Plain', inPorts: [port('in'), port('most', 'int')], outPorts: [port('out'), port('refused')] },
    ...['chat/Posts', 'chat/Gates'].map(name => ({
      name,
      subgraph: true,
      inPorts: [port('in'), port('most', 'int')],
      outPorts: [port('out'), port('refused')],
    })),
  ].map(payload => [payload.name, componentOf(toldComponent(payload))]),
);

const insideOf = (graph: SubgraphContent['graph']): SubgraphContent => ({
  graph,
  automatic: roughPlaces(graph, cards(graph, components)),
});
const insides = new Map([
  ['chat/Posts', insideOf(posts)],
  ['chat/Gates', insideOf(gates)],
]);
const closed = cards(main, components);
const places: Places = new Map([
  ['sender', { x: 0, y: 0 }],
  ['posts', { x: 300, y: 0 }],
  ['storage', { x: 600, y: 20 }],
  ['below', { x: 300, y: 300 }],
]);

const view = (open: readonly string[], before: View['before'] = { cards: new Map() }): View => ({
  open: new Set(open),
  subgraphs: insides,
  components,
  before,
});
const scene = (...open: string[]): Scene => sceneOf({ graph: main, cards: closed, places }, view(open));

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
const box = ({ places, cards }: Pick<Scene, 'places' | 'cards'>, name: string): Box => ({
  ...places.get(name)!,
  width: cards.get(name)!.width,
  height: cards.get(name)!.height,
});
const within = (inner: Box, outer: Box) =>
  inner.x > outer.x &&
  inner.y > outer.y &&
  inner.x + inner.width < outer.x + outer.width &&
  inner.y + inner.height < outer.y + outer.height;
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('the graphs on a picture', () => {
  const state = {
    ...initialEditorState('given'),
    id: 'chat/chat',
    components,
    graph: main,
    cards: closed,
    places,
    subgraphs: insides,
    scene: scene('posts', 'posts/limits'),
  };

  it('have lines that are found by their ids there, under their own names', () => {
    const ids = [
      ...state.scene.graph.edges.keys(),
      ...[...state.scene.frames.values()].flatMap(({ lines }) => lines.map(({ id }) => id)),
    ];
    const found = ids.map(id => lineOn(state, id)!);
    expect(found.map(({ frame, id }) => canvasLine(state, frame, id))).toEqual(ids);
    const names = found.map(({ frame, line }) => `${frame}: ${lineName(line)}`);
    expect(names).toContain(': posts OUT → IN storage');
    expect(names).toContain('posts: first OUT → IN limits');
    expect(names).toContain('posts/limits: check OUT → IN limit');
    expect(names).toContain('posts: MOST → MOST limits');
    expect(names).toContain('posts/limits: limit OUT → OUT');
    expect(lineOn(state, 'nothing')).toBeUndefined();
  });

  it('have their places where they are drawn, from their origin on', () => {
    const frame = 'posts/limits';
    const level = levelAt(state, frame);
    for (const name of ['check', 'limit']) {
      const [{ x, y }, drawn] = [level.places.get(name)!, state.scene.places.get(pathIn(frame, name))!];
      expect([x + level.origin.x, y + level.origin.y]).toEqual([drawn.x, drawn.y]);
    }
    expect(levelAt(state, '')).toMatchObject({ graph: main, places, origin: { x: 0, y: 0 } });
  });
});

describe('a picture', () => {
  it('is the graph as it stands while nothing is open', () => {
    const { graph, cards, places: drawn, frames } = scene();
    expect([graph, cards, drawn]).toEqual([main, closed, places]);
    expect(graph).toBe(main);
    expect(drawn).toBe(places);
    expect(frames.size).toBe(0);
  });

  it('has the inside of an open subgraph in its frame, under paths', () => {
    const found = scene('posts');
    expect([...found.graph.nodes.keys()]).toEqual([...main.nodes.keys(), 'posts/first', 'posts/limits']);
    expect(found.graph.edges.has(keyWithin('posts/', [...posts.edges.keys()][0]!))).toBe(true);
    expect(found.cards.get('posts/first')).toMatchObject({ name: 'first', component: 'chat/Plain' });
    for (const inner of ['posts/first', 'posts/limits']) {
      expect(found.parents.get(inner)).toBe('posts');
      expect(within(box(found, inner), box(found, 'posts'))).toBe(true);
    }
  });

  it('opens subgraphs in subgraphs', () => {
    const found = scene('posts', 'posts/limits');
    expect([...found.frames.keys()]).toEqual(['posts', 'posts/limits']);
    expect(within(box(found, 'posts/limits/check'), box(found, 'posts/limits'))).toBe(true);
    expect(within(box(found, 'posts/limits'), box(found, 'posts'))).toBe(true);
    expect(found.graph.initials.map(({ to }) => to.node)).toEqual(['posts', 'posts/limits/limit']);
    expect(scene('posts/limits').frames.size).toBe(0);
  });

  it('leads on from the ports of a frame to the nodes in it', () => {
    const { frames } = scene('posts', 'posts/limits');
    expect(frames.get('posts')!.lines.map(({ side, slot, node, inner }) => [side, slot, node, inner])).toEqual([
      ['in', 'in', 'posts/first', 'in'],
      ['in', 'most', 'posts/limits', 'most'],
      ['out', 'out', 'posts/limits', 'out'],
      ['out', 'refused', 'posts/limits', 'refused'],
    ]);
    const ids = [...frames.values()].flatMap(({ lines }) => lines.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('makes room, keeps what stands left and above, and is as before when all is closed again', () => {
    const found = scene('posts', 'posts/limits');
    const outer = [...main.nodes.keys()].map(name => box(found, name));
    for (const a of outer) for (const b of outer) expect(a !== b && overlap(a, b)).toBe(false);
    expect(found.places.get('sender')).toEqual(places.get('sender'));
    expect(found.places.get('posts')).toEqual(places.get('posts'));
    expect(scene().places).toBe(places);
  });

  it('keeps the cards that look the same, so that they are not drawn again', () => {
    const before = scene('posts');
    const after = sceneOf({ graph: main, cards: closed, places }, view(['posts', 'posts/limits'], before));
    expect(after.cards.get('posts/first')).toBe(before.cards.get('posts/first'));
    const again = sceneOf({ graph: main, cards: closed, places }, view(['posts'], before));
    for (const [name, card] of before.cards) expect(again.cards.get(name)).toBe(card);
  });

  it('does not open what is another component by now', () => {
    const other = graphOf({ processes: nodes(['posts', 'chat/Plain']) });
    const level = { graph: other, cards: cards(other, components), places: mergedPlaces(other, new Map()) };
    expect(sceneOf(level, view(['posts'])).frames.size).toBe(0);
  });

  it('is searched with all that is open', () => {
    const found = (open: string[]) => search(scene(...open).graph, components, 'posts/first', false);
    expect(found(['posts'])[0]).toMatchObject({ kind: 'node', target: 'posts/first' });
    expect(found([])).toEqual([]);
  });

  it('names the wires of a nested list as the picture does', () => {
    const found = scene('posts', 'posts/limits');
    const { graph } = found.frames.get('posts/limits')!;
    const keys = outlineOf(graph).flatMap(({ entering, leaving }) => [...entering, ...leaving].map(({ key }) => key));
    const wires = keys.filter(key => key.startsWith('[')).map(key => keyWithin('posts/limits/', key));
    expect(wires.length).toBeGreaterThan(0);
    for (const key of wires) expect(found.graph.edges.has(key)).toBe(true);
  });

  it('has something to select for each node, the closed subgraph that it is in where it is not on show', () => {
    expect(visibleNode(scene('posts'), 'posts/limits/check')).toBe('posts/limits');
    expect(visibleNode(scene(), 'posts/limits/check')).toBe('posts');
    expect(visibleNode(scene(), 'nobody')).toBeUndefined();
  });

  it('keeps open what gets another name', () => {
    const open = new Set(['posts', 'posts/limits', 'postscript']);
    expect([...openAfterRename(open, 'posts', 'mail')]).toEqual(['mail', 'mail/limits', 'postscript']);
  });
});

const gridded = fc
  .record({ columns: fc.integer({ min: 1, max: 4 }), rows: fc.integer({ min: 1, max: 4 }), open: fc.nat({ max: 15 }) })
  .map(({ columns, rows, open }) => {
    const names = Array.from({ length: columns * rows }, (_, index) => `n${index}`);
    const card = { ...closed.get('sender')!, height: 100 };
    const small = new Map(names.map((name): [string, Card] => [name, { ...card, name }]));
    const opened = names[open % names.length]!;
    const drawn = new Map(small).set(opened, { ...card, name: opened, width: 900, height: 420 });
    const grid: Places = new Map(
      names.map((name, at) => [name, { x: (at % columns) * (WIDTH + 40), y: Math.floor(at / columns) * 130 }]),
    );
    return { names, small, drawn, grid, opened };
  });

describe('room for what is open', () => {
  it('is made without covering anything', () => {
    fc.assert(
      fc.property(gridded, ({ names, small, drawn, grid }) => {
        const shown = { places: withSpace(grid, small, drawn), cards: drawn };
        const boxes = names.map(name => box(shown, name));
        const covering = boxes.filter((one, at) => boxes.some((other, to) => to !== at && overlap(one, other)));
        expect(covering).toEqual([]);
      }),
      numRuns(100),
    );
  });

  it('leaves no trace in the place of a node that is dropped where it was', () => {
    fc.assert(
      fc.property(gridded, ({ names, small, drawn, grid }) => {
        const shown = withSpace(grid, small, drawn);
        const dropped = names.map(name =>
          withSpace(new Map(grid).set(name, placeFor(name, shown.get(name)!, grid, small, drawn)), small, drawn),
        );
        expect(dropped).toEqual(names.map(() => shown));
      }),
      numRuns(100),
    );
  });

  it('keeps a node where it is drawn at where it was dropped', () => {
    const { cards: drawn } = scene('posts');
    for (const at of [
      { x: -50, y: 90 },
      { x: 2000, y: 40 },
      { x: 320, y: 1500 },
    ]) {
      const kept = placeFor('storage', at, places, closed, drawn);
      expect(withSpace(new Map(places).set('storage', kept), closed, drawn).get('storage')).toEqual(at);
    }
  });
});

describe('a frame that is chosen', () => {
  const area = { x: 0, y: 0, width: 600, height: 400 };
  const frame = { x: 100, y: 100, width: 900, height: 300 };

  it('is in sight as soon as some of it is', () => {
    expect(isVisible(frame, area, { x: 0, y: 0, zoom: 1 })).toBe(true);
    expect(isVisible(frame, area, { x: -950, y: 0, zoom: 1 })).toBe(true);
    expect(isVisible(frame, area, { x: -990, y: 0, zoom: 1 })).toBe(false);
    expect(isVisible(frame, area, { x: 0, y: 900, zoom: 1 })).toBe(false);
  });
});

describe('figures and ways in subgraphs', () => {
  const inner = {
    src: { node: 'check', port: 'out' },
    tgt: { node: 'limit', port: 'in' },
    subgraph: ['posts', 'limits'],
  };
  const key = edgeKey({
    from: { node: 'posts/limits/check', port: 'out' },
    to: { node: 'posts/limits/limit', port: 'in' },
  });

  it('are told apart from those of wires with the same ends elsewhere', () => {
    const { edges } = ratesOf({
      edges: [
        { ...inner, perSecond: 3 },
        { ...inner, subgraph: [], perSecond: 7 },
      ],
      nodes: [],
    });
    expect(edges.get(key)).toBe(3);
    expect([...edges.values()]).toEqual([3, 7]);
  });

  it('show the errors of what is in a closed subgraph at its card', () => {
    const rates = ratesOf({
      edges: [],
      nodes: [
        { id: 'posts', perSecond: 4, ms: 2, errors: 0 },
        { id: 'posts/limits/check', perSecond: 4, ms: 1, errors: 3 },
        { id: 'postscript', perSecond: 1, ms: 1, errors: 9 },
      ],
    });
    expect(activityAt(rates, 'posts', true)).toEqual({ perSecond: 4, ms: 2, errors: 3 });
    expect(activityAt(rates, 'posts', false)).toMatchObject({ errors: 0 });
    expect(activityAt(rates, 'sender', true)).toBeUndefined();
  });

  const edge = (a: string, out: string, into: string, b: string, subgraph: string[] = []) => ({
    src: { node: a, port: out },
    tgt: { node: b, port: into },
    subgraph,
  });
  const way = traceOf(
    toldTrace({
      node: 'posts/limits/check',
      status: 422,
      steps: [
        { node: 'posts', edge: edge('sender', 'out', 'in', 'posts') },
        { node: 'posts/limits', edge: edge('first', 'out', 'in', 'limits', ['posts']) },
        { node: 'storage', edge: edge('posts', 'refused', 'in', 'storage') },
      ],
    }),
  );

  it('light a closed subgraph up as what is in it', () => {
    expect(traceStateAt(way, 'posts', false)).toBe('failed');
    expect(traceStateAt(way, 'posts', true)).toBe('lit');
    expect(traceStateAt(way, 'posts/limits/check', false)).toBe('failed');
    expect(traceStateAt(way, 'posts/limits/limit', false)).toBe('dark');
    expect(traceStateAt(way, 'below', false)).toBe('dark');
  });

  it('light up the lines from port to port that the message took', () => {
    const wired = graphOf({
      processes: nodes(['sender', 'chat/Plain'], ['posts', 'chat/Posts'], ['storage', 'chat/Plain']),
      connections: [wire('sender', 'out', 'in', 'posts'), wire('posts', 'refused', 'in', 'storage')],
    });
    const level = { graph: wired, cards: cards(wired, components), places };
    const found = sceneOf(level, view(['posts', 'posts/limits']));
    const taken = litLines(way, found);
    const lines = [...found.frames].flatMap(([frame, { lines }]) => lines.map(line => ({ frame, ...line })));
    expect(lines.filter(({ id }) => taken.has(id)).map(({ frame, slot }) => [frame, slot])).toEqual([
      ['posts', 'in'],
      ['posts', 'refused'],
      ['posts/limits', 'in'],
      ['posts/limits', 'refused'],
    ]);
  });
});
