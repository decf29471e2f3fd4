import { describe, expect, it } from '@jest/globals';
import { DeviceLinks } from '../../src/accounts/devices.ts';

/** A link of ann's that a device has opened. */
function opened() {
  const links = new DeviceLinks();
  const { id, code } = links.make('ann', 0);
  const { ticket, number } = links.open(code, 1)!;
  return { links, id, code, ticket, number };
}

describe('a link for another device', () => {
  it('lets one device in, once, and only when its owner has confirmed the number', () => {
    const { links, id, ticket, number } = opened();
    expect(number).toMatch(/^[1-9]\d$/);
    expect([links.enter(ticket, 2), links.look(id, 'ann', 2)]).toEqual([null, { number }]);
    expect(links.decide(id, 'ann', 0, 3)).toBe(true);
    expect([links.enter(ticket, 4), links.enter(ticket, 5)]).toEqual([{ person: 'ann', since: 0 }, undefined]);
  });

  it('is opened once: whoever else has it, or guesses, gets nothing', () => {
    const { links, code, ticket } = opened();
    expect(links.open(code, 2)).toBeUndefined();
    // The code is not the ticket, and the other way round.
    expect([links.enter(code, 2), links.open(ticket, 2)]).toEqual([undefined, undefined]);
  });

  it('can not be confirmed before a device has opened it, nor by anybody else', () => {
    const links = new DeviceLinks();
    const { id, code } = links.make('ann', 0);
    expect([links.decide(id, 'ann', 0, 1), links.enter(code, 1), links.look(id, 'ann', 1)]).toEqual([
      false,
      undefined,
      {},
    ]);
    links.open(code, 2);
    expect([links.decide(id, 'bob', 0, 3), links.look(id, 'bob', 3)]).toEqual([false, undefined]);
  });

  it('ends when it is refused, after two minutes, and when there is a newer one', () => {
    const refused = opened();
    refused.links.decide(refused.id, 'ann', undefined, 2);
    expect(refused.links.enter(refused.ticket, 3)).toBeUndefined();
    const old = opened();
    expect(old.links.look(old.id, 'ann', 119_999)).toBeDefined();
    expect([old.links.look(old.id, 'ann', 120_000), old.links.decide(old.id, 'ann', 0, 120_000)]).toEqual([
      undefined,
      false,
    ]);
    const first = opened();
    first.links.make('ann', 2);
    expect(first.links.decide(first.id, 'ann', 0, 3)).toBe(false);
  });
});
