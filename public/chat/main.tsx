import { createRoot } from 'react-dom/client';
import { hrefOf, roomOf } from './model/address.ts';
import { Chat } from './net/chat.ts';
import { Keep } from './net/keep.ts';
import { Ways } from './net/ways.ts';
import { App } from './view/App.tsx';
import { ChatContext } from './view/useChat.ts';
import { followViewport } from './view/viewport.ts';
import { WaysProvider } from './view/WaysProvider.tsx';

const base = new URL('.', document.baseURI);
const here = roomOf(location.href);
history.replaceState(null, '', base.pathname + hrefOf(here));

// Two servers below one host keep apart what they keep.
const keep = new Keep(`flowchat:${base.pathname}:`, () => localStorage);
const chat = new Chat(base.href, here, keep);
chat.start();
const ways = new Ways(base);

addEventListener('hashchange', () => chat.open(roomOf(location.href)));
addEventListener('online', () => chat.online());
addEventListener('offline', () => chat.offline());
document.addEventListener('visibilitychange', () => document.hidden || chat.wake());

followViewport();
createRoot(document.getElementById('chat')!).render(
  <ChatContext value={chat}>
    <WaysProvider ways={ways}>
      <App />
    </WaysProvider>
  </ChatContext>,
);
