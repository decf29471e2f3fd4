import { describe, expect, it } from '@jest/globals';
import { samplePacket } from '../../src/model/sample-packets.ts';
import { sources } from '../support/source.ts';

describe('a sample packet', () => {
  it('is there for each type that ports of our components name, but for settings', () => {
    const options = sources('src/model').filter(({ name }) => name === 'port-options');
    const named = [...sources('components'), ...options].flatMap(({ all }) =>
      all.flatMap(({ type, value }) =>
        type === 'StringLiteral' && /^chat\/[a-z]+$/.test(String(value)) ? [value] : [],
      ),
    );
    const missing = [...new Set(named.map(String))].filter(schema => samplePacket(schema) === undefined);
    expect(missing).toEqual(['chat/rules', 'chat/store']);
    expect(samplePacket('constructor')).toBeUndefined();
  });
});
