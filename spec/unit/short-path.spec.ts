import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import noflo from 'noflo';
import { Network, type PacketObserver, packet } from '../../src/runtime/network.ts';
import { long } from '../support/long.ts';
import { numRuns } from '../support/random.ts';
import { ROOT } from '../support/source.ts';
import { after, componentsOf, graphOf, type Wild, wild } from '../support/wild-nodes.ts';

const turns = (count: number) => new Promise<void>(done => after(count, done));

/** All that happens in a network, line by line. */
async function happens(given: Wild, isShort: boolean): Promise<readonly string[]> {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const shown = (data: unknown) => (data instanceof Error ? `error ${data.message}` : (JSON.stringify(data) ?? 'none'));
  const idOf = (data: unknown): string | undefined => Object(data).id;
  const holders = new Map<string, string>();
  const observer: PacketObserver = {
    reached(data, node) {
      const id = idOf(data);
      log(`${shown(data)} reached ${node}`);
      if (id !== undefined) holders.set(id, node);
      return id;
    },
    knows(data) {
      log(`knows ${shown(data)}`);
      return idOf(data) !== undefined;
    },
    passed: (from, to) => log(`passed from ${from} to ${to}`),
    holder: id => holders.get(id),
    fail: (id, node) => log(`${id} failed at ${node}`),
    uncaught: node => log(`uncaught at ${node}`),
  };
  const loader = new noflo.ComponentLoader('/nowhere');
  Object.assign(loader, { components: componentsOf(given, log), ready: true });
  const network = await Network.start({
    graph: graphOf(given),
    loader,
    observer,
    isShort,
    failed: (node, error, question) => log(`${node} failed with ${error.message}, ${question}`),
    left: (port, { type, data, scope, index, datatype, schema }, node) =>
      log(`left ${port} ${node}: ${[type, shown(data), scope, index, datatype, schema]}`),
    tappable: taps =>
      void taps.tap(
        () => true,
        ({ edge, data }) => log(`on ${'to' in edge ? edge.to.node : edge.from.node}: ${shown(data)}`),
      ),
    idle: () => log('idle'),
  }).catch((error: Error) => error);
  if (network instanceof Error) return [network.message];
  for (const [at, { type, scope, port, turns: count }] of given.packets.entries()) {
    if (at === given.stop) void network.stop(60_000).then(() => log('stopped'));
    const data = type === 'data' ? { ...(at % 3 > 0 && { id: `q${at}` }), hops: 0 } : `group ${at}`;
    try {
      network.inport(port)!.post(Object.assign(packet(data, type), { scope }));
    } catch (error) {
      log(`post threw ${error}`);
    }
    if (count > 0) await turns(count);
  }
  await turns(25);
  log(`active ${network.isActive}`);
  const result = lines.slice();
  if (given.stop === undefined) await network.stop(1);
  return result;
}

jest.spyOn(console, 'warn').mockImplementation(() => {});

describe('the short path', () => {
  it("does what NoFlo's own path does", async () => {
    await fc.assert(
      fc.asyncProperty(wild, async given => {
        expect(await happens(given, true)).toEqual(await happens(given, false));
      }),
      numRuns(60),
    );
  });

  long("passes NoFlo's own tests", async () => {
    const suites = ['Component', 'Scoping', 'NetworkLifecycle', 'AsComponent'];
    const script = join(ROOT, 'spec/support/noflo-suites.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--test-reporter=tap', script, ...suites]);
    const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)`, 'm').exec(stdout)?.[1]);
    expect([count('fail'), count('cancelled')]).toEqual([0, 0]);
    expect(count('pass')).toBeGreaterThan(130);
  });
});
