import type { Panel } from '../model/state.ts';
import { Icon } from './Icon.tsx';
import type { signs } from './signs.ts';
import { useEditor, usePart } from './useEditor.ts';

const panels: readonly (readonly [Panel, keyof typeof signs, string])[] = [
  ['library', 'library', 'Library'],
  ['outline', 'outline', 'Outline'],
  ['messages', 'messages', 'Messages'],
  ['try', 'try', 'Try'],
  ['tests', 'tests', 'Tests'],
  ['publish', 'publish', 'Draft'],
  ['revisions', 'revisions', 'Revisions'],
  ['code', 'code', 'Code'],
];

/** The ways into the panels. */
export function Rail() {
  const editor = useEditor();
  const open = usePart(state => state.panel);
  const rights = usePart(state => state.status?.rights);
  const shown = panels.filter(([panel]) => {
    if (panel === 'code') return rights?.has('code');
    return rights?.has('edit') || !['library', 'try', 'tests'].includes(panel);
  });
  return (
    <nav className="rail" aria-label="Panels">
      {shown.map(([panel, icon, name]) => (
        <button type="button" key={panel} aria-pressed={open === panel} onClick={() => editor.toggle(panel)}>
          <Icon name={icon} />
          <span>{name}</span>
        </button>
      ))}
    </nav>
  );
}
