import { shortName } from './component.ts';

/** A name that is not taken yet: `name`, else `name2`, `name3` … */
export function freeName(name: string, taken: { has(name: string): boolean }): string {
  if (!taken.has(name)) return name;
  const stem = name.replace(/\d+$/, '') || name;
  for (let number = 2; ; number++) if (!taken.has(`${stem}${number}`)) return `${stem}${number}`;
}

/** A node's name for a new node of a component: `chat/CheckPost` makes `checkPost`. */
export function nodeName(component: string, taken: { has(name: string): boolean }): string {
  const short = shortName(component).replace(/[^\w]/g, '') || 'node';
  return freeName(short[0]!.toLowerCase() + short.slice(1), taken);
}

/** Why a node can't have a name, in a sentence; nothing where it can. */
export function nameFault(name: string, taken: { has(name: string): boolean }): string | undefined {
  if (!name.trim()) return 'a node needs a name';
  if (!/^[A-Za-z_][\w.\-/ ]*$/.test(name)) return 'a name begins with a letter, and has letters, digits, _ and - only';
  return taken.has(name) ? `there is a node ${name} already; take another name` : undefined;
}

/** Why a group can't have a name, in a sentence; nothing where it can. */
export function groupFault(name: string, taken: { has(name: string): boolean }): string | undefined {
  if (!name.trim()) return 'a group needs a name';
  return taken.has(name) ? `there is a group ${name} already; take another name` : undefined;
}
