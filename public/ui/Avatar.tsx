import type { CSSProperties } from 'react';
import { monogram } from '../../src/model/look.ts';
import { shownName } from '../../src/model/name.ts';

/** The hue of a name, in degrees. */
function hueOf(name: string): number {
  // FNV-1a hash, so that similar names get different colours.
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193) >>> 0;
  return (hash >>> 8) % 360;
}

/** A name's monogram on its colour. CSS draws it, so that it is not part of copied text. */
export function Avatar({ name }: { name: string }) {
  const style = { '--hue': hueOf(name) } as CSSProperties;
  return (
    <span className="avatar" aria-hidden="true" data-initial={name ? monogram(shownName(name)) : '?'} style={style} />
  );
}
