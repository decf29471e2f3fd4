import { describe, expect, it } from '@jest/globals';
import { expression, isTrue, oneByOne } from '../../src/behaviour/expression.ts';
import { fieldAt, pathOf, withField } from '../../src/behaviour/fields.ts';
import { oneOf, textPatterns } from '../../src/behaviour/pattern.ts';
import { linesOf, listOf, millisecondsAt, settingsReader } from '../../src/behaviour/settings.ts';
import { template } from '../../src/behaviour/template.ts';
import { masked, wordFinder } from '../../src/behaviour/words.ts';
import { flaws, frozen } from '../support/node.ts';

const ann = frozen({ id: 'q1', text: 'hi', who: { name: 'ann' }, tags: ['a', 'b'], n: 0 });

describe('a field', () => {
  it('is found by its name, and only where the packet itself has it', () => {
    expect(fieldAt(ann, pathOf('who.name'))).toBe('ann');
    for (const name of ['who.age', 'text.length', 'constructor', 'who.constructor.name', 'toString'])
      expect(fieldAt(ann, pathOf(name))).toBeUndefined();
  });

  it('is set in a copy', () => {
    const set = withField(ann, ['who', 'name'], 'bob');
    expect([set, ann.who.name]).toEqual([{ ...ann, who: { name: 'bob' } }, 'ann']);
    expect(withField(ann, ['made', 'up'], 'x')).toMatchObject({ made: { up: 'x' } });
    expect(withField(ann, ['text'], undefined)).not.toHaveProperty('text');
    expect(flaws(set)).toEqual([]);
  });

  it.each(['', 'a b', '.a', 'a.', '1a', '{{a}}'])('is not called %j', name => {
    expect(() => pathOf(name)).toThrow('is no field');
  });
});

describe('a template', () => {
  it.each([
    ['Hi {{who.name}}!', 'Hi ann!'],
    ['{{ text }}{{! said }} {{{tags}}} {{n}}', 'hi a, b 0'],
    ['{{who}}', '{"name":"ann"}'],
    ['[{{nothing}}{{who.nothing.more}}{{constructor}}]', '[]'],
    ['plain & <b>', 'plain & <b>'],
  ])('makes of %j what the packet says', (text, made) => {
    expect(template(text)(ann)).toBe(made);
  });

  it.each(['{{#tags}}x{{/tags}}', '{{^a}}{{/a}}', '{{>part}}', '{{=<% %>=}}', '{{a', '{{a b}}', '{{}}'])(
    'has no logic: %j',
    text => {
      expect(() => template(text)).toThrow(/template|field/);
    },
  );

  it('does not grow without end', () => {
    expect(() => template('x'.repeat(20_000))).toThrow('at most');
    expect(() => template('{{text}}'.repeat(1000))({ text: 'x'.repeat(4000) })).toThrow('more than 64000 characters');
  });
});

describe('a pattern', () => {
  it.each([
    ['!time', ' !TIME ', {}],
    ['/roll :sides', '/roll  20', { sides: '20' }],
    ['!say :to :text*', '!say ann good day ', { to: 'ann', text: 'good day' }],
    ['*refund*', 'a Refund,\nplease', {}],
    ['/(?<word>b+)/i', 'aBB', { word: 'BB' }],
    ['a.b (c)', 'a.b (c)', {}],
  ])('finds what %j means in %j', (pattern, text, found) => {
    expect(textPatterns('PATTERN', [pattern])(text)).toEqual(found);
  });

  it.each([
    ['!time', '!time now'],
    ['/roll :sides', '/roll'],
    ['a.b', 'axb'],
    ['/^b/', 'ab'],
  ])('does not find %j in %j', (pattern, text) => {
    expect(textPatterns('PATTERN', [pattern])(text)).toBeUndefined();
  });

  it.each(['/(/', '/(?=a)/', '/\\1/', '/a{1001}/', '/((a{100}){100}){100}/', ':a :a', 'x'.repeat(501)])(
    'is none where it can not be matched in linear time: %j',
    pattern => {
      expect(() => textPatterns('PATTERN', [pattern])).toThrow(/^PATTERN: .*is no pattern: /);
    },
  );

  it('is at hand however evil it is', () => {
    expect(textPatterns('PATTERN', ['/(x+x+)+y/'])('x'.repeat(4000))).toBeUndefined();
    expect(() => textPatterns('PATTERN', Array(1000).fill('/.{0,900}/'))).toThrow('takes too long');
    expect(() => textPatterns('PATTERN', [])).toThrow('has no pattern');
  });

  it('of names has stars, and takes linear time as well', () => {
    const isOne = oneOf(['news', 'dev-*', '*-x-*y'], false);
    expect(['news', 'dev-', 'dev-ops', 'a-x-by'].filter(isOne)).toHaveLength(4);
    expect(['News', 'dev', 'a-x-', 'newsy'].filter(isOne)).toEqual([]);
    expect(oneOf(['News'], true)('nEWS')).toBe(true);
    expect(oneOf(['*a*a*a*a*a*a*b'], false)('a'.repeat(100_000))).toBe(false);
    expect(oneOf(['aba*ba'], false)('aba')).toBe(false);
  });
});

describe('an expression', () => {
  const evaluate = (text: string, packet: unknown = ann) => expression('WHEN', text)(packet);

  it('is JSONata', async () => {
    expect(await evaluate('$length(text) = 2 and who.name = "ann"')).toBe(true);
    const made = await evaluate('{"all": tags, "name": $uppercase(who.name), "none": nothing}');
    expect(made).toEqual({ all: ['a', 'b'], name: 'ANN' });
    expect(flaws(made)).toEqual([]);
    expect(await evaluate('$match(text, /h(.)/).groups[0]')).toBe('i');
    expect(await evaluate('$replace("aaa", /a/, "b")')).toBe('bbb');
  });

  it.each(['(', 'text =', '$match(text, /(?=a)/)', '"x', 'x'.repeat(4001)])('is none: %j', text => {
    expect(() => expression('WHEN', text)).toThrow(/^WHEN /);
  });

  it.each([
    ['does not end', '($f := function($x){$f($x)}; $f(1))'],
    ['calls itself without end', '($f := function($x){1 + $f($x)}; $f(1))'],
    ['counts too far', '[1..9999999]'],
    ['goes round too often', '$map([1..9000], function($v){$map([1..9000], function($w){$w})})'],
    ['grows', '($f := function($s,$n){$n=0 ? $s : $f($s & $s, $n - 1)}; $f("x", 28))'],
    ['makes a function', 'function($x){$x}'],
    ['fails', '$error("no")'],
  ])('that %s is ended with a sentence', async (_, text) => {
    await expect(evaluate(text)).rejects.toThrow(/^WHEN failed: /);
  });

  it('matches in linear time, and makes no more blanks than may be', async () => {
    expect(await evaluate('$match(text, /(x+x+)+y/)', { text: 'x'.repeat(4000) })).toBeUndefined();
    await expect(evaluate('$pad("", 1000000000) & "x"')).rejects.toThrow('more than 64000');
  });

  it('knows what is true as JSONata does', () => {
    expect([0, '', undefined, null, [], [0], {}, false].some(isTrue)).toBe(false);
    expect([1, 'false', [0, 1], { a: 0 }, true].every(isTrue)).toBe(true);
  });

  it('is evaluated for one packet after another', async () => {
    const inTurn = oneByOne();
    const done: string[] = [];
    const work = (name: string, turns: number) => async () => {
      for (let i = 0; i < turns; i++) await undefined;
      done.push(name);
      if (name === 'b') throw new Error('b');
    };
    await Promise.allSettled([inTurn(work('a', 20)), inTurn(work('b', 5)), inTurn(work('c', 0))]);
    expect(done).toEqual(['a', 'b', 'c']);
  });
});

describe('a list of words', () => {
  const find = wordFinder(
    ['bad', 'ass', 'bill', 'kill yourself', 'refund*', '*shot', '*ump*', '脏话', 'C++', 'english'],
    ['shitake', 'trumpet', 'bad luck'],
  );
  const found = (text: string) => find(text).map(({ word }) => word);

  it.each([
    ['a bad day', ['bad']],
    ['B4D b@d BÄD bаd', ['bad', 'bad', 'bad', 'bad']],
    ['b a d, b.a.d', ['bad']],
    ['baaaad asss', ['bad', 'ass']],
    ['bi11 b1ll', ['bill', 'bill']],
    ['Kill  yourself!!!', ['kill yourself']],
    ['refunds moonshot bumped', ['refund*', '*shot', '*ump*']],
    ['这是脏话吗', ['脏话']],
    ['sh1t', ['shit']],
  ])('finds in %j what is of it', (text, words) => {
    expect(found(text)).toEqual(expect.arrayContaining(words));
  });

  it.each([
    'badminton class bass',
    'billing',
    'kill and yourself',
    'shitake',
    'a trumpet',
    'bad luck!',
    '',
    '!!! ... 100%',
  ])('finds nothing in %j', text => {
    expect(found(text)).toEqual([]);
  });

  it('is masked letter by letter', () => {
    const text = 'so b.a.d: 脏话 and KILL yourself!!';
    expect(masked(text, find(text))).toBe('so *****: ** and **** ********!!');
  });

  it('takes a hundred thousand words and no more, and not none', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `w${i.toString(36)}x`);
    expect(wordFinder(many(100_000), [])('hello w255rx').map(({ word }) => word)).toEqual(['w255rx']);
    expect(() => wordFinder(many(100_001), [])).toThrow('more than 100,000 words');
    expect(() => wordFinder([], [])).toThrow('WORDS has no word');
  });

  it('looks at odd texts once', () => {
    for (const text of ['!'.repeat(4000), 'a '.repeat(2000), 'a1'.repeat(2000), 'x'.repeat(4000), 'ｂ'.repeat(4000)])
      expect(found(text)).toEqual([]);
  });
});

describe('settings', () => {
  const declared = {
    name: { control: true, required: true },
    most: { control: true, default: 3 },
  } as const;
  const input = (values: Readonly<Record<string, unknown>>) => ({
    hasData: (port: string) => port in values,
    getData: (port: string) => values[port],
  });

  it('are read once for as long as they stay the same, with their defaults', () => {
    let reads = 0;
    const read = settingsReader(declared, values => {
      reads += 1;
      return `${values.name} ${values.most}`;
    });
    expect(read(input({}))).toBeUndefined();
    expect([read(input({ name: 'a' })), read(input({ name: 'a' })), reads]).toEqual(['a 3', 'a 3', 1]);
    expect(read(input({ name: 'a', most: 4 }))).toBe('a 4');
  });

  it('that make no sense throw each time, until they are right', () => {
    const read = settingsReader(declared, ({ name }) => millisecondsAt('NAME', name));
    expect(() => read(input({ name: 'soon' }))).toThrow('NAME must be a time such as "30 s"');
    expect(() => read(input({ name: 'soon' }))).toThrow('NAME must be');
    expect(read(input({ name: '2 min' }))).toBe(120_000);
  });

  it('are lists, by lines or commas', () => {
    expect(listOf('a, b\n\n c ,')).toEqual(['a', 'b', 'c']);
    expect(linesOf('a, b\r\n  c')).toEqual(['a, b', 'c']);
    expect(listOf(['a, b', 'c'])).toEqual(['a, b', 'c']);
  });

  it.each([
    ['30 s', 30_000],
    ['1.5h', 5_400_000],
    ['1 day', 86_400_000],
    [5, 5000],
    ['250 ms', 250],
  ])('are times: %j', (text, milliseconds) => {
    expect(millisecondsAt('T', text)).toBe(milliseconds);
  });

  it.each(['', '0 s', '-1 s', '1 fortnight', 'constructor', '1e999 s', undefined])('are no time: %j', text => {
    expect(() => millisecondsAt('T', text)).toThrow('T must be a time');
  });
});
