import { freeName } from '../../../src/model/words.ts';
import { shortName } from './component.ts';

/** The name for a new node: `chat/CheckPost` makes `checkPost`. */
export function nodeName(component: string, taken: { has(name: string): boolean }): string {
  const short = shortName(component).replace(/[^\w]/g, '') || 'node';
  return freeName(short[0]!.toLowerCase() + short.slice(1), taken);
}

/** The longest name; .fbp text shortens longer ones. */
const MAX_NAME_LENGTH = 100;
const MAX_GROUP_NAME_LENGTH = 256;

/** Why a name is too long; undefined if it is not. */
const lengthFault = ({ length }: string, most: number): string | undefined =>
  length > most ? `this name has ${length} characters; at most ${most} fit` : undefined;

/** Why a node can't have a name; undefined if it can. Allowed are the names that .fbp text writes unchanged. */
export function nodeNameFault(name: string, taken: { has(name: string): boolean }): string | undefined {
  if (!name.trim()) return 'a node needs a name';
  if (!/^[A-Za-z_][\w-]*$/.test(name))
    return 'a name begins with a letter or _, and has letters from a to z, digits, _ and - only';
  if (name in Object.prototype) return `${name} can't be a name in .fbp text; take another one`;
  if (taken.has(name)) return `there is a node ${name} already; take another name`;
  return lengthFault(name, MAX_NAME_LENGTH);
}

/** Why an outer port can't have a name; undefined if it can. */
export function portFault(name: string): string | undefined {
  if (!/^[a-z_]\w*$/i.test(name))
    return 'a port begins with a letter or _, and has letters from a to z, digits and _ only';
  if (name.toLowerCase() in Object.prototype) return `${name} can't be a name in .fbp text; take another one`;
  return lengthFault(name, MAX_NAME_LENGTH);
}

/** Why a group can't have a name; undefined if it can. */
export function groupFault(name: string, taken: { has(name: string): boolean }): string | undefined {
  if (!name.trim()) return 'a group needs a name';
  if (/\p{Cc}/u.test(name) || !name.isWellFormed())
    return 'this name has a letter that can not be written; take it out';
  if (taken.has(name)) return `there is a group ${name} already; take another name`;
  return lengthFault(name, MAX_GROUP_NAME_LENGTH);
}
