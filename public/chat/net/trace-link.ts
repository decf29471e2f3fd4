import { crossTabChannel, type TabMessage } from '../../ui/channel.ts';
import { StateStore } from '../../ui/store.ts';

/** Leads from messages to the editor, while it is open in the same browser. */
export class TraceLink {
  /** Whether an editor is open. */
  readonly store = new StateStore(false);
  readonly #line: BroadcastChannel;

  constructor(base: URL) {
    this.#line = crossTabChannel(base);
    this.#line.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      if (!('editor' in data) || data.editor === 'wanted') return;
      this.store.update(() => data.editor === 'open');
      // There may be another one.
      if (data.editor === 'closed') this.#say({ editor: 'wanted' });
    };
    this.#say({ editor: 'wanted' });
  }

  /** Has the editor show the way of a message. */
  readonly show = (message: string): void => this.#say({ way: message });

  #say(word: TabMessage): void {
    this.#line.postMessage(word);
  }
}
