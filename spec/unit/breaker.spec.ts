import { describe, expect, it } from '@jest/globals';
import { Breaker } from '../../src/runtime/breaker.ts';

type Packet = { readonly data: unknown };

/** An inport behind a breaker; `then` is what its node does with each packet. */
function guarded(breaker: Breaker, then: () => void = () => {}) {
  const got: unknown[] = [];
  const refused: string[] = [];
  const inport = {
    handleIP({ data }: Packet) {
      got.push(data);
      then();
    },
  };
  breaker.guard('node', [inport], (_, error) => refused.push(error.message));
  return { inport, got, refused };
}

describe('Breaker', () => {
  it('ends a circle, says so once, and lets the next packet through', () => {
    let circles = true;
    const { inport, got, refused } = guarded(new Breaker(), () => circles && inport.handleIP({ data: 'again' }));
    inport.handleIP({ data: 'first' });
    expect(got.length).toBeGreaterThan(100);
    expect(refused).toEqual([expect.stringMatching(/^packets go round/)]);
    circles = false;
    inport.handleIP({ data: 'next' });
    expect(got.at(-1)).toBe('next');
    expect(refused).toHaveLength(1);
  });

  it('ends a circle in which packets become ever more', () => {
    const again = () => {
      for (const data of [1, 2]) inport.handleIP({ data });
    };
    const { inport, got, refused } = guarded(new Breaker(), again);
    inport.handleIP({ data: 'first' });
    expect(got.length).toBeLessThan(20_000);
    expect(refused).toHaveLength(1);
  });

  it('lets pass what one packet brings about and does not come back, up to a number that it says', () => {
    const breaker = new Breaker();
    const leaf = guarded(breaker);
    const root = (count: number) =>
      guarded(breaker, () => {
        for (let data = 0; data < count; data += 1) leaf.inport.handleIP({ data });
      });
    root(50_000).inport.handleIP({ data: 'first' });
    expect([leaf.got.length, leaf.refused]).toEqual([50_000, []]);
    root(200_000).inport.handleIP({ data: 'second' });
    expect(leaf.got.length).toBeLessThan(160_000);
    expect(leaf.refused).toEqual([expect.stringMatching(/more than 100,000 others at once/)]);
  });

  it('lets each node of a long row have the packets in their order, and the stack does not overflow', () => {
    const breaker = new Breaker();
    let next: (data: unknown) => void = () => {};
    let last: unknown[] = [];
    for (let node = 0; node < 2000; node += 1) {
      const then = next;
      const inport = { handleIP: ({ data }: Packet) => then(data) };
      if (node === 0) inport.handleIP = ({ data }: Packet) => void last.push(data);
      breaker.guard(`n${node}`, [inport], () => {});
      next = data => inport.handleIP({ data });
    }
    const first = guarded(breaker, () => {
      for (let data = 0; data < 10; data += 1) next(data);
    });
    first.inport.handleIP({ data: 'first' });
    expect(last).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    last = [];
    next('later');
    expect(last).toEqual(['later']);
  });

  it('ends a circle that is too long for the stack', () => {
    const breaker = new Breaker();
    const refused: string[] = [];
    const row = Array.from({ length: 1000 }, (_, at) => {
      const inport = { handleIP: (packet: Packet): void => row[(at + 1) % 1000]!.handleIP(packet) };
      breaker.guard(`n${at}`, [inport], (_, error) => refused.push(error.message));
      return inport;
    });
    row[0]!.handleIP({ data: 'first' });
    expect(refused).toEqual([expect.stringMatching(/^packets go round: more than 10,000 .* to n\d+; /)]);
  });

  it('lets nothing through any more once there are too many a second, where that is limited', () => {
    const { inport, got, refused } = guarded(new Breaker(10));
    for (let data = 0; data < 50; data += 1) inport.handleIP({ data });
    expect(got).toHaveLength(10);
    expect(refused).toEqual([expect.stringMatching(/^more than 10 packets a second/)]);
  });

  it('lets nothing through any more once there are too many in one turn of the event loop, however slow that is', async () => {
    const turn = () => new Promise(resolve => setImmediate(resolve));
    const { inport, got, refused } = guarded(new Breaker(1_000_000, 10));
    for (let turns = 0; turns < 3; turns += 1) {
      for (let data = 0; data < 10; data += 1) inport.handleIP({ data });
      await turn();
    }
    expect(got).toHaveLength(30);
    for (let data = 0; data < 50; data += 1) inport.handleIP({ data });
    expect(got).toHaveLength(40);
    expect(refused).toEqual([expect.stringMatching(/^more than 10 packets at once/)]);
  });

  it('goes on after a node that throws', () => {
    const { inport, got } = guarded(new Breaker(), () => {
      throw new Error('no');
    });
    const thrown: unknown[] = [];
    for (let data = 0; data < 1000; data += 1) {
      try {
        inport.handleIP({ data });
      } catch (error) {
        thrown.push((error as Error).message);
      }
    }
    expect(thrown).toEqual(Array(1000).fill('no'));
    expect(got).toHaveLength(1000);
  });

  it('lets nothing through when it is off, without a word', () => {
    const breaker = new Breaker();
    const { inport, got, refused } = guarded(breaker);
    breaker.off();
    inport.handleIP({ data: 1 });
    expect([got, refused]).toEqual([[], []]);
  });
});
