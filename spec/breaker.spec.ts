import { describe, expect, it } from '@jest/globals';
import { Breaker } from '../src/flow/breaker.ts';

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

  it('ends what one packet brings about at the same place over and over', () => {
    const breaker = new Breaker();
    const leaf = guarded(breaker);
    const root = guarded(breaker, () => {
      for (let data = 0; data < 100_000; data += 1) leaf.inport.handleIP({ data });
    });
    root.inport.handleIP({ data: 'first' });
    expect(leaf.got.length).toBeLessThan(20_000);
    expect(leaf.refused).toHaveLength(1);
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
    for (let data = 0; data < 1000; data += 1) expect(() => inport.handleIP({ data })).toThrow('no');
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
