import type { ServerPayloads } from '../../model/server-messages.ts';

type Trace = ServerPayloads['flowchat:way'];

/** Whether a text is the name of a room that not everybody may find. */
export type IsPrivate = (name: string) => boolean;

/** Possible room names within a text. */
const NAME = /[a-z0-9][a-z0-9-]{3,63}/g;
const MAX_LEVELS = 12;

/**
 * A packet's data with texts of private rooms replaced by their lengths. Data that names no private room is returned
 * unchanged.
 */
export function withoutPrivateText(data: unknown, isPrivate: IsPrivate): unknown {
  return namesOne(data, isPrivate, MAX_LEVELS) ? concealed(data, MAX_LEVELS) : data;
}

/** A question's trace without texts of private rooms. If one packet names a private room, all texts are concealed. */
export function traceWithoutPrivateText(trace: Trace, isPrivate: IsPrivate): Trace {
  const packets = trace.steps.flatMap(step => [step.in, step.out]);
  if (!namesOne([trace.path, ...packets], isPrivate, MAX_LEVELS)) return trace;
  const steps = trace.steps.map(step => ({
    ...step,
    in: concealed(step.in, MAX_LEVELS, 'text'),
    ...('out' in step && { out: concealed(step.out, MAX_LEVELS, 'text') }),
  }));
  return { ...trace, steps };
}

function namesOne(data: unknown, isPrivate: IsPrivate, levels: number): boolean {
  if (typeof data === 'string') return data.match(NAME)?.some(isPrivate) === true;
  if (typeof data !== 'object' || data === null || levels === 0) return false;
  return Object.values(data).some(part => namesOne(part, isPrivate, levels - 1));
}

/** A copy with concealed texts; `name` is the field's name. JSON texts are processed as well. */
function concealed(data: unknown, levels: number, name?: string): unknown {
  if (typeof data === 'string') return concealedText(data, levels, name);
  if (typeof data !== 'object' || data === null) return data;
  if (levels === 0) return '…';
  if (Array.isArray(data)) return data.map(part => concealed(part, levels - 1, name));
  return Object.fromEntries(Object.entries(data).map(([key, part]) => [key, concealed(part, levels - 1, key)]));
}

function concealedText(text: string, levels: number, name: string | undefined): string {
  if (/^\s*[[{]/.test(text)) {
    try {
      return JSON.stringify(concealed(JSON.parse(text), levels - 1));
    } catch {
      return lengthOf(text);
    }
  }
  return name === 'text' || name === 'q' ? lengthOf(text) : text;
}

const lengthOf = (text: string) => `(${text.length.toLocaleString('en')} character${text.length === 1 ? '' : 's'})`;
