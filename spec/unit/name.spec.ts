import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CONFUSABLES } from '../../src/model/confusables.ts';
import { lookOf } from '../../src/model/look.ts';
import { nameFault, normalName } from '../../src/model/name.ts';
import { hasVisible } from '../../src/model/text.ts';
import { confusables } from '../support/confusables.ts';
import { ALIKE, BAD_NAMES, GOOD_NAMES, SEEN_TEXTS, UNSEEN_TEXTS } from '../support/names.ts';
import { anyCharacter, numRuns } from '../support/random.ts';

describe('a name', () => {
  it.each(GOOD_NAMES)('may have %s', (_, name, kept) => {
    expect(normalName(name)).toBe(kept);
    if (kept !== '') expect(nameFault(kept)).toBeUndefined();
  });

  it.each(BAD_NAMES)('may not have %s', (_, name, fault) => {
    expect(nameFault(normalName(name))).toMatch(fault);
  });

  it('is normal once and for all', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), name => {
        expect(normalName(normalName(name))).toBe(normalName(name));
      }),
    );
  });

  it('that is good has nothing in it but its look, whatever is put between', () => {
    const odd = fc.constantFrom(
      '\u200b',
      '\u200c',
      '\u200d',
      '\ufe0f',
      '\u202e',
      '\u0301',
      '\u3164',
      ' ',
      'a',
      '\u2764',
      'ر',
      '\u094d',
    );
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 8 }), parts => {
        const name = normalName(parts.join(''));
        if (nameFault(name) !== undefined) return;
        expect(hasVisible(name)).toBe(true);
        expect(name).not.toMatch(/\u200b|\u202e|\u3164|\u0301{3}|(^|a)(\u200c|\u200d|\ufe0f)/);
      }),
      numRuns(50),
    );
  });
});

describe('a text', () => {
  it.each(UNSEEN_TEXTS)('is none where nothing of it is seen: %j', text => {
    expect(hasVisible(text)).toBe(false);
  });

  it.each(SEEN_TEXTS)('is one where something of it is seen: %j', text => {
    expect(hasVisible(text)).toBe(true);
  });
});

describe('the look of a name', () => {
  it.each(ALIKE)('is the same for %j and %j', (one, other) => {
    expect(lookOf(one)).toBe(lookOf(other));
  });

  it.each([
    ['ann', 'anna'],
    ['ann', 'bob'],
    ['北京', '東京'],
    ['Жanna', 'anna'],
    ['علی', 'علا'],
    ['رنا', 'رتا'],
  ])('differs for %j and %j', (one, other) => {
    expect(lookOf(one)).not.toBe(lookOf(other));
  });

  it('of ASCII is found as that of any other name', () => {
    const ascii = String.fromCharCode(...Array.from({ length: 0x7f - 0x21 }, (_, at) => 0x21 + at));
    expect(lookOf(ascii)).toBe(lookOf(`${ascii}\u200b`));
    expect([lookOf('a n'), lookOf('')]).toEqual(['an', '']);
  });

  it('comes from the table that "npm run confusables" makes', () => {
    // A difference of thousands of characters helps nobody.
    expect(CONFUSABLES === confusables()).toBe(true);
  });
});
