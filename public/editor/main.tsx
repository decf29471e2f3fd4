import { createRoot } from 'react-dom/client';
import { takeAddress } from './net/address.ts';
import { Editor } from './net/editor.ts';
import { meetNeighbours } from './net/neighbours.ts';
import { secret } from './net/secret.ts';
import { App } from './view/App.tsx';
import { Boundary } from './view/Boundary.tsx';
import { EditorContext } from './view/useEditor.ts';

const message = takeAddress();

const url = new URL('../runtime', document.baseURI);
url.protocol = url.protocol.replace('http', 'ws');
const editor = new Editor(url.href);
editor.start();

const show = (message: string | undefined) => message && void editor.watching.showMessage(message);
show(message);
meetNeighbours(new URL('..', document.baseURI), show);
addEventListener('hashchange', () => {
  show(takeAddress());
  if (editor.state.access !== 'given' && secret.get()) editor.enter(secret.get());
});
addEventListener('online', () => editor.connection.retry());
addEventListener('offline', () => editor.connection.drop());

// A part of the page that is loaded late is not there any more, as the server has another page by now. Its boundary says
// that as well, so the error is let through.
addEventListener('vite:preloadError', () => editor.outdated());

createRoot(document.getElementById('editor')!).render(
  <EditorContext value={editor}>
    <Boundary what="This page">
      <App />
    </Boundary>
  </EditorContext>,
);
