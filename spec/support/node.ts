import { frozen } from '../../src/editor/sandbox/suite.ts';
import type { Post, Question } from '../../src/model/packets.ts';
import { guest } from '../../src/model/who.ts';

export { frozen, NodeHarness } from '../../src/editor/sandbox/suite.ts';

/** Why a value is no packet: undefined for a deeply frozen plain object that JSON can express. */
export function flaws(value: unknown, path = 'packet'): readonly string[] {
  const inner = path !== 'packet';
  if (inner && (['string', 'boolean'].includes(typeof value) || Number.isFinite(value))) return [];
  if (typeof value !== 'object' || value === null) return [`${path} is ${String(value)}`];
  const plain = Object.getPrototypeOf(value) === Object.prototype || (inner && Array.isArray(value));
  return [
    ...(plain ? [] : [`${path} is no plain object`]),
    ...(Object.isFrozen(value) ? [] : [`${path} is not frozen`]),
    ...Object.entries(value).flatMap(([name, part]) => flaws(part, `${path}.${name}`)),
  ];
}

/** The default caller and author. */
export const SOMEBODY = guest('somewhere');

/** A question as somebody asks it, but for what is given. */
export function question(given: Partial<Question> = {}): Question {
  const asked = { id: 'q1', method: 'GET', path: '/chat', query: {}, body: {} };
  return frozen({ ...asked, from: 'somewhere', who: SOMEBODY, ...given });
}

/** A post as somebody sends it, but for what is given. */
export function post(given: Partial<Post> = {}): Post {
  const sent = { id: 'q1', room: 'lobby', form: 'api', author: 'ann', text: 'hi' } as const;
  return frozen({ ...sent, from: 'somewhere', who: SOMEBODY, ...given });
}
