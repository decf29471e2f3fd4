import { Component, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { TraceLink } from '../ui/channel.ts';
import { addressOf, hrefOf } from './model/address.ts';
import { Chat } from './net/chat.ts';
import { BrowserStorage } from './net/storage.ts';
import { ChatApp } from './view/ChatApp.tsx';
import { ChatContext } from './view/hooks.ts';
import { TraceProvider } from './view/MessageChunk.tsx';

/** Keeps the page above an on-screen keyboard, in browsers that lay it over the page. */
function followViewport(): void {
  const viewport = window.visualViewport;
  viewport?.addEventListener('resize', () => {
    const covered = viewport.scale === 1 && innerHeight - viewport.height > 1;
    const { style } = document.documentElement;
    if (!covered) return style.removeProperty('--height');
    style.setProperty('--height', `${viewport.height}px`);
    scrollTo(0, 0);
  });
}

/** Shows the page, or, where drawing it failed, that what one wrote is kept and how to go on. */
class Broken extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="broken" role="alert">
        <h1>Something went wrong in this page</h1>
        <p>What you wrote is kept in this browser. Messages that were on their way go out when the page is back.</p>
        <button type="button" className="primary" onClick={() => location.reload()}>
          Reload the page
        </button>
      </main>
    );
  }
}

const base = new URL('.', document.baseURI);
const here = addressOf(location.href);

/** Puts the address of a room into the bar as it is usually written; one that names no room stays there to be read. */
function normaliseAddress({ room, unknown }: typeof here): void {
  const rest = /^#\/?[^/]*(\/.*)?$/.exec(location.hash)?.[1] ?? '';
  if (unknown === undefined) history.replaceState(null, '', base.pathname + hrefOf(room) + rest);
}
normaliseAddress(here);

// Two servers below one host keep apart what they keep.
const prefix = `flowchat:${base.pathname}:`;
const storage = new BrowserStorage(prefix, () => localStorage);
const ownMessages = new BrowserStorage(prefix, () => sessionStorage);
const chat = new Chat(base.href, here, storage, ownMessages);
chat.start();
const traceLink = new TraceLink(base);

addEventListener('hashchange', () => {
  const address = addressOf(location.href);
  normaliseAddress(address);
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
chat.store.subscribe(() =>
  chat.atRisk ? addEventListener('beforeunload', ask) : removeEventListener('beforeunload', ask),
);

followViewport();
createRoot(document.getElementById('chat')!).render(
  <Broken>
    <ChatContext value={chat}>
      <TraceProvider traceLink={traceLink}>
        <ChatApp />
      </TraceProvider>
    </ChatContext>
  </Broken>,
);
