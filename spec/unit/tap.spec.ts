import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { IP } from 'noflo';
import { type PacketSink, type Passed, Taps, type Wire } from '../../src/runtime/tap.ts';
import { Flowing } from '../support/flowing.ts';
import { CHAT, GOCHAT } from '../support/graphs.ts';
import { Project } from '../support/project.ts';

const place = { line: 1, column: 1 };
const wire = (from: string, to: string): Wire => ({
  from: { node: from, port: 'out', place },
  to: { node: to, port: 'in', place },
});

/** `a OUT -> IN b`, with the ends that are there. */
const named = ({ edge }: Passed): string => {
  const { from, to } = edge as { from?: { node: string; port: string }; to?: { node: string; port: string } };
  const left = from ? `${from.node} ${from.port.toUpperCase()}` : 'DOOR';
  return `${left} -> ${to ? `${to.port.toUpperCase()} ${to.node}` : 'DOOR'}`;
};

describe('Taps', () => {
  const ip = (data: unknown, type = 'data') => ({ type, data }) as unknown as IP;
  let delivered: unknown[];

  /** One wire whose `post` is its own, as that of a shortened socket, and one whose `post` is its class's. */
  function wires() {
    class Socket implements PacketSink {
      post({ data }: IP): void {
        delivered.push(data);
      }
    }
    const own: PacketSink = { post: ({ data }) => delivered.push(data) };
    return { own, inherited: new Socket() };
  }

  beforeEach(() => {
    delivered = [];
  });

  it('tells of data on the wanted wires only, before it is delivered, and of no brackets', () => {
    const { own, inherited } = wires();
    const [a, b] = [wire('a', 'b'), wire('b', 'c')];
    const taps = new Taps([[a, own] as const, [b, inherited] as const]);
    const heard: unknown[] = [];
    taps.tap(
      edge => edge === b,
      ({ edge, data, at }) => {
        heard.push([edge, data, delivered.length]);
        expect(at).toBeLessThanOrEqual(performance.now());
      },
    );
    own.post(ip('one'));
    inherited.post(ip('two'));
    inherited.post(ip(null, 'openBracket'));
    expect(heard).toEqual([[b, 'two', 1]]);
    expect(delivered).toEqual(['one', 'two', null]);
  });

  it.each([
    ['first come, first gone', [0, 1, 2]],
    ['last come, first gone', [2, 1, 0]],
    ['in any order', [1, 2, 0]],
  ])('leave every wire exactly as it was when they go: %s', (_, order) => {
    const { own, inherited } = wires();
    const before = own.post;
    const taps = new Taps([[wire('a', 'b'), own] as const, [wire('b', 'c'), inherited] as const]);
    const heard: number[] = [];
    const untaps = [0, 1, 2].map(i =>
      taps.tap(
        () => true,
        () => heard.push(i),
      ),
    );
    own.post(ip(1));
    for (const i of order) {
      untaps[i]?.();
      untaps[i]?.();
      inherited.post(ip(2));
    }
    expect(heard).toHaveLength(3 + 2 + 1);
    expect(own.post).toBe(before);
    expect(Object.keys(inherited)).toEqual([]);
    expect(delivered).toHaveLength(4);
  });

  it('do no harm where a listener throws', () => {
    const { own } = wires();
    const taps = new Taps([[wire('a', 'b'), own] as const]);
    const heard: unknown[] = [];
    taps.tap(
      () => true,
      () => {
        throw new Error('no');
      },
    );
    taps.tap(
      () => true,
      ({ data }) => heard.push(data),
    );
    own.post(ip('hi'));
    expect([heard, delivered]).toEqual([['hi'], ['hi']]);
  });
});

describe('the taps of a revision', () => {
  const project = new Project();
  let flowing: Flowing;

  beforeEach(() => {
    flowing = new Flowing(project.root);
  });
  afterEach(() => flowing.runtime.stop());
  afterAll(() => project.remove());

  it('tell the whole way of a message, from the door to its answer', async () => {
    const { taps } = await flowing.publish(CHAT);
    const heard: string[] = [];
    const untap = taps.tap(
      () => true,
      passed => heard.push(named(passed)),
    );
    await flowing.say('hi');
    untap();
    await flowing.say('again');
    expect(heard).toEqual([
      'DOOR -> IN admit',
      'admit OUT -> IN router',
      'router SEND -> IN sender',
      'sender OUT -> IN check',
      'check OUT -> IN limit',
      'limit OUT -> POST storage',
      'storage OUT -> IN responder',
      'responder OUT -> DOOR',
      'storage ADDED -> IN publish',
      'publish OUT -> DOOR',
    ]);
  });

  it('name nodes in subgraphs `outer/inner`, and edges are drawn where they are', async () => {
    project.write(
      'graphs/Checked.fbp',
      'INPORT=check.IN:IN\nOUTPORT=pass.OUT:OUT\nOUTPORT=check.REFUSED:REFUSED\ncheck(chat/CheckPost) OUT -> IN pass(core/Repeat)\n',
    );
    const text = GOCHAT.replace('OUT -> POST storage', 'OUT -> IN checked(chat/Checked) OUT -> POST storage').concat(
      '\nchecked REFUSED -> IN responder\n',
    );
    const { taps, locations: drawings, graph } = await flowing.publish(text);
    const heard: Passed[] = [];
    taps.tap(
      edge => graph.edges.some(one => one === edge),
      passed => heard.push(passed),
    );
    await flowing.say('hi');
    const inside = heard.filter(passed => named(passed).includes('checked/'));
    expect(inside.map(named)).toEqual([
      'sender OUT -> IN checked/check',
      'checked/check OUT -> IN checked/pass',
      'checked/pass OUT -> POST storage',
    ]);
    expect(inside.map(({ edge }) => drawings.get(edge))).toEqual([
      { src: { node: 'sender', port: 'out' }, tgt: { node: 'checked', port: 'in' }, subgraph: [] },
      {
        src: { node: 'check', port: 'out' },
        tgt: { node: 'pass', port: 'in' },
        subgraph: ['checked'],
        component: 'chat/Checked',
      },
      { src: { node: 'checked', port: 'out' }, tgt: { node: 'storage', port: 'post' }, subgraph: [] },
    ]);
  });
});
