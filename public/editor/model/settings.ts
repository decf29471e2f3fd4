import type { ClientPayloads } from '../../../src/model/editor-protocol.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { kindOf, pageSentence, parsed, typed } from './form.ts';

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
}

export function refusalOf(error: ServerPayloads['flowchat:error'], { nodes }: ToldSettings): SaveRefusal {
  const known = new Set(nodes.flatMap(({ name, settings }) => settings.map(({ port }) => settingKey(name, port))));
  const faults = new Map<string, string>();
  const others: string[] = [];
  for (const fault of error.faults ?? []) {
    const key = 'node' in fault ? settingKey(fault.node ?? '', fault.port ?? '') : '';
    if (known.has(key)) faults.set(key, pageSentence(fault));
    else others.push(pageSentence(fault));
  }
  const changed = (error.results ?? []).map(({ name, message }) => `${name}: ${message}`);
  const beside = changed.length > 0 || faults.size + others.length > 0 ? others : [pageSentence(error)];
  return { faults, others: beside, changed };
}
