import { crossTabChannel, type TabMessage } from '../../ui/channel.ts';

const KEY = 'flowchat:editor:secret';

/** The secret of this session: kept as long as the window, and nowhere else. */
export const secret = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  clear: (): void => sessionStorage.removeItem(KEY),
};

/** Takes `#secret=…` and `#message=…` out of the address, before anybody can see or copy it. Returns the message's id. */
export function takeAddress(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1));
  const [shown, message] = [given.get('secret'), given.get('message')];
  if (shown === null && message === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (shown) secret.set(shown);
  return message || undefined;
}

/** Tells the chat's pages of this browser that the editor is open, and shows the ways of the messages that they ask for. */
export function listenToChatTabs(base: URL, show: (message: string) => void): void {
  let line: BroadcastChannel | undefined;
  const say = (word: TabMessage) => line?.postMessage(word);
  const heard = ({ data }: MessageEvent<TabMessage>) => {
    if ('way' in data) {
      show(data.way);
      window.focus();
    } else if (data.editor === 'wanted') say({ editor: 'open' });
  };
  // A page that is left may be kept by the browser, and come back as it was.
  addEventListener('pageshow', () => {
    line ??= crossTabChannel(base);
    line.onmessage = heard;
    say({ editor: 'open' });
  });
  addEventListener('pagehide', () => {
    say({ editor: 'closed' });
    line?.close();
    line = undefined;
  });
}
