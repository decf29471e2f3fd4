import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { excerpt } from '../model/words.ts';
import type { OffsetFault } from './place.ts';
import { BLANK, bareOf, bracketEnd, quoteEnd } from './scanner.ts';

/** A part of the text that the grammar doesn't know, as offsets. */
export interface Region {
  /** Where the statements of its line begin that belong together. */
  readonly begin: number;
  /** Where the first statement begins that can't be read. */
  readonly stuck: number;
  /** How far the package `fbp` got. */
  readonly farthest: number;
  readonly end: number;
}

interface Usual {
  /** Sought in the region with packets, components and comments blanked; its first group is what is wrong. */
  readonly pattern: RegExp;
  readonly say: (found: string) => string;
}

const LINE_END = /[\n\r\u2028\u2029]/g;
const COMPONENT = /\(([^()]*)\)/dg;
const GOOD_COMPONENT = /^[\w/-]*(?::[\w/=,]+)?$/;

/** What people write for an arrow; hyphens and "=" also stand within names and metadata. */
const NO_ARROW = new RegExp(
  '(?<!A)(- +>|(?!->(?!A)|[-=]+(?!A))A+|(?<=\\s)-+(?=\\s))'.replaceAll('A', '[-=<>~—–→⇒»]'),
  'd',
);

/** Each takes time that is linear in the length of the region. */
const USUAL: readonly Usual[] = [
  { pattern: /(\t)/d, say: () => 'a tab stands here; use spaces' },
  {
    pattern: /([\u00a0\u200b\u2007\u202f\ufeff])/d,
    say: found => `the invisible character U+${code(found)} stands here; use a plain space or nothing`,
  },
  { pattern: /^((?:DEFAULT_)?(?:IN|OUT|EX)PORT\b.*)/di, say: keyword },
  {
    pattern: /^(?=[^']*')[^']*?¤([^\s¤,>-][^']*')/d,
    say: () => "a quote within a quoted packet needs a backslash before it: \\'",
  },
  { pattern: /('.*)/d, say: found => `this quote is not closed: ${found}` },
  { pattern: /(".*)/d, say: found => `this quote is not closed: ${found}` },
  { pattern: NO_ARROW, say: found => `"${found}" is no arrow; write "->", from left to right` },
  { pattern: /((?<![\w-])[\w-]*\([^()\s]*)(?=[\s(]|$)(?![^()]*\))/d, say: found => `expected ")" after "${found}"` },
  { pattern: /(?:^|[\s,])([\w/:-]+\))/d, say: found => `expected "(" before the component in "${found}"` },
  { pattern: /^(->)/d, say: () => 'expected a node and its port, or an initial packet, before "->"' },
  { pattern: /->( *)->/d, say: () => 'expected a port and a node between "->" and "->"' },
  {
    pattern: /(?:^|[\s,])([A-Za-z_][\w-]*(?:\/[\w/.-]*)+)/d,
    say: found => `${nodeName(found)}; write ${found.replaceAll(/[/.]/g, '_')}`,
  },
  {
    pattern: /(?:^|-> *(?:[\w.]+(?:\[\d+\])? +)?)([A-Za-z_][\w-]*\.[\w.-]*)(?= *(?:->|,|\(|¤|$)| +\w+ *->)/d,
    say: found => `${nodeName(found)}; write ${found.replaceAll('.', '_')}`,
  },
  {
    pattern: /(?:^|-> *(?:[\w.]+(?:\[\d+\])? +)?)(\d[\w-]*[A-Za-z_][\w-]*)/d,
    say: found => `a node's name begins with a letter or "_": "${found}"`,
  },
  { pattern: /\w(\[(?!\d+\])[^\]\s]*\]?)/d, say: index },
  {
    pattern: /^[\w-]+¤* +([\w.]*-[\w.-]*) *->/d,
    say: found => `a port's name has only letters, digits, "_" and ".": "${found}"`,
  },
  {
    pattern: /-> *([A-Za-z_]\w*) +(?:$|,)/d,
    say: found => `"${found}" is read as a port, as a space follows it; write IN ${found}, or drop the space`,
  },
  {
    pattern: /^([A-Za-z_]\w*) +(?:$|,)/d,
    say: found => `"${found}" alone does nothing; write ${found}(COMPONENT) to declare the node`,
  },
  {
    pattern: /^(¤+|-?\d[\d.eE+-]*|[[{].*[\]}]) *(?!->|[ ¤\d])/ds,
    say: found => `expected "->", a port and a node after the packet ${found}`,
  },
];

/** The one sentence, and its place, for a region of the text that the grammar doesn't know. */
export function mistakeIn(text: string, region: Region): OffsetFault {
  const { begin, stuck, farthest, end } = region;
  if (/^ *$/.test(text.slice(stuck, end))) {
    return { offset: stuck, sentence: 'only spaces stand on the last line; remove them' };
  }
  return (
    openQuote(text, region) ??
    badJson(text, region) ??
    badComponent(text, region) ??
    gluedArrow(text, region) ??
    usual(text, begin, end) ??
    danglingArrow(text, region) ??
    unknown(text, Math.min(Math.max(farthest, stuck), end), region)
  );
}

/** Where to read on after a statement that can't be read: the end of its line, or of the line on which its packet ends. */
export function regionEnd(text: string, stuck: number): number {
  const line = lineEnd(text, stuck);
  const opening = text[stuck];
  if (opening === "'") {
    return text.slice(stuck, line).includes('->') ? line : lineEnd(text, quoteEnd(text, stuck) ?? line);
  }
  if (opening !== '{' && opening !== '[') return line;
  const arrow = text.indexOf('->', stuck);
  return lineEnd(text, bracketEnd(text, stuck) ?? (arrow === -1 ? line : arrow));
}

function lineEnd(text: string, from: number): number {
  LINE_END.lastIndex = from;
  return LINE_END.exec(text)?.index ?? text.length;
}

function openQuote(text: string, { stuck, end }: Region): OffsetFault | undefined {
  if (text[stuck] !== "'") return;
  const close = quoteEnd(text, stuck);
  if (close !== undefined && close <= end && !text.slice(stuck, close).includes('->')) return;
  return {
    offset: stuck,
    sentence: `this quote is not closed: ${excerpt(text.slice(stuck, lineEnd(text, stuck)).trimEnd())}`,
  };
}

/** The first error within a packet in brackets. */
function badJson(text: string, { begin, stuck, end }: Region): OffsetFault | undefined {
  if (begin < stuck || (text[stuck] !== '{' && text[stuck] !== '[')) return;
  const json = text.slice(stuck, bracketEnd(text, stuck) ?? end);
  const errors: ParseError[] = [];
  parseTree(json, errors, { disallowComments: true });
  const [error] = errors;
  if (!error) return;
  // Without its closing bracket the packet's end is unknown, and what follows the arrow is none of its errors.
  const arrow = json.indexOf('->');
  const open = arrow !== -1 && error.offset >= arrow;
  if (open) return { offset: stuck, sentence: 'this JSON packet is not closed before "->"' };
  return { offset: stuck + error.offset, sentence: jsonSentence(error) };
}

/** What is wrong at an error of jsonc-parser, and the cure. */
export function jsonSentence({ error }: ParseError): string {
  return JSON_ERRORS[printParseErrorCode(error)] ?? 'this is not JSON';
}

const JSON_ERRORS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this word is not JSON; texts and names stand in double quotes',
  InvalidNumberFormat: 'this is no number; JSON has them as 1, -2.5 or 1e3',
  PropertyNameExpected: 'expected a name in double quotes; JSON has no comma after the last',
  ValueExpected: 'expected a value; JSON has no comma after the last',
  ColonExpected: 'expected ":" after the name',
  CommaExpected: 'expected "," between two values',
  CloseBraceExpected: 'expected "}"',
  CloseBracketExpected: 'expected "]"',
  EndOfFileExpected: 'expected the end, as the JSON is complete before this',
  InvalidCommentToken: 'JSON has no comments; remove this one',
  UnexpectedEndOfComment: 'JSON has no comments; remove this one',
  UnexpectedEndOfString: 'this text is not closed; expected a double quote before the end of the line',
  UnexpectedEndOfNumber: 'this number is not complete',
  InvalidUnicode: 'expected four hexadecimal digits after \\u',
  InvalidEscapeCharacter: 'JSON has no such escape; a backslash is written \\\\',
  InvalidCharacter: 'a control character stands within a text; write it as an escape, such as \\t',
};

/** What stands in brackets after a node's name. */
function badComponent(text: string, { begin, end }: Region): OffsetFault | undefined {
  for (const found of bareOf(text.slice(begin, end)).matchAll(COMPONENT)) {
    const start = begin + found.index + 1;
    const content = text.slice(start, start + (found[1] ?? '').length);
    if (GOOD_COMPONENT.test(content) || content.includes('\t')) continue;
    const [component = '', metadata = ''] = content.split(/:(.*)/s);
    if (!/^[\w/-]*$/.test(component)) {
      return {
        offset: start,
        sentence: `a component's name has only letters, digits, "_", "-" and "/": "${excerpt(component)}"`,
      };
    }
    return { offset: start + component.length, sentence: metadataSentence(metadata) };
  }
}

function metadataSentence(metadata: string): string {
  const position = metadata.split(',').find(item => /^\w+=[-+]?\d*(?:\.\d*)?$/.test(item) && /[-+.]/.test(item));
  if (position) return `a position in metadata is a whole number from 0 on: "${excerpt(position)}"`;
  return `metadata is written key=value with letters, digits, "_" and "/", and commas between: "${excerpt(metadata)}"`;
}

function gluedArrow(text: string, { farthest, begin }: Region): OffsetFault | undefined {
  if (text.slice(farthest - 1, farthest + 1) !== '->') return;
  const name = /(?<![\w-])[\d-]*([A-Za-z_][\w-]*)$/.exec(text.slice(begin, farthest - 1))?.[1];
  if (name)
    return { offset: farthest - 1, sentence: `put a space before "->", else its "-" is part of "${excerpt(name)}-"` };
}

function usual(text: string, begin: number, end: number): OffsetFault | undefined {
  const bare = bareOf(text.slice(begin, end)).replace(COMPONENT, (whole, content) =>
    content.includes('\t') ? whole : BLANK.repeat(whole.length),
  );
  for (const { pattern, say } of USUAL) {
    const [from, to] = pattern.exec(bare)?.indices?.[1] ?? [];
    if (from === undefined || to === undefined) continue;
    return {
      offset: begin + from,
      sentence: say(excerpt(text.slice(begin + from, begin + to).replace(/(?<! ) +$/, ''))),
    };
  }
}

function danglingArrow(text: string, { begin, end }: Region): OffsetFault | undefined {
  const said = /^(.*->) *(?:[,#].*)?$/s.exec(text.slice(begin, end))?.[1];
  if (said) return { offset: begin + said.length - 2, sentence: `expected a port and a node after "${excerpt(said)}"` };
}

function unknown(text: string, offset: number, { begin, end }: Region): OffsetFault {
  const rest = text.slice(offset, end).trim() || text.slice(begin, end).trim();
  const sentence = `can't read on at "${excerpt(rest)}"; a line reads NODE OUT -> IN NODE or 'packet' -> IN NODE`;
  return { offset, sentence };
}

/** How a line is written that begins with INPORT and the like. */
export function keyword(found: string): string {
  if (/^(?:DEFAULT_)?EX/i.test(found)) {
    return `an outer port is written INPORT=NODE.PORT:NAME or OUTPORT=NODE.PORT:NAME, not "${found}"`;
  }
  const direction = /^(?:DEFAULT_)?OUT/i.test(found) ? 'OUTPORT' : 'INPORT';
  if (/^DEFAULT/i.test(found)) return `a default port is written DEFAULT_${direction}=PORT, not "${found}"`;
  return `an outer port is written ${direction}=NODE.PORT:NAME, not "${found}"`;
}

/** How the index of an array port is written. */
export function index(found: string): string {
  return `an index is a whole number, as in OUT[0], not "${found}"`;
}

function nodeName(name: string): string {
  return `a node's name has only letters, digits, "_" and "-": "${name}"`;
}

function code(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
}
