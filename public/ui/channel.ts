import { StateStore } from './store.ts';

/** Messages between the tabs of both pages within one browser. Never a secret: every page of this origin may listen. */
type TabMessage =
  | { readonly editor: 'wanted' | 'open' | 'closed' }
  /** The id of a message to trace. */
  | { readonly trace: string };

/** `base` is the server's address: two servers on one host get a channel each. */
const crossTabChannel = (base: URL): BroadcastChannel => new BroadcastChannel(`flowchat:${base.pathname}`);

/** The chat's end: whether an editor is open in this browser, and a way to trace a message in it. */
export class TraceLink {
  /** Whether an editor is open. */
  readonly store = new StateStore(false);
  readonly #channel: BroadcastChannel;

  constructor(base: URL) {
    this.#channel = crossTabChannel(base);
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      if (!('editor' in data) || data.editor === 'wanted') return;
      this.store.update(() => data.editor === 'open');
      // A second editor may still be open; it answers.
      if (data.editor === 'closed') this.#send({ editor: 'wanted' });
    };
    this.#send({ editor: 'wanted' });
  }

  /** Asks the editor to trace a message, by its id. */
  readonly show = (message: string): void => this.#send({ trace: message });

  #send(message: TabMessage): void {
    this.#channel.postMessage(message);
  }
}

/** The editor's end: tells chat tabs that an editor is open, and calls `show` with the id of each message that they want traced. */
export function listenToChatTabs(base: URL, show: (message: string) => void): void {
  let channel: BroadcastChannel | undefined;
  const send = (message: TabMessage) => channel?.postMessage(message);
  const receive = ({ data }: MessageEvent<TabMessage>) => {
    if ('trace' in data) {
      show(data.trace);
      window.focus();
    } else if (data.editor === 'wanted') send({ editor: 'open' });
  };
  // The browser may restore a page from its back/forward cache.
  addEventListener('pageshow', () => {
    channel ??= crossTabChannel(base);
    channel.onmessage = receive;
    send({ editor: 'open' });
  });
  addEventListener('pagehide', () => {
    send({ editor: 'closed' });
    channel?.close();
    channel = undefined;
  });
}
