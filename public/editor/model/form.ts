import { CHECK_SENTENCES, type MissingOuterPort } from '../../../src/model/check-sentences.ts';
import type { ClientPayloads } from '../../../src/model/editor-protocol.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { excerpt } from '../../../src/model/words.ts';
import type { DeclaredPort } from './component.ts';
import { fields, textOf } from './json.ts';

/** How much of what somebody typed a sentence repeats. */
const MAX_QUOTED = 60;

type Sentences = typeof CHECK_SENTENCES;

const toLead = 'draw a wire from it';
const toExport = ({ node, port }: MissingOuterPort): string =>
  `make ${node && port ? `${node} ${port.toUpperCase()}` : "a node's port"} one, in the form of the node`;

/** What one does here in place of cures that speak of files; undefined where the cure is good for both. */
const CURES: { readonly [Code in keyof Sentences]?: (params: Parameters<Sentences[Code]>[0]) => string | undefined } = {
  'required-port': ({ control }) => (control ? 'set it in the form of the node' : 'draw a wire to it'),
  'lost-failures': () => toLead,
  'unheard-port': () => toLead,
  'unanswered-port': ({ isTyped }) => (isTyped ? toLead : `${toLead}, or to a core/Drop where it is no matter`),
  'no-component': () => 'delete it, and take one out of the library',
  'unknown-node': ({ near }) => (near.length === 0 ? 'take one out of the library' : undefined),
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

/** What the server says by a code, as this page says it: with a cure for hands and not for files. */
export function pageSentence(said: unknown): string {
  const { code, params, sentence, message, within } = fields(said);
  const known = code as keyof Sentences;
  const cure = (CURES[known] as ((params: unknown) => string | undefined) | undefined)?.(fields(params));
  if (cure === undefined) return textOf(sentence) || textOf(message);
  const [what] = (CHECK_SENTENCES[known] as (params: unknown) => readonly string[])(fields(params));
  return `${within ? `in ${textOf(within)}: ` : ''}${what}; ${cure}`;
}

/** Text of somebody as a sentence quotes it. */
const quoted = (words: string): string => `"${excerpt(words, MAX_QUOTED)}"`;

/** The kind of field that a port is set by. */
type Kind = 'text' | 'lines' | 'number' | 'choice' | 'switch' | 'json';

export function kindOf({ datatype, values, form }: Pick<DeclaredPort, 'datatype' | 'values' | 'form'>): Kind {
  if (values.length > 0) return 'choice';
  if (datatype === 'string' && (form?.lines === 'many' || form?.lines === 'list')) return 'lines';
  if (datatype === 'boolean') return 'switch';
  if (['int', 'integer', 'number'].includes(datatype)) return 'number';
  return ['string', 'color', 'date'].includes(datatype) ? 'text' : 'json';
}

/** What stands in the field. */
export function typed(data: unknown, kind: Kind): string {
  if (data === undefined) return '';
  return kind === 'json' && typeof data !== 'string'
    ? JSON.stringify(data, null, 2)
    : typeof data === 'string'
      ? data
      : JSON.stringify(data);
}

type Parsed = { readonly data: unknown } | { readonly fault: string };

/** The packet that a person means by what is typed; none where the field is empty. A number stays a text where it was one, as in .fbp files. */
export function parsed(text: string, datatype: string, kind: Kind, before: unknown): Parsed {
  const words = text.trim();
  if (kind === 'text' || kind === 'lines') return { data: text === '' ? undefined : text };
  if (words === '') return { data: undefined };
  if (kind === 'number') {
    const number = Number(words);
    if (!Number.isFinite(number)) return { fault: `${quoted(words)} is no number; write one such as 50` };
    if (datatype !== 'number' && !Number.isInteger(number)) return { fault: `${quoted(words)} is no whole number` };
    return { data: typeof before === 'number' ? number : words };
  }
  if (kind === 'switch') return { data: typeof before === 'boolean' ? words === 'true' : words };
  if (kind === 'choice') return { data: words };
  try {
    return { data: JSON.parse(words) };
  } catch {
    // Where any packet will do, what is no JSON is a text.
    if (datatype === 'all' || datatype === 'bang') return { data: text };
    return { fault: 'this is no JSON; write it as in {"key": "value"}' };
  }
}

/** The settings page, as the server tells it. */
export type ToldSettings = ServerPayloads['flowchat:settings'];

type PageNode = ToldSettings['nodes'][number];
export type PageSetting = PageNode['settings'][number];

/** Nodes that are shown together: those of a group, or one by itself. */
interface SettingsSection {
  readonly title: string;
  readonly nodes: readonly PageNode[];
}

/** The nodes of the page in sections, in the order of the first node of each. */
export function sectionsOf({ nodes }: ToldSettings): readonly SettingsSection[] {
  const sections = Map.groupBy(nodes, ({ name, group }) => (group === undefined ? `node ${name}` : `group ${group}`));
  return [...sections.values()].map(nodes => ({ title: nodes[0]!.group ?? nodes[0]!.name, nodes }));
}

/** Names a setting among all of the page. */
export const settingKey = (node: string, port: string): string => `${node} ${port}`;

/** The kind of field of a setting. */
export const fieldOf = ({ datatype, values = [], port: _, ...form }: PageSetting) => kindOf({ datatype, values, form });

/** What stands in the field of a setting. */
export const shownValue = (setting: PageSetting): string => typed(setting.value, fieldOf(setting));

/** What was typed, as it is to be saved; sentences by setting if something of it can't be. */
interface TypedSettings {
  readonly values: ClientPayloads['flowchat:set']['values'];
  readonly faults: ReadonlyMap<string, string>;
}

/** Reads what was typed into the fields, by setting. */
export function readTyped({ nodes }: ToldSettings, texts: ReadonlyMap<string, string>): TypedSettings {
  const faults = new Map<string, string>();
  const values = nodes.flatMap(({ name, settings }) =>
    settings.flatMap(setting => {
      const key = settingKey(name, setting.port);
      const text = texts.get(key);
      if (text === undefined || text === shownValue(setting)) return [];
      const result = parsed(text, setting.datatype, fieldOf(setting), setting.value);
      if ('fault' in result) faults.set(key, result.fault);
      return 'fault' in result ? [] : [{ node: name, port: setting.port, value: result.data, before: setting.value }];
    }),
  );
  return { values, faults };
}

/** Why the server did not save: at settings, and beside them. */
interface SaveRefusal {
  readonly faults: ReadonlyMap<string, string>;
  readonly others: readonly string[];
  /** What would be answered otherwise, if it could be saved all the same. */
  readonly changed: readonly string[];
  /** Whether it can be saved all the same. */
  readonly mayForce: boolean;
}

export function refusalOf(error: ServerPayloads['flowchat:error'], { nodes }: ToldSettings): SaveRefusal {
  const known = new Set(nodes.flatMap(({ name, settings }) => settings.map(({ port }) => settingKey(name, port))));
  const faults = new Map<string, string>();
  const others: string[] = [];
  for (const fault of error.faults ?? []) {
    const key = 'node' in fault ? settingKey(fault.inner ?? fault.node ?? '', fault.port ?? '') : '';
    if (known.has(key)) faults.set(key, pageSentence(fault));
    else others.push(pageSentence(fault));
  }
  const changed = (error.results ?? []).map(({ name, message }) => `${name}: ${message}`);
  const beside = changed.length > 0 || faults.size + others.length > 0 ? others : [pageSentence(error)];
  return { faults, others: beside, changed, mayForce: changed.length > 0 || error.code === 'risky-setting' };
}
