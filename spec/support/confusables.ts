import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Writes src/model/confusables.ts from what unhomoglyph knows of UTS #39; `npm run confusables` runs it. */

const FILE = join(import.meta.dirname, '../../src/model/confusables.ts');

/**
 * The table: a look, the characters that have it, and so on. What `lookOf` finds out by NFKD is left out, and so is what is
 * no letter and no digit, and what differs by an accent or a dot.
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
