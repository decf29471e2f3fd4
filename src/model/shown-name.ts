import { hasVisible } from './text.ts';

/**
 * Controls, line breaks, and formats that turn the direction of what follows or hide it; those stay that emoji and words
 * need.
 */
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Cs}[\p{Cf}--[\u200c\u200d\u{e0020}-\u{e007f}]]]/gv;
/** Marks that are drawn above and below a letter, beyond as many as scripts need. */
const PILED = /(\p{M}{4})\p{M}+/gu;

/**
 * A name as it may be shown, whoever chose it and whenever it was kept: without what would change how its surroundings are
 * drawn. What cannot be seen at all has a name for itself.
 */
export function shownName(name: string): string {
  const harmless = name.replace(HARMFUL, '').replace(PILED, '$1').trim();
  return hasVisible(harmless) ? harmless : 'nameless';
}
