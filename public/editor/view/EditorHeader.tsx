import { Logo } from '../../ui/Logo.tsx';
import { shortName } from '../model/component.ts';
import { badge, isPublishable, otherEditors } from '../model/status.ts';
import { EditorIcon } from './EditorIcon.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** What is always in sight: what is true, searching, and publishing. */
export function EditorHeader({ find }: { find: () => void }) {
  const editor = useEditor();
  const file = useEditorState(({ status, id }) => status?.file || id);
  const watching = useEditorState(({ status }) => status && !status.rights.has('edit'));
  const others = useEditorState(({ status }) => (status ? otherEditors(status) : 0));
  const ready = useEditorState(
    ({ status, link }) => link.kind === 'live' && status !== undefined && isPublishable(status),
  );
  return (
    <header className="header">
      <Logo />
      <h1>
        flowchat{' '}
        <span className="file" title={file}>
          {shortName(file)}
        </span>
      </h1>
      <Truth />
      <span className="grow" />
      {others > 0 && (
        <span className="others" title="Others who have this graph open; you see each other's changes at once">
          {others === 1 ? '1 other editor' : `${others} other editors`}
        </span>
      )}
      <button type="button" className="seek" onClick={find}>
        <EditorIcon name="find" />
        <span>Search</span>
        <kbd>Ctrl K</kbd>
      </button>
      {watching ? (
        <span className="others">Watching only</span>
      ) : (
        <button type="button" className="primary" data-ready={ready} onClick={() => editor.show('publish')}>
          Publish
        </button>
      )}
      <button type="button" className="quiet" aria-label="Lock: forget the secret" onClick={() => editor.leave()}>
        <EditorIcon name="lock" />
      </button>
    </header>
  );
}

/** The badge: always what is true. */
function Truth() {
  const editor = useEditor();
  const kind = useEditorState(state => truth(state).kind);
  const words = useEditorState(state => truth(state).words);
  const short = useEditorState(state => truth(state).short);
  const saved = useEditorState(({ status }) => status?.saved !== false);
  return (
    <button type="button" className="truth" data-kind={kind} onClick={() => editor.toggle('publish')}>
      <span role="status" aria-label="State" data-short={short}>
        {words}
      </span>
      {!saved && <small title="The graph's file and what is live differ">not saved</small>}
    </button>
  );
}

const truth = ({ link, status, draft }: Parameters<Parameters<typeof useEditorState>[0]>[0]) =>
  badge(link.kind === 'live', status, draft?.pending.length ?? 0);
