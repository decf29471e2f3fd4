import { describe, expect, it } from '@jest/globals';
import { printFault } from '../../src/check/check.ts';
import { lineLog } from '../../src/log.ts';
import { visible, visibleLines } from '../../src/model/text.ts';
import { readSettings } from '../../src/settings.ts';

/** Every character up to U+2FFF that a terminal obeys, or by which it turns round or breaks what stands beside it. */
const MOVING = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).filter(character =>
  /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u.test(character),
);

/** What a terminal shows for it, as JavaScript writes it. */
const shown = (character: string) => {
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
};

const all = `a${MOVING.join('')}b`;
const seen = `a${MOVING.map(shown).join('')}b`;

describe('what moves a terminal', () => {
  it('is shown instead of obeyed, each of its characters', () => {
    expect(MOVING.length).toBeGreaterThan(70);
    for (const character of MOVING) expect(visible(`a${character}b`)).toBe(`a${shown(character)}b`);
  });

  it('is shown in every sentence that is logged, and in what an error says', () => {
    const lines: string[] = [];
    const log = lineLog(line => lines.push(line), 'debug');
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](all);
    expect(lines).toEqual([seen, seen, seen, seen]);
    log.error('no', { error: new RangeError(all) });
    const [head, ...frames] = lines[4]!.split('\n');
    expect(head).toBe(`no: RangeError: ${seen}`);
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).toMatch(/^ {4}at /);
  });

  it('is shown in faults of graphs, and of settings', () => {
    expect(printFault({ file: all, line: 1, column: 2, sentence: all, code: 'tab', params: {} })).toBe(
      `${seen}:1:2: ${seen}`,
    );
    expect(() => readSettings({ LIMIT: all }, [])).toThrow(`not "${seen}"`);
    expect(() => readSettings({}, [`--${all}`])).toThrow(seen);
  });

  it('is nothing that people write', () => {
    const text = 'Grüße, שלום, سلام, नमस्ते, 你好 👨‍👩‍👧 "x" \\x1b';
    expect(visible(text)).toBe(text);
  });

  it('but for the ends of lines in a text that has several', () => {
    expect(visibleLines('a\x1b\nb\r\n')).toBe('a\\x1b\nb\\x0d\n');
  });
});
