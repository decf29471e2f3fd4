import { createRoot } from 'react-dom/client';
import { Editor } from './net/editor.ts';
import { takeSecret } from './net/secret.ts';
import { App } from './view/App.tsx';
import { EditorContext } from './view/useEditor.ts';

takeSecret();

const url = new URL('../runtime', document.baseURI);
url.protocol = url.protocol.replace('http', 'ws');
const editor = new Editor(url.href);
editor.start();

addEventListener('online', () => editor.connection.retry());
addEventListener('offline', () => editor.connection.drop());

createRoot(document.getElementById('editor')!).render(
  <EditorContext value={editor}>
    <App />
  </EditorContext>,
);
