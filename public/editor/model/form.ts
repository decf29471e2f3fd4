import type { ClientPayloads } from '../../../src/model/editor-protocol.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { excerpt } from '../../../src/model/words.ts';
import type { DeclaredPort } from './component.ts';
import { pageSentence } from './page-sentence.ts';

/** Limit of typed text that a sentence quotes, in characters. */
const MAX_QUOTED = 60;

/** A text in quotes, shortened for a sentence. */
const quoted = (words: string): string => `"${excerpt(words, MAX_QUOTED)}"`;

/** The kind of input field of a port. */
type Kind = 'text' | 'lines' | 'number' | 'choice' | 'switch' | 'json';

export function kindOf({ datatype, values, form }: Pick<DeclaredPort, 'datatype' | 'values' | 'form'>): Kind {
  if (values.length > 0) return 'choice';
  if (datatype === 'string' && (form?.lines === 'many' || form?.lines === 'list')) return 'lines';
  if (datatype === 'boolean') return 'switch';
  if (['int', 'integer', 'number'].includes(datatype)) return 'number';
  return ['string', 'color', 'date'].includes(datatype) ? 'text' : 'json';
}

/** The text to show in the field. */
export function typed(data: unknown, kind: Kind): string {
  if (data === undefined) return '';
  return kind === 'json' && typeof data !== 'string'
    ? JSON.stringify(data, null, 2)
    : typeof data === 'string'
      ? data
      : JSON.stringify(data);
}

type Parsed = { readonly data: unknown } | { readonly fault: string };

/** The packet for a typed text; undefined for an empty field. A number stays a text if it was one, as in .fbp files. */
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
    // If any packet is allowed, a text that is no JSON is used as it is.
    if (datatype === 'all' || datatype === 'bang') return { data: text };
    return { fault: 'this is no JSON; write it as in {"key": "value"}' };
  }
}

/** The settings page, as the server sends it. */
export type ToldSettings = ServerPayloads['flowchat:settings'];

type PageNode = ToldSettings['nodes'][number];
export type PageSetting = PageNode['settings'][number];

/** Nodes that are shown together: those of a group, or a single one. */
interface SettingsSection {
  readonly title: string;
  readonly nodes: readonly PageNode[];
}

/** The page's nodes in sections, ordered by the first node of each. */
export function sectionsOf({ nodes }: ToldSettings): readonly SettingsSection[] {
  const sections = Map.groupBy(nodes, ({ name, group }) => (group === undefined ? `node ${name}` : `group ${group}`));
  return [...sections.values()].map(nodes => ({ title: nodes[0]!.group ?? nodes[0]!.name, nodes }));
}

/** The key of a setting on the page. */
export const settingKey = (node: string, port: string): string => `${node} ${port}`;

/** The kind of field of a setting. */
export const fieldOf = ({ datatype, values = [], port: _, ...form }: PageSetting) => kindOf({ datatype, values, form });

/** The text shown for a setting. */
export const shownValue = (setting: PageSetting): string => typed(setting.value, fieldOf(setting));

/** The parsed texts; sentences by setting for invalid ones. */
interface TypedSettings {
  readonly values: ClientPayloads['flowchat:set']['values'];
  readonly faults: ReadonlyMap<string, string>;
}

/** Parses the texts of the fields, by setting. */
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

/** Why the server did not save: faults at settings, and others. */
interface SaveRefusal {
  readonly faults: ReadonlyMap<string, string>;
  readonly others: readonly string[];
  /** Requests that would get a different answer. */
  readonly changed: readonly string[];
  /** Whether it can be saved with `force`. */
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
