import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { addresses, networkOf } from '../../src/http/connections.ts';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['0:0:0:0:0:FFFF:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::5:6:7:8:9', '2001:db8:0:5::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['unknown', 'unknown'],
    ['', ''],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the hash of a caller', () => {
  const key = Buffer.from('one');
  const from = addresses(true, () => key);
  const by = (address: string, ask = from) =>
    ask({ headers: { 'x-forwarded-for': address }, socket: {} } as unknown as IncomingMessage);

  it('is the same for a whole network of IPv6, and for each address of IPv4 another one', () => {
    expect(by('2001:db8:1:2::1')).toBe(by('2001:db8:1:2:ffff::2'));
    expect(by('2001:db8:1:2::1')).not.toBe(by('2001:db8:1:3::1'));
    expect(by('192.0.2.1')).not.toBe(by('192.0.2.2'));
    expect(by('192.0.2.1')).toBe(by('::ffff:192.0.2.1'));
  });

  it('says nothing of the address, and is the same by the same key only', () => {
    const [same, other] = [Buffer.from('one'), Buffer.from('two')];
    expect(by('192.0.2.1')).toMatch(/^[\w-]{16}$/);
    expect(
      by(
        '192.0.2.1',
        addresses(true, () => same),
      ),
    ).toBe(by('192.0.2.1'));
    expect(
      by(
        '192.0.2.1',
        addresses(true, () => other),
      ),
    ).not.toBe(by('192.0.2.1'));
  });

  it('is another on an open connection, too, once the key is', () => {
    let now = Buffer.from('one');
    const ask = addresses(false, () => now);
    const request = { headers: {}, socket: { remoteAddress: '192.0.2.1' } } as unknown as IncomingMessage;
    const before = ask(request);
    expect(ask(request)).toBe(before);
    now = Buffer.from('two');
    expect(ask(request)).not.toBe(before);
  });
});
