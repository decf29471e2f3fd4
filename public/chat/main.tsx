import { createRoot } from 'react-dom/client';
import { addressOf, hrefOf } from './model/address.ts';
import { Chat } from './net/chat.ts';
import { Keep } from './net/keep.ts';
import { Ways } from './net/ways.ts';
import { App } from './view/App.tsx';
import { Broken } from './view/Broken.tsx';
import { ChatContext } from './view/useChat.ts';
import { followViewport } from './view/viewport.ts';
import { WaysProvider } from './view/WaysProvider.tsx';

const base = new URL('.', document.baseURI);
const here = addressOf(location.href);

/** Puts the address of a room into the bar as it is usually written; one that names no room stays there to be read. */
function tidy({ room, unknown }: typeof here): void {
  const rest = /^#\/?[^/]*(\/.*)?$/.exec(location.hash)?.[1] ?? '';
  if (unknown === undefined) history.replaceState(null, '', base.pathname + hrefOf(room) + rest);
}
tidy(here);

// Two servers below one host keep apart what they keep.
const prefix = `flowchat:${base.pathname}:`;
const keep = new Keep(prefix, () => localStorage);
const own = new Keep(prefix, () => sessionStorage);
const chat = new Chat(base.href, here, keep, own);
chat.start();
const ways = new Ways(base);

addEventListener('hashchange', () => {
  const address = addressOf(location.href);
  tidy(address);
  chat.open(address);
});
addEventListener('online', () => chat.online());
addEventListener('offline', () => chat.offline());
document.addEventListener('visibilitychange', () => document.hidden || chat.wake());
addEventListener('pagehide', () => chat.drafts.leave());
// A part of the page that can't be loaded any more means that the server has newer ones.
addEventListener('vite:preloadError', event => {
  event.preventDefault();
  chat.outdate();
});

/** Asks before the window is closed. It only listens while it has to, as browsers keep no page that does ready to come back. */
const ask = (event: BeforeUnloadEvent) => event.preventDefault();
chat.cell.subscribe(() =>
  chat.atRisk ? addEventListener('beforeunload', ask) : removeEventListener('beforeunload', ask),
);

followViewport();
createRoot(document.getElementById('chat')!).render(
  <Broken>
    <ChatContext value={chat}>
      <WaysProvider ways={ways}>
        <App />
      </WaysProvider>
    </ChatContext>
  </Broken>,
);
