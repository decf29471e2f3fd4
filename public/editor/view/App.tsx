import { useEffect, useState } from 'react';
import { badge } from '../model/status.ts';
import { Ask } from './Ask.tsx';
import { Canvas } from './Canvas.tsx';
import { Header } from './Header.tsx';
import { Inspector } from './Inspector.tsx';
import { Notices } from './Notices.tsx';
import { Palette } from './Palette.tsx';
import { Rail } from './Rail.tsx';
import { Side } from './Side.tsx';
import { useClipboard } from './useClipboard.ts';
import { useEditor, usePart } from './useEditor.ts';
import { useFocus } from './useFocus.ts';
import { useHotkeys } from './useHotkeys.ts';
import { useUnsaved } from './useUnsaved.ts';

/** The whole page. */
export function App() {
  const asking = usePart(state => state.access !== 'given');
  const here = usePart(state => state.draft !== undefined);
  return asking ? <Ask /> : here ? <Workbench /> : <Opening />;
}

function Opening() {
  const lost = usePart(state => state.link.kind === 'offline');
  const why = usePart(({ link }) => link.kind !== 'live' && link.why);
  const words = lost ? 'The server does not answer; trying again' : 'Connecting';
  const { waiting } = useEditor().keep;
  return (
    <main className="opening">
      <p role="status">{why ? `${why}. The page connects again by itself.` : words}</p>
      {waiting > 0 && <p>{waiting === 1 ? '1 edit is' : `${waiting} edits are`} kept in this window until it does.</p>}
      <Notices />
    </main>
  );
}

function Workbench() {
  const [finding, setFinding] = useState(false);
  const find = () => setFinding(true);
  const title = usePart(
    ({ link, status, draft }) => badge(link.kind === 'live', status, draft?.pending.length ?? 0).words,
  );
  useHotkeys(find);
  useFocus();
  useUnsaved();
  useClipboard();
  useEffect(() => {
    document.title = `${title} · flowchat editor`;
  }, [title]);
  return (
    <div className="app">
      <Header find={find} />
      <Rail />
      <Side />
      <Canvas />
      <Inspector />
      <Notices />
      {finding && <Palette close={() => setFinding(false)} />}
    </div>
  );
}
