/** A hue, in degrees, that a name always gets. */
function hueOf(name: string): number {
  // FNV-1a, so that similar names get different colours.
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193) >>> 0;
  return (hash >>> 8) % 360;
}

const letters = new Intl.Segmenter();

const initial = (name: string): string => [...letters.segment(name)][0]?.segment.toUpperCase() ?? '?';

/** A name's first letter on its colour. It is drawn by the style sheet, so that it is no part of the text. */
export function Avatar({ name }: { name: string }) {
  return <span className="avatar" aria-hidden="true" data-initial={initial(name)} style={{ '--hue': hueOf(name) }} />;
}
