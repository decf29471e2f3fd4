import { createRoot } from 'react-dom/client';
import { listenToChatTabs } from '../ui/channel.ts';
import { Editor } from './net/editor.ts';
import { secret, takeAddress } from './net/sign-in.ts';
import { Boundary } from './view/Boundary.tsx';
import { EditorApp } from './view/EditorApp.tsx';
import { EditorContext } from './view/useEditor.ts';

const message = takeAddress();

const url = new URL('../runtime', document.baseURI);
url.protocol = url.protocol.replace('http', 'ws');
const editor = new Editor(url.href);
editor.start();
fetch(new URL('../api/about', document.baseURI))
  .then(answer => answer.json())
  .then(({ accounts, who }) => {
    editor.update(state => ({ ...state, hasAccounts: accounts === true }));
    if (who?.role === 'owner' && editor.state.access === 'asking') editor.enterAsOwner();
  })
  // On failure, the sign-in form is shown.
  .catch(() => {});

const show = (message: string | undefined) => message && void editor.watching.showMessage(message);
show(message);
listenToChatTabs(new URL('..', document.baseURI), show);
addEventListener('hashchange', () => {
  show(takeAddress());
  if (editor.state.access !== 'given' && secret.get()) editor.enter(secret.get());
});
addEventListener('online', () => editor.connection.retry());
addEventListener('offline', () => editor.connection.drop());

// A lazy chunk is missing because the server has a newer page. The error propagates to that part's error boundary, too.
addEventListener('vite:preloadError', () => editor.outdated());

createRoot(document.getElementById('editor')!).render(
  <EditorContext value={editor}>
    <Boundary what="This page">
      <EditorApp />
    </Boundary>
  </EditorContext>,
);
