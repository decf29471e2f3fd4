/** A hue, in degrees, that a name always gets. */
function hueOf(name: string): number {
  // FNV-1a, so that similar names get different colours.
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193) >>> 0;
  return (hash >>> 8) % 360;
}

const initial = (name: string): string => [...new Intl.Segmenter().segment(name)][0]?.segment.toUpperCase() ?? '?';

/** A name's first letter on its colour. */
export function Avatar({ name }: { name: string }) {
  return (
    <span className="avatar" aria-hidden="true" style={{ '--hue': hueOf(name) }}>
      {initial(name)}
    </span>
  );
}
