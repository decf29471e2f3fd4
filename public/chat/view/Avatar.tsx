import { shownName } from '../../../src/model/name.ts';
import { initials } from '../model/people.ts';

/** A hue, in degrees, that a name always gets. */
function hueOf(name: string): number {
  // FNV-1a, so that similar names get different colours.
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193) >>> 0;
  return (hash >>> 8) % 360;
}

/** A name's initials on its colour. They are drawn by the style sheet, so that they are no part of the text. */
export function Avatar({ name }: { name: string }) {
  const style = { '--hue': hueOf(name) };
  return (
    <span className="avatar" aria-hidden="true" data-initial={name ? initials(shownName(name)) : '?'} style={style} />
  );
}
