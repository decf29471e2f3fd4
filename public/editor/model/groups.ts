import type { Box } from './route.ts';

const united = (a: Box, b: Box): Box => ({
  left: Math.min(a.left, b.left),
  top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom),
});

const meet = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** What is drawn around the nodes of a group: one box, or as few as leave all other nodes out. */
export function apart(own: readonly Box[], others: readonly Box[]): readonly Box[] {
  const free = (box: Box) => !others.some(other => meet(box, other));
  const [first, ...rest] = own;
  if (!first) return [];
  const all = rest.reduce(united, first);
  if (free(all)) return [all];
  const made: Box[] = [];
  for (const box of own.toSorted((a, b) => a.left - b.left || a.top - b.top)) {
    const at = made.findIndex(other => free(united(other, box)));
    if (at < 0) made.push(box);
    else made[at] = united(made[at]!, box);
  }
  return made;
}
