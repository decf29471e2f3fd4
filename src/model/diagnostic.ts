import { CHECK_SENTENCES } from './check-sentences.ts';
import { FBP_SENTENCES } from './fbp-sentences.ts';
import { oneLine } from './words.ts';

/** Sentences for people, by code for programs. */
const SENTENCES = { ...CHECK_SENTENCES, ...FBP_SENTENCES };

export type DiagnosticCode = keyof typeof SENTENCES;

/** The parameters of a code's sentence, if any. */
export type Params<Code extends DiagnosticCode> = Parameters<(typeof SENTENCES)[Code]>;

/** Something that is wrong, or odd. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly params: Readonly<Record<string, unknown>>;
  /** Names what is wrong and the cure, in one line. */
  readonly sentence: string;
}

/** The diagnostic of a code. */
export function diagnostic<Code extends DiagnosticCode>(code: Code, ...[params = {}]: Params<Code>): Diagnostic {
  const say = SENTENCES[code] as (params: object) => string | readonly string[];
  return { code, params: { ...params }, sentence: oneLine([say(params)].flat().join('; ')) };
}

/** All codes that there are. */
export const DIAGNOSTIC_CODES = Object.keys(SENTENCES) as readonly DiagnosticCode[];
