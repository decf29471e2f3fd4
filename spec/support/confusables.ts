import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Writes src/model/confusables.ts from the data of unhomoglyph (UTS #39); run by `npm run confusables`. */

const FILE = join(import.meta.dirname, '../../src/model/confusables.ts');

/**
 * The table: a look, then its characters, and so on. Omits what `lookOf` finds by NFKD, characters that are no letters
 * or digits, and those that differ by an accent or dot.
 */
export function confusables(): string {
  const known: Readonly<Record<string, string>> = createRequire(import.meta.url)('unhomoglyph/data.json');
  const groups = new Map<string, string>();
  for (const [character, look] of Object.entries(known)) {
    const plain = look.normalize('NFKD').toLowerCase();
    if (!/^[\p{L}\p{N}]$/u.test(character) || character.normalize('NFKD') !== character) continue;
    if (/[\p{M}\p{Z}]/u.test(plain) || plain === character.toLowerCase()) continue;
    groups.set(plain, (groups.get(plain) ?? '') + character);
  }
  return [...groups].flat().join(' ');
}

if (import.meta.main) {
  const list = JSON.stringify(confusables());
  writeFileSync(
    FILE,
    `/** Letters and digits that look like others, made by \`npm run confusables\`: a look, the characters that have it, and so on. */\nexport const CONFUSABLES =\n  ${list};\n`,
  );
}
