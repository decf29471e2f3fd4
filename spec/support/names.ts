/** Names and texts as people and others send them, for whatever takes some: the server, and the fields of a page. */

/** What is good: as it comes, and as it is kept. */
export const GOOD_NAMES: readonly (readonly [what: string, name: string, kept: string])[] = [
  ['a name', 'ann', 'ann'],
  ['blanks around', ' \t\n\u00a0ann\ufeff\r\n', 'ann'],
  ['blanks between', 'ann \u00a0\u2003 b\u3000c', 'ann b c'],
  ['letters and accents apart', 'Zoe\u0308', 'Zo\u00eb'],
  ['other scripts', 'Ж 北京 한글 ไทย', 'Ж 北京 한글 ไทย'],
  ['right to left', 'אבג دین', 'אבג دین'],
  ['signs', "O'Neil-Smith, Jr. (№ 5) #1", "O'Neil-Smith, Jr. (№ 5) #1"],
  ['two accents that have no letter of their own', 'x\u0301\u0323', 'x\u0323\u0301'],
  ['a Burmese syllable of four marks', '\u1019\u103c\u102d\u102f\u1037', '\u1019\u103c\u102d\u102f\u1037'],
  ['Hebrew with points', '\u05e9\u05bc\u05c1\u05b8', '\u05e9\u05b8\u05bc\u05c1'],
  ['Hindi of three marks', 'ब\u0921\u093c\u094b\u0902', 'ब\u0921\u093c\u094b\u0902'],
  ['Persian with a joiner', 'علی\u200cرضا', 'علی\u200cرضا'],
  ['Hindi with joiners', 'क्\u200dष क्\u200cष', 'क्\u200dष क्\u200cष'],
  ['Sinhala with a joiner', 'ශ්\u200dරී', 'ශ්\u200dරී'],
  ['an emoji', '😀', '😀'],
  ['an emoji of a selector', 'ann \u2764\ufe0f', 'ann \u2764\ufe0f'],
  ['a family', '👨\u200d👩\u200d👧\u200d👦', '👨\u200d👩\u200d👧\u200d👦'],
  ['a skin', '👍🏽', '👍🏽'],
  [
    'flags',
    '🇩🇪 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    '🇩🇪 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  ],
  ['a keycap', '1\ufe0f\u20e3', '1\ufe0f\u20e3'],
  ['64 characters', '😀'.repeat(64), '😀'.repeat(64)],
  ['none', ' \n ', ''],
];

const UNSEEN = /^has the character U\+[0-9A-F]{4,6}, which can't be seen by itself; leave it out$/;
const NOTHING = /^has no character that can be seen$/;
const ACCENTS = /^has too many accents on one letter; leave some out$/;

/** What is refused, and the end of the sentence that says why. */
export const BAD_NAMES: readonly (readonly [what: string, name: string, fault: RegExp])[] = [
  ...[
    ...[
      '\u200b',
      '\u3164',
      '\u115f',
      '\uffa0',
      '\u2800',
      '\u2060',
      '\u202e',
      '\u200e',
      '\u0301',
      '\ufe0f',
      '\u200d',
      '\u200c',
    ],
    ...[
      '\u{e0041}',
      '\u{e007f}',
      '\u00ad',
      '\u034f',
      '\u061c',
      '\u180e',
      '\u2066\u2069',
      ' \u200b ',
      '\u0007',
      '\u{1d173}',
    ],
  ].map((name): [string, string, RegExp] => [`nothing but ${numbers(name)}`, name, NOTHING]),
  ...[
    ...[
      '\u200b',
      '\u3164',
      '\u2800',
      '\u2060',
      '\u00ad',
      '\u202e',
      '\u202d',
      '\u2066',
      '\u2069',
      '\u200f',
      '\ufe0f',
      '\u200d',
    ],
    ...[
      '\u200c',
      '\u{e0041}',
      '\u0000',
      '\u0007',
      '\u001b',
      '\u007f',
      '\u0085',
      '\r',
      '\n',
      '\t',
      '\u000b',
      '\u2028',
      '\u2029',
    ],
    ...['\ue000', '\u{f0000}', '\ufffe', '\u{1fffe}', '\ufdd0', '\ufeff', '\u034f', '\u180b', '\ufff9'],
  ].map((odd): [string, string, RegExp] => [`ann with ${numbers(odd)}`, `ann${odd}b`, UNSEEN]),
  ['ann and what can not be seen', 'ann\u200b', UNSEEN],
  ['a word turned round', '\u202Eadmin\u2066', UNSEEN],
  ['a joiner between Latin letters', 'a\u200db', UNSEEN],
  ['a joiner behind a letter that joins none', 'ر\u200cر', UNSEEN],
  ['a joiner at the end', 'علی\u200c', UNSEEN],
  ['a joiner between emoji that are no emoji together', '😀\u200d😀', UNSEEN],
  ['two joiners', 'क्\u200d\u200dष', UNSEEN],
  ['three accents', 'x\u0301\u0323\u0307', ACCENTS],
  ['60 accents', `a${'\u0335'.repeat(60)}`, ACCENTS],
  ['accents about a letter', `a${'\u20dd'.repeat(3)}`, ACCENTS],
  ['three times the same mark', 'ก\u0e47\u0e47\u0e47', ACCENTS],
  ['five marks', 'ཀ\u0f71\u0f72\u0f74\u0f7a\u0f7c', ACCENTS],
  ['65 characters', '😀'.repeat(65), /^has 65 characters; 64 is the most$/],
];

/** Texts of which nothing would be seen. */
export const UNSEEN_TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '\n\t\u00a0\u2003',
    '\u200b',
    '\u2800',
    '\u3164',
    '\u2060',
    '\u202e',
    '\u0301',
    '\ufe0f',
    '\u{e0041}',
    '\ufeff',
  ],
  ...['\u200b \u3164\n\u2800', '\u0007', '\u00ad', '\u200d\u200c'],
];

/** Texts that look odd, and may be sent. */
export const SEEN_TEXTS: readonly string[] = [
  '.',
  '❤\ufe0f',
  '\u202e!',
  '\u200ba',
  '👍',
  '\u0e47ก',
  '_',
  '\ue000',
  '\u{10ffff}',
];

/** Names of which two look alike. */
export const ALIKE: readonly (readonly [string, string])[] = [
  ['ann', 'аnn'],
  ['ann', 'Ann'],
  ['ann', 'ann\u200b'],
  ['ann b', 'annb'],
  ['paypal', 'раураl'],
  ['admin', 'adrnin'],
  ['bob', 'b0b'],
  ['Iris', 'lris'],
  ['ＡＮＮ', 'ann'],
  ['Zoé', 'Zoe'],
  ['ΑΒΓ', 'ABΓ'],
];

function numbers(name: string): string {
  return Array.from(
    name,
    character => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`,
  ).join(' ');
}
