import { putOnPage, settingsOnPage } from '../../../src/model/settings-page.ts';
import { settingTitle } from '../model/component.ts';
import { enteredSubgraph } from '../model/state.ts';
import { useEditorState, useFormGraph } from './useEditor.ts';

/** Selects which settings of a node are on the settings page. */
export function OnSettingsPage({ name }: { name: string }) {
  const { frame, graph, edit } = useFormGraph();
  const node = graph.nodes.get(name);
  const component = useEditorState(({ components }) => components.get(node?.component ?? ''));
  const inside = useEditorState(state => frame !== '' || enteredSubgraph(state) !== undefined);
  // An outer port of a subgraph is a setting of its node.
  const outer = inside
    ? [...graph.inports.values()].filter(inner => inner.node === name).map(({ port }) => port.toLowerCase())
    : [];
  const settings = (component?.inports ?? []).filter(
    ({ name: port, control, addressable }) => control && !addressable && !outer.includes(port),
  );
  if (!node || settings.length === 0) return null;
  const declared = settings.map(port => ({ ...port, ...(port.form?.everyday && { everyday: true as const }) }));
  const chosen = settingsOnPage(node.metadata, declared).map(port => port.name);
  const choose = (port: string, isOn: boolean) => {
    const names = settings.map(({ name }) => name).filter(each => (each === port ? isOn : chosen.includes(each)));
    const word = isOn ? 'put' : 'take';
    edit({
      label: `${word} ${name} ${port.toUpperCase()} ${isOn ? 'on' : 'off'} the settings page`,
      changes: [{ command: 'changenode', payload: { id: name, metadata: putOnPage(names) } }],
    });
  };
  return (
    <details className="on-page">
      <summary>On the settings page: {chosen.length === 0 ? 'none' : `${chosen.length} of ${settings.length}`}</summary>
      <p className="hint">People with the right "settings" can change these, and nothing else.</p>
      {settings.map(port => (
        <label key={port.name}>
          <input
            type="checkbox"
            checked={chosen.includes(port.name)}
            onChange={event => choose(port.name, event.target.checked)}
          />
          {settingTitle(port)}
        </label>
      ))}
    </details>
  );
}
