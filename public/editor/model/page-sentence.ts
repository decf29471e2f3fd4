import { CHECK_SENTENCES, type MissingOuterPort } from '../../../src/model/check-sentences.ts';
import { fields, textOf } from './json.ts';

type Sentences = typeof CHECK_SENTENCES;

const toLead = 'draw a wire from it';
const toExport = ({ node, port }: MissingOuterPort): string =>
  `make ${node && port ? `${node} ${port.toUpperCase()}` : "a node's port"} one, in the form of the node`;

/** Cures for this page, where the usual ones mention files; undefined if the usual cure fits both. */
const CURES: { readonly [Code in keyof Sentences]?: (params: Parameters<Sentences[Code]>[0]) => string | undefined } = {
  'required-port': ({ control }) => (control ? 'set it in the form of the node' : 'draw a wire to it'),
  'lost-failures': () => toLead,
  'unheard-port': () => toLead,
  'unanswered-port': ({ isTyped }) => (isTyped ? toLead : `${toLead}, or to a core/Drop if it isn't needed`),
  'no-component': () => 'delete it, and add one from the library',
  'unknown-node': ({ near }) => (near.length === 0 ? 'add one from the library' : undefined),
  'missing-outer-port': toExport,
  'no-live-delivery': missing => (missing.node === undefined ? undefined : toExport(missing)),
  'wrong-value': ({ datatype }) => VALUES[datatype],
  'answered-otherwise': () => 'look at what that changes, or save it all the same',
  'tests-failed': ({ isStale }) => `${isStale ? 'run them again' : 'mend the draft'}, or publish it all the same`,
};
const VALUES: Readonly<Record<string, string>> = {
  number: 'write a number, as in 2.5',
  int: 'write a whole number, as in 50',
  integer: 'write a whole number, as in 50',
  boolean: 'choose true or false',
  color: 'write a colour, as in #ff8800',
  date: 'write a date, as in 2026-01-31',
};

/** The sentence of a diagnostic with a cure that fits this page. */
export function pageSentence(said: unknown): string {
  const { code, params, sentence, message, within } = fields(said);
  const known = code as keyof Sentences;
  const cure = (CURES[known] as ((params: unknown) => string | undefined) | undefined)?.(fields(params));
  if (cure === undefined) return textOf(sentence) || textOf(message);
  const [what] = (CHECK_SENTENCES[known] as (params: unknown) => readonly string[])(fields(params));
  return `${within ? `in ${textOf(within)}: ` : ''}${what}; ${cure}`;
}
