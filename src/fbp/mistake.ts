import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
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
  readonly say: (text: string) => Diagnostic;
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
  { pattern: /(\t)/d, say: () => diagnostic('tab') },
  { pattern: /([\u00a0\u200b\u2007\u202f\ufeff])/d, say: invisible },
  { pattern: /^((?:DEFAULT_)?(?:IN|OUT|EX)PORT\b.*)/di, say: keyword },
  { pattern: /^(?=[^']*')[^']*?¤([^\s¤,>-][^']*')/d, say: () => diagnostic('quote-in-packet') },
  { pattern: /('.*)/d, say: text => diagnostic('open-quote', { text }) },
  { pattern: /(".*)/d, say: text => diagnostic('open-quote', { text }) },
  { pattern: NO_ARROW, say: text => diagnostic('no-arrow', { text }) },
  {
    pattern: /((?<![\w-])[\w-]*\([^()\s]*)(?=[\s(]|$)(?![^()]*\))/d,
    say: text => diagnostic('bracket-after', { text }),
  },
  { pattern: /(?:^|[\s,])([\w/:-]+\))/d, say: text => diagnostic('bracket-before', { text }) },
  { pattern: /^(->)/d, say: () => diagnostic('nothing-before-arrow') },
  { pattern: /->( *)->/d, say: () => diagnostic('nothing-between-arrows') },
  {
    pattern: /(?:^|[\s,])([A-Za-z_][\w-]*(?:\/[\w/.-]*)+)/d,
    say: text => diagnostic('node-name', { text, better: text.replaceAll(/[/.]/g, '_') }),
  },
  {
    pattern: /(?:^|-> *(?:[\w.]+(?:\[\d+\])? +)?)([A-Za-z_][\w-]*\.[\w.-]*)(?= *(?:->|,|\(|¤|$)| +\w+ *->)/d,
    say: text => diagnostic('node-name', { text, better: text.replaceAll('.', '_') }),
  },
  {
    pattern: /(?:^|-> *(?:[\w.]+(?:\[\d+\])? +)?)(\d[\w-]*[A-Za-z_][\w-]*)/d,
    say: text => diagnostic('node-name-begin', { text }),
  },
  { pattern: /\w(\[(?!\d+\])[^\]\s]*\]?)/d, say: text => diagnostic('index-form', { text }) },
  { pattern: /^[\w-]+¤* +([\w.]*-[\w.-]*) *->/d, say: text => diagnostic('port-name', { text }) },
  { pattern: /-> *([A-Za-z_]\w*) +(?:$|,)/d, say: text => diagnostic('port-or-node', { text }) },
  { pattern: /^([A-Za-z_]\w*) +(?:$|,)/d, say: text => diagnostic('node-alone', { text }) },
  {
    pattern: /^(¤+|-?\d[\d.eE+-]*|[[{].*[\]}]) *(?!->|[ ¤\d])/ds,
    say: text => diagnostic('arrow-after-packet', { text }),
  },
];

function invisible(text: string): Diagnostic {
  const character = `U+${text.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  return diagnostic('invisible-character', { character });
}

/** The one sentence, and its place, for a region of the text that the grammar doesn't know. */
export function mistakeIn(text: string, region: Region): OffsetFault {
  const { begin, stuck, farthest, end } = region;
  if (/^ *$/.test(text.slice(stuck, end))) {
    return { offset: stuck, ...diagnostic('spaces-at-end') };
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
  const quote = excerpt(text.slice(stuck, lineEnd(text, stuck)).trimEnd());
  return { offset: stuck, ...diagnostic('open-quote', { text: quote }) };
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
  return open ? { offset: stuck, ...diagnostic('open-packet') } : jsonMistake(error, stuck);
}

/** An error of jsonc-parser in a text that begins at `start`. */
export function jsonMistake({ error, offset }: ParseError, start = 0): OffsetFault {
  return { offset: start + offset, ...diagnostic('json-syntax', { error: printParseErrorCode(error) }) };
}

/** What stands in brackets after a node's name. */
function badComponent(text: string, { begin, end }: Region): OffsetFault | undefined {
  for (const found of bareOf(text.slice(begin, end)).matchAll(COMPONENT)) {
    const start = begin + found.index + 1;
    const content = text.slice(start, start + (found[1] ?? '').length);
    if (GOOD_COMPONENT.test(content) || content.includes('\t')) continue;
    const [component = '', metadata = ''] = content.split(/:(.*)/s);
    if (!/^[\w/-]*$/.test(component)) {
      return { offset: start, ...diagnostic('component-name', { text: excerpt(component) }) };
    }
    return { offset: start + component.length, ...metadataMistake(metadata) };
  }
}

function metadataMistake(metadata: string): Diagnostic {
  const position = metadata.split(',').find(item => /^\w+=[-+]?\d*(?:\.\d*)?$/.test(item) && /[-+.]/.test(item));
  if (position) return diagnostic('metadata-position', { text: excerpt(position) });
  return diagnostic('metadata-form', { text: excerpt(metadata) });
}

function gluedArrow(text: string, { farthest, begin }: Region): OffsetFault | undefined {
  if (text.slice(farthest - 1, farthest + 1) !== '->') return;
  const name = /(?<![\w-])[\d-]*([A-Za-z_][\w-]*)$/.exec(text.slice(begin, farthest - 1))?.[1];
  if (name) return { offset: farthest - 1, ...diagnostic('arrow-in-name', { text: excerpt(name) }) };
}

function usual(text: string, begin: number, end: number): OffsetFault | undefined {
  const bare = bareOf(text.slice(begin, end)).replace(COMPONENT, (whole, content) =>
    content.includes('\t') ? whole : BLANK.repeat(whole.length),
  );
  for (const { pattern, say } of USUAL) {
    const [from, to] = pattern.exec(bare)?.indices?.[1] ?? [];
    if (from === undefined || to === undefined) continue;
    return { offset: begin + from, ...say(excerpt(text.slice(begin + from, begin + to).replace(/(?<! ) +$/, ''))) };
  }
}

function danglingArrow(text: string, { begin, end }: Region): OffsetFault | undefined {
  const said = /^(.*->) *(?:[,#].*)?$/s.exec(text.slice(begin, end))?.[1];
  if (said) return { offset: begin + said.length - 2, ...diagnostic('nothing-after-arrow', { text: excerpt(said) }) };
}

function unknown(text: string, offset: number, { begin, end }: Region): OffsetFault {
  const rest = text.slice(offset, end).trim() || text.slice(begin, end).trim();
  return { offset, ...diagnostic('unreadable', { text: excerpt(rest) }) };
}

/** A line that begins with INPORT and the like. */
export function keyword(text: string): Diagnostic {
  if (/^(?:DEFAULT_)?EX/i.test(text))
    return diagnostic('outer-port-form', { text, form: 'INPORT=NODE.PORT:NAME or OUTPORT=NODE.PORT:NAME' });
  const direction = /^(?:DEFAULT_)?OUT/i.test(text) ? 'OUTPORT' : 'INPORT';
  if (/^DEFAULT/i.test(text)) return diagnostic('default-port-form', { text, form: `DEFAULT_${direction}=PORT` });
  return diagnostic('outer-port-form', { text, form: `${direction}=NODE.PORT:NAME` });
}
