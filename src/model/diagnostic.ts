import { CHECK_SENTENCES } from './check-sentences.ts';
import { FBP_SENTENCES } from './fbp-sentences.ts';
import { oneLine } from './words.ts';

/** The sentences that people read, by the code that programs react to. */
const SENTENCES = { ...CHECK_SENTENCES, ...FBP_SENTENCES };

export type DiagnosticCode = keyof typeof SENTENCES;

/** What a code's sentence is made of; nothing for some. */
export type Params<Code extends DiagnosticCode> = Parameters<(typeof SENTENCES)[Code]>;

/** Something that is wrong, or odd. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly params: Readonly<Record<string, unknown>>;
  /** Names what is wrong and the cure, in one line. */
  readonly sentence: string;
}

/** What a code says. */
export function diagnostic<Code extends DiagnosticCode>(code: Code, ...[params = {}]: Params<Code>): Diagnostic {
  const say = SENTENCES[code] as (params: object) => string | readonly string[];
  return { code, params: { ...params }, sentence: oneLine([say(params)].flat().join('; ')) };
}

/** All codes that there are. */
export const DIAGNOSTIC_CODES = Object.keys(SENTENCES) as readonly DiagnosticCode[];
