import { describe, expect, it, jest } from '@jest/globals';
import { check } from '../../src/check/check.ts';
import { write } from '../../src/fbp/print.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { Graph } from '../../src/model/graph.ts';
import { excess } from '../support/growth.ts';
import { isLong } from '../support/long.ts';
import { type Syntax, sources } from '../support/source.ts';

// A text from outside must not hold up the server: reading twice as much takes at most about twice as long.

jest.setTimeout(120_000);

const FILLERS: readonly string[] = [
  ...'-=1a(){}[]\'"\\ #@,.:;/<>~→¤_\t\n\r\u2028\u00a0\u{1f600}',
  ...[
    '->',
    ' -> ',
    '- ',
    '--> ',
    '=> ',
    '> ',
    "\\'",
    '\\"',
    "'a",
    '"a',
    '¤x',
    '()',
    'a(',
    'a)',
    'a(b',
    '(a)',
    'a.',
    'a/',
  ],
  ...[
    'a,',
    'x=1,',
    'a ',
    '1 ',
    '1.',
    '1e',
    'a[',
    'a[1',
    'a[1]',
    '[1,',
    '{"a":',
    '[:\n',
    '""',
    "'a' ",
    '# @a ',
    '__proto__ ',
  ],
  ...[
    'a b c d\n',
    '= x\n',
    '====\n',
    "'a\n",
    '[\n',
    '{\n',
    'a -> \n',
    '# c\n',
    'INPORT=a.',
    'EXPORT=',
    'DEFAULT_INPORT=',
  ],
  ...[
    'a(C) OUT -> IN b(D)\n',
    "'1' -> IN a\n",
    'a OUT -> IN ',
    'a(C), ',
    'a OUT[1] -> IN[2] b\n',
    '{"a": [1]} -> IN a\n',
  ],
];

/** What stands before the filler, so that another part of the grammar meets it, and after it, so that nothing fits. */
const AROUND: readonly (readonly [before: string, after: string])[] = [
  ['', ''],
  ['a(X) OUT ', ''],
  ['a(C:x=', '!'],
  ["'", 'x'],
  ['a(X:', '") OUT -> IN b(Y)'],
];

/** Behind other beginnings than none, single letters are enough. */
const grown = (work: (text: string) => void, around = AROUND, fillers = FILLERS) =>
  around.flatMap(([before, after]) =>
    fillers
      .filter(filler => before === '' || filler.length === 1)
      .flatMap(filler => excess(work, filler, before, after) ?? []),
  );

describe('reading a text', () => {
  it('is noticed here where its time grows with the square of its length', () => {
    expect(excess(text => /-{2,}>/.exec(text), '-')).toMatch(/ms, then/);
  });

  it('takes time in proportion to its length, whatever it is full of', () => {
    expect(grown(text => readGraph('a.fbp', text), isLong ? AROUND : AROUND.slice(0, 1))).toEqual([]);
    const json = [...AROUND.slice(0, 1), ['{"processes": {"a": ', ''], ['{"connections": [', ']}']] as const;
    expect(grown(text => readGraph('a.json', text), json)).toEqual([]);
    expect(grown(text => readGraph('a.fbp', '', text), json)).toEqual([]);
  });

  it('tells the first of many faults, and that there are more', () => {
    const { faults } = readGraph('a.fbp', 'a => b\n'.repeat(10_000));
    expect(faults).toHaveLength(21);
    expect(faults[0]).toMatchObject({ line: 1, sentence: '"=>" is no arrow; write "->", from left to right' });
    expect(faults[20]).toMatchObject({ line: 21, sentence: /^there are more mistakes below/ });
  });
});

describe('what is done with a graph that was read', () => {
  const catalogue = { names: ['chat/Router', 'core/Repeat'], find: () => undefined };
  const around = AROUND.slice(0, 1);
  const kept = (text: string): Graph => {
    const { graph } = readGraph('a.fbp', text);
    return { ...graph, nodes: graph.nodes.slice(0, 200), edges: graph.edges.slice(0, 200) };
  };

  it('takes time in proportion to the length of its names', () => {
    const names = ['a', '1', '_', 'a.', 'a/', 'a(', '(a)', 'a(C), ', "'a' ", 'INPORT=a.'];
    expect(grown(text => check(kept(text), catalogue), around, names)).toEqual([]);
    expect(grown(text => write(kept(text), { text, layout: '' }), around, names)).toEqual([]);
  });
});

describe('every regular expression', () => {
  const files = ['src', 'components', 'public'].flatMap(sources);
  const all = files.flatMap(({ path, all: syntax }) =>
    syntax.flatMap(({ type, pattern, flags }: Syntax) =>
      type === 'RegExpLiteral' ? [{ path, pattern: String(pattern), flags: String(flags) }] : [],
    ),
  );

  it('takes time in proportion to its text, whatever that is full of', () => {
    expect(all.length).toBeGreaterThan(100);
    // Only what may be repeated without end can take longer.
    const endless = all.filter(({ pattern }) => /[*+]|\{\d+,\}/.test(pattern));
    const different = [...new Map(endless.map(each => [`/${each.pattern}/${each.flags}`, each])).values()];
    const slow = different.flatMap(({ path, pattern, flags }) => {
      const work = (text: string) => [...text.matchAll(new RegExp(pattern, `${flags.replace('g', '')}g`))];
      const found = fillers(pattern).flatMap(filler =>
        beginnings(pattern).flatMap(to => excess(work, filler, to, '\0') ?? []),
      );
      return found.length > 0 ? [`${path}: /${pattern}/ ${found[0]}`] : [];
    });
    expect(slow).toEqual([]);
  });
});

/** What a pattern says letter by letter at its beginning, such as `; write '`. */
function beginnings(pattern: string): readonly string[] {
  const literal = /^\^?((?:[^\\^$.*+?()[\]{}|]|\\[^a-zA-Z0-9])*)/.exec(pattern)?.[1]?.replaceAll('\\', '') ?? '';
  return [...new Set(['', literal])];
}

/**
 * Every one and two of the letters that a pattern is about, and its beginning over and over. Which of two comes first matters
 * only to what looks at the beginning of a text.
 */
function fillers(pattern: string): readonly string[] {
  const letters = [...new Set(`a1 \n${pattern.replaceAll(/\\[a-zA-Z]/g, '')}`)];
  const pairs = letters.flatMap((one, index) =>
    letters.slice(pattern.includes('^') ? 0 : index).map(other => (one === other ? one : one + other)),
  );
  return [...pairs, ...beginnings(pattern).filter(text => text !== '')];
}
