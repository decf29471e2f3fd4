import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from 'obscenity';
import { plainLetters } from '../model/look.ts';
import { shortOf } from './settings.ts';

/** The position of a listed word in a text; `end` is exclusive. */
interface FoundWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Finds listed words in a text, in order. */
export type WordFinder = (text: string) => readonly FoundWord[];

const MAX_WORDS = 100_000;
/** Limit of the words of a phrase, and of consecutive single letters. */
const MAX_PHRASE = 8;
const MAX_APART = 50;

/** Stands for the list of English swear words. */
const ENGLISH = 'english';

/** Letters, digits, and characters that replace letters. */
const TOKEN = /[\p{L}\p{N}\p{M}@$!|+€£]+/gu;
/** Scripts without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Letters that a digit or a sign replaces in d1sgu1sed words; one or two each. */
const LEET: ReadonlyMap<string, string> = new Map(
  Object.entries({
    0: 'o',
    1: 'il',
    3: 'e',
    4: 'a',
    5: 's',
    7: 't',
    8: 'b',
    9: 'g',
    '@': 'a',
    $: 's',
    '!': 'il',
    '|': 'il',
    '+': 't',
    '€': 'e',
    '£': 'l',
  }),
);

interface Token {
  /** The text; in lower case if it is ASCII. */
  readonly text: string;
  /** Whether it is undisguised: only lower-case ASCII letters, none three times in a row. */
  readonly isPlain: boolean;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds words of a list, also d1sgu1sed ones: with digits, signs and similar letters, accents, repeated or separated
 * letters. `word*` matches beginnings, `*word` ends, `*word*` parts; `english` stands for English swear words. Words in
 * `except` are never found. Throws a sentence for a list that is too long or empty.
 */
export function wordFinder(words: readonly string[], except: readonly string[]): WordFinder {
  if (words.length === 0) throw new Error('WORDS has no word; write one on each line, or "english"');
  if (words.length + except.length > MAX_WORDS)
    throw new Error(`WORDS has more than ${MAX_WORDS.toLocaleString('en')} words`);
  for (const word of words) refuseUnfindable(word);
  const listed = new WordList(words.filter(word => word !== ENGLISH));
  const spared = new WordList(except);
  const swearing = words.includes(ENGLISH) ? swearFinder() : undefined;
  return text => {
    const tokens = tokensIn(text);
    const own = listed.isEmpty ? [] : listed.find(tokens);
    const all = swearing ? [...own, ...swearing(text)].sort((a, b) => a.start - b.start) : own;
    if (all.length === 0 || spared.isEmpty) return all;
    const kept = spared.find(tokens);
    return all.filter(({ start, end }) => !kept.some(one => one.start <= start && one.end >= end));
  };
}

/** Throws a sentence for a word that can't occur in a text. */
function refuseUnfindable(word: string): void {
  const bare = word.replace(/^\*|\*$/g, '').trim();
  if (bare.includes('*'))
    throw new Error(`WORDS: ${shortOf(word)} has a star within; it stands before or behind a word`);
  if (plainLetters(bare) === '' || tokensIn(bare).length === 0)
    throw new Error(`WORDS: ${shortOf(word)} has no letter to be found by; Match takes it, as a pattern such as *💩*`);
}

/** Replaces the letters of found words by stars. */
export function masked(text: string, found: readonly FoundWord[]): string {
  let made = '';
  let at = 0;
  for (const { start, end } of found) {
    if (end <= at) continue;
    const from = Math.max(at, start);
    made += text.slice(at, from) + text.slice(from, end).replace(/\S/gu, '*');
    at = end;
  }
  return made + text.slice(at);
}

function swearFinder(): WordFinder {
  const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });
  return text =>
    matcher.getAllMatches(text, true).map(match => {
      const { phraseMetadata, startIndex, endIndex } = englishDataset.getPayloadWithPhraseMetadata(match);
      return { word: phraseMetadata?.originalWord ?? '', start: startIndex, end: endIndex + 1 };
    });
}

/** A word list with lookups that don't depend on its length. */
class WordList {
  /** Words and phrases, by their plain letters. */
  readonly #whole = new Map<string, string>();
  readonly #beginnings = new Map<string, string>();
  readonly #ends = new Map<string, string>();
  readonly #parts = new Map<string, string>();
  /** Length of the longest beginning or end, in characters. */
  #longest = 0;
  /** Lengths of parts. */
  readonly #lengths = new Set<number>();
  /** First words of phrases, with the length of the longest phrase. */
  readonly #phrases = new Map<string, number>();

  constructor(words: readonly string[]) {
    for (const word of words) this.#add(word);
  }

  get isEmpty(): boolean {
    return this.#whole.size + this.#beginnings.size + this.#ends.size + this.#parts.size === 0;
  }

  #add(word: string): void {
    const plain = plainLetters(word.replace(/^\*|\*$/g, '').trim());
    if (plain === '') return;
    const [before, behind] = [word.startsWith('*') || UNSPACED.test(word), word.endsWith('*') || UNSPACED.test(word)];
    if (before && behind) {
      this.#parts.set(plain, word);
      this.#lengths.add(plain.length);
    } else if (before || behind) {
      (before ? this.#ends : this.#beginnings).set(plain, word);
      this.#longest = Math.max(this.#longest, plain.length);
    } else {
      const all = plain.split(/\s+/).slice(0, MAX_PHRASE);
      if (all.length === 1) this.#whole.set(plain, word);
      else {
        const [first = '', ...others] = all.map(plainest);
        this.#whole.set([first, ...others].join(' '), word);
        this.#phrases.set(first, Math.max(all.length, this.#phrases.get(first) ?? 0));
      }
    }
  }

  find(tokens: readonly Token[]): readonly FoundWord[] {
    const found: FoundWord[] = [];
    for (let at = 0; at < tokens.length; at++) {
      const match = this.#at(tokens, at);
      if (!match) continue;
      const [word, count] = match;
      const last = tokens[at + count - 1]!;
      // Punctuation at the end of a sentence is not part of the word.
      found.push({ word, start: tokens[at]!.start, end: last.end - marksAtEnd(last.text) });
      at += count - 1;
    }
    return found;
  }

  /** The listed word or phrase that begins at a token, and its number of tokens. */
  #at(tokens: readonly Token[], at: number): readonly [word: string, count: number] | undefined {
    const phrase = this.#phrases.size > 0 ? this.#phraseAt(tokens, at) : undefined;
    if (phrase) return phrase;
    const { text, isPlain } = tokens[at]!;
    if (isPlain && text.length > 1) {
      const word = this.#whole.get(text) ?? this.#within(text);
      return word === undefined ? undefined : [word, 1];
    }
    for (const reading of readings(text)) {
      const word = this.#whole.get(reading) ?? this.#within(reading);
      if (word !== undefined) return [word, 1];
    }
    const apart = lettersApart(tokens, at);
    if (!apart) return;
    for (const text of readings(apart.letters)) {
      const word = this.#whole.get(text);
      if (word !== undefined) return [word, apart.count];
    }
  }

  #phraseAt(tokens: readonly Token[], at: number): readonly [string, number] | undefined {
    let phrase = plainest(tokens[at]!.text);
    const most = this.#phrases.get(phrase);
    if (most === undefined) return;
    let longest: readonly [string, number] | undefined;
    for (let count = 2; count <= most && at + count <= tokens.length; count++) {
      phrase += ` ${plainest(tokens[at + count - 1]!.text)}`;
      const word = this.#whole.get(phrase);
      if (word !== undefined) longest = [word, count];
    }
    return longest;
  }

  /** The listed word that begins or ends a text, or is part of it. */
  #within(text: string): string | undefined {
    if (this.#longest === 0 && this.#lengths.size === 0) return;
    const { length } = text;
    for (let size = 1; size <= Math.min(length, this.#longest); size++) {
      const word = this.#beginnings.get(text.slice(0, size)) ?? this.#ends.get(text.slice(length - size));
      if (word !== undefined) return word;
    }
    for (const size of this.#lengths)
      for (let at = 0; at + size <= length; at++) {
        const word = this.#parts.get(text.slice(at, at + size));
        if (word !== undefined) return word;
      }
    return;
  }
}

function tokensIn(text: string): readonly Token[] {
  return asciiTokens(text) ?? Array.from(text.matchAll(TOKEN), toToken);
}

const toToken = ({ 0: text, index }: RegExpExecArray): Token => ({
  text,
  isPlain: false,
  start: index,
  end: index + text.length,
});

/** By ASCII code: 1 for a lower-case letter, 2 for other characters of tokens. */
const CHARACTERS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z]/.test(character)) return 1;
  return /[\d@$!|+]/.test(character) ? 2 : 0;
});

/** The tokens of an ASCII text; undefined for any other. Most texts are ASCII, and this is many times faster. */
function asciiTokens(mixed: string): readonly Token[] | undefined {
  const text = mixed.toLowerCase();
  const tokens: Token[] = [];
  let start = -1;
  let isPlain = true;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    if (code > 127) return;
    const kind = CHARACTERS[code];
    if (kind !== 0) {
      if (start < 0) start = at;
      if (kind === 2 || (at >= start + 2 && code === text.charCodeAt(at - 1) && code === text.charCodeAt(at - 2)))
        isPlain = false;
    } else if (start >= 0) {
      tokens.push({ text: text.slice(start, at), isPlain, start, end: at });
      start = -1;
      isPlain = true;
    }
  }
  return tokens;
}

const PLAIN = /^[a-z]*$/;

/** Possible readings of a word: as it is, and with its disguises undone. */
function readings(token: string): readonly string[] {
  const text = plainLetters(token);
  const isRepeated = hasThree(text);
  if (!isRepeated && PLAIN.test(text)) return [text];
  const all = new Set([text]);
  if (!PLAIN.test(text)) {
    const trimmed = trim(text);
    for (const each of [text, trimmed]) all.add(each).add(unleet(each, 0)).add(unleet(each, 1));
  }
  if (isRepeated || hasThree([...all].join(' ')))
    for (const each of [...all]) all.add(each.replace(/(.)\1{2,}/gu, '$1$1')).add(each.replace(/(.)\1{2,}/gu, '$1'));
  return [...all];
}

/** Whether a character occurs three times in a row. */
function hasThree(text: string): boolean {
  for (let at = 2; at < text.length; at++) if (text[at] === text[at - 1] && text[at] === text[at - 2]) return true;
  return false;
}

/** A word without surrounding punctuation. */
const trim = (text: string): string => text.replace(/^[@$!|+]+|[@$!|+]+$/g, '');

/** The plainest reading, for comparing words of phrases. */
const plainest = (word: string): string => unleet(trim(plainLetters(word)), 0);

/** Replaces digits and signs by letters; `which` selects one of two alternatives. */
function unleet(text: string, which: number): string {
  return text.replace(/[\d@$!|+€£]/g, character => {
    const letters = LEET.get(character) ?? character;
    return letters[which] ?? letters;
  });
}

/** Three or more consecutive single letters, as in `b a d`. */
function lettersApart(tokens: readonly Token[], at: number): { letters: string; count: number } | undefined {
  let letters = '';
  let count = 0;
  for (; at + count < tokens.length && count < MAX_APART; count++) {
    const { text } = tokens[at + count]!;
    const letter = text.length === 1 ? text : trim(text);
    if (letter.length !== 1) break;
    letters += letter;
  }
  return count > 2 ? { letters, count } : undefined;
}

/** The number of exclamation marks at the end of a text. */
function marksAtEnd(text: string): number {
  let end = text.length;
  while (text[end - 1] === '!') end -= 1;
  return text.length - end;
}
