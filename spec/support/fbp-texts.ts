import fc from 'fast-check';
import { anyCharacter } from './random.ts';

const word = (first: string, rest: string) =>
  fc
    .tuple(fc.constantFrom(...first), fc.string({ unit: fc.constantFrom(...rest), maxLength: 5 }))
    .map(all => all.join(''));
const LETTERS = 'abcxyzABXYZ_';

// Few names, so that statements meet the same nodes again.
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'router', 'my-node', 'true', 'INPORT'),
  word(LETTERS, `${LETTERS}019-`),
);
const port = fc.oneof(fc.constantFrom('IN', 'OUT', 'Error', 'a'), word(LETTERS, `${LETTERS}019.`));
const index = fc.option(fc.nat(12), { nil: undefined });
const arrayPort = fc.tuple(port, index).map(([called, at]) => (at === undefined ? called : `${called}[${at}]`));
const spaces = fc.constantFrom(' ', ' ', '  ');
const padding = fc.constantFrom('', ' ', '   ');
const arrow = fc.constantFrom(' -> ', ' -> ', ' ->', '  ->  ');

const metadata = fc.oneof(
  fc.tuple(fc.nat(999), fc.nat(999)).map(([x, y]) => `x=${x},y=${y}`),
  fc.constantFrom('main', 'label=a/b', 'x=', 'a=b=c', 'x=1,,y', 'x=no'),
);
const component = fc
  .tuple(
    fc.constantFrom('chat/Router', 'Storage', 'a-b/C_1', 'A//B', ''),
    fc.option(metadata, { nil: undefined, freq: 3 }),
  )
  .map(([called, more]) => (more === undefined ? `(${called})` : `(${called}:${more})`));
const inline = fc.tuple(fc.option(name, { nil: '' }), component).map(all => all.join(''));
const node = fc.oneof(name, inline);

// What __proto__ means as a key is the one thing that our reading and the package don't agree on.
const json = fc.json({ stringUnit: anyCharacter, maxDepth: 3 }).filter(text => !text.includes('__proto__'));
const pretty = json.map(text => JSON.stringify(JSON.parse(text), null, 2));
const quoted = fc
  .string({ unit: fc.constantFrom("'", '\\', '"', 'é', ' ', '\n', '->', '#', '(', 'x', '\u2028'), maxLength: 8 })
  .map(text => `'${text.replaceAll("'", "\\'")}x'`);
const packet = fc.oneof(quoted, json, pretty);

const given = (part: fc.Arbitrary<string>, gap: fc.Arbitrary<string>, side: 'before' | 'after') =>
  fc.option(fc.tuple(part, gap), { nil: undefined }).map(found => {
    if (!found) return '';
    return side === 'before' ? found.join('') : found.toReversed().join('');
  });
const leading = given(arrayPort, spaces, 'before');
const trailing = given(arrayPort, spaces, 'after');
const joined = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map(all => all.join(''));

const sender = fc.oneof(
  packet,
  joined(node, trailing),
  joined(leading, inline, trailing),
  joined(leading, node, trailing),
);
const bridge = fc.oneof(joined(arrayPort, spaces, node, spaces, arrayPort), joined(leading, inline, trailing));
const chain = fc
  .tuple(
    fc.array(joined(sender, arrow), { maxLength: 1 }),
    fc.array(joined(fc.oneof({ weight: 5, arbitrary: bridge }, { weight: 1, arbitrary: sender }), arrow), {
      maxLength: 3,
    }),
    leading,
    node,
  )
  .map(([first, middle, inlet, last]) => [...first, ...middle, inlet, last].join(''));

const outer = joined(fc.constantFrom('INPORT=', 'OUTPORT='), node, fc.constant('.'), port, fc.constant(':'), port);
const preset = joined(fc.constantFrom('DEFAULT_INPORT=', 'DEFAULT_OUTPORT='), port);
const comment = fc.constantFrom(
  '# said',
  '#',
  "# it's -> (",
  '# @name Our chat',
  '# @runtime noflo',
  '#@icon no:thing',
);
const newline = fc.constantFrom('\n', '\n', '\r\n', '\r', '\n\n', '\u2028');
const end = fc.oneof(
  newline,
  joined(comment, newline),
  joined(fc.constant(' '), comment, newline),
  fc.constantFrom(',', ', ', ', \n'),
);

/** Texts in .fbp that use the whole language; nearly all of them parse. */
export const texts = fc
  .array(joined(padding, fc.oneof({ weight: 6, arbitrary: chain }, outer, preset, comment), end), { maxLength: 8 })
  .map(lines => lines.join(''));

const simple = fc.constantFrom('a', 'b', 'c', 'd', 'router', 'my-node', '_A_1');
const declared = fc
  .tuple(fc.option(simple, { nil: '', freq: 4 }), fc.constantFrom('chat/Router', 'A', 'a-b/C_1', 'A:x=1,y=2', 'B:main'))
  .map(([called, more]) => `${called}(${more})`);
const mention = fc.oneof(simple, declared);
const link = joined(
  arrow,
  fc.oneof(joined(arrayPort, spaces, mention, spaces, arrayPort), joined(leading, declared, trailing)),
);
const soundChain = joined(
  fc.oneof(packet, joined(mention, trailing)),
  fc.array(link, { maxLength: 2 }).map(links => links.join('')),
  arrow,
  fc.oneof(joined(arrayPort, spaces, mention), declared),
);
const soundOuter = joined(
  fc.constantFrom('INPORT=', 'OUTPORT='),
  simple,
  fc.constant('.'),
  port,
  fc.constant(':'),
  port,
);
const soundEnd = fc.oneof(
  fc.constantFrom('\n', '\n', '\r\n', '\n\n', ', ', ',\n'),
  comment.map(said => ` ${said}\n`),
);

/** Texts in .fbp of which nothing is lost and no statement does nothing. */
export const soundTexts = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: joined(
          padding,
          fc.oneof({ weight: 4, arbitrary: soundChain }, declared, soundOuter, preset),
          soundEnd,
        ),
      },
      comment.map(said => `${said}\n`),
    ),
    { maxLength: 8 },
  )
  .map(lines => lines.join(''));

/** Texts that use the whole language with some characters put in, taken out or exchanged. */
export const mutants = fc
  .tuple(
    texts,
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...'\'"\\()[]{}->=:,#.\t\n/ aN1')), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([text, changes]) =>
    changes.reduce((before, [where, taken, put]) => {
      const at = where % (before.length + 1);
      return before.slice(0, at) + (taken === 2 ? '' : put) + before.slice(at + (taken === 0 ? 0 : 1));
    }, text),
  );
