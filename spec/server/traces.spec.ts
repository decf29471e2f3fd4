import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RateMeter } from '../../src/editor/watch/rates.ts';
import { type Trace, Traces } from '../../src/editor/watch/traces.ts';
import type { ServerPayloads } from '../../src/model/server-messages.ts';
import { until } from '../support/chat.ts';
import { Flowing } from '../support/flowing.ts';
import { CHAT, set } from '../support/graphs.ts';
import { long } from '../support/long.ts';
import { component, Project } from '../support/project.ts';

type NodeRate = ServerPayloads['flowchat:rates']['nodes'][number];

// What passes after the answer, or without a question's id.

const project = new Project();
let flowing: Flowing;
let ways: Traces;
let heard: Trace[];
let unlisten: () => void;

beforeEach(() => {
  flowing = new Flowing(project.root);
  ways = new Traces(flowing.runtime, flowing.gate);
  heard = [];
  unlisten = ways.listen(way => heard.push(way));
});
afterEach(async () => {
  unlisten();
  await flowing.runtime.stop();
});
afterAll(() => project.remove());

const nodes = ({ steps }: Trace) => steps.map(({ node }) => node);
const FAST = set(CHAT, { BURST: '1000000', RATE: '1000000' });
/** The graph with a node between storage and publish. */
const between = (name: string) =>
  FAST.replace('ADDED -> IN publish', `ADDED -> IN late(chat/${name}) OUT -> IN publish`);
const LATER = component(`process(input, output) {
  const out = input.getData('in');
  setTimeout(() => output.sendDone({ out }), 50);
}`);

describe('the way of a question', () => {
  it('is told again as a whole when it went on after its answer', async () => {
    project.component('Later', LATER);
    await flowing.publish(between('Later'));
    await flowing.say('hi');
    await until(
      () => heard.length === 2,
      () => heard,
    );
    expect(heard.map(nodes)).toEqual([
      ['admit', 'router', 'sender', 'check', 'limit', 'storage', 'responder', 'late'],
      ['admit', 'router', 'sender', 'check', 'limit', 'storage', 'responder', 'late', 'publish'],
    ]);
    expect(heard[1]).toMatchObject({ id: heard[0]?.id, at: heard[0]?.at });
    expect(ways.find('HI')).toEqual([heard[1]]);
  });

  long('is followed also after many others that went on after their answers', async () => {
    await flowing.publish(FAST);
    for (let count = 0; count < 2100; count++) await flowing.say('one of many');
    await flowing.say('the last');
    expect(ways.find('last the').map(nodes)).toEqual([
      ['admit', 'router', 'sender', 'check', 'limit', 'storage', 'responder', 'publish'],
    ]);
  });

  it('has an end where packets go round', async () => {
    project.component(
      'Round',
      component(`process(input, output) {
        const out = input.getData('in');
        setImmediate(() => output.sendDone({ out }));
      }`),
    );
    await flowing.publish(`${between('Round')}\nlate OUT -> IN late\n`);
    await flowing.say('hi');
    await until(
      () => (heard.at(-1)?.steps.length ?? 0) > 100,
      () => heard.map(nodes),
    );
    expect(ways.find('hi')[0]?.steps.length).toBeLessThanOrEqual(200);
  });
});

describe('the errors of a node', () => {
  it('are those of the revision that is live', async () => {
    project.component('Broken', component("process() { throw new Error('broken'); }"));
    const graph = FAST.replace('-> IN limit(', '-> IN late(chat/Broken) OUT -> IN limit(');
    await flowing.publish(graph);
    let told: readonly NodeRate[] = [];
    const end = new RateMeter(flowing.runtime, flowing.gate).listen(({ nodes }) => {
      told = nodes;
    });
    const errors = () => told.find(({ id }) => id === 'late')?.errors;
    await flowing.say('hi');
    await until(() => errors() === 1, errors);
    await flowing.publish(`${graph}\nlate OUT -> IN publish\n`);
    await until(() => errors() === undefined, errors);
    await flowing.say('hi');
    await until(() => errors() === 1, errors);
    end();
  });
});

describe('the time of a node', () => {
  it('is taken where packets have no id, by the question in whose course they pass', async () => {
    project.component('Later', LATER);
    await flowing.publish(between('Later'));
    const rates = new RateMeter(flowing.runtime, flowing.gate);
    let told: readonly NodeRate[] = [];
    const end = rates.listen(({ nodes }) => {
      told = [...told, ...nodes];
    });
    await flowing.say('hi');
    await until(
      () =>
        told.some(({ id, ms }) => id === 'late' && ms >= 40) && told.some(({ id, ms }) => id === 'publish' && ms > 0),
      () => told,
    );
    end();
  });
});
