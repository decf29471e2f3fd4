import { Cell } from './cell.ts';
import { neighbourLine, type Word } from './neighbour.ts';

/** Leads from messages to the editor, while it is open in the same browser. */
export class Ways {
  /** Whether an editor is open. */
  readonly cell = new Cell(false);
  readonly #line: BroadcastChannel;

  constructor(base: URL) {
    this.#line = neighbourLine(base);
    this.#line.onmessage = ({ data }: MessageEvent<Word>) => {
      if (!('editor' in data) || data.editor === 'wanted') return;
      this.cell.update(() => data.editor === 'open');
      // There may be another one.
      if (data.editor === 'closed') this.#say({ editor: 'wanted' });
    };
    this.#say({ editor: 'wanted' });
  }

  /** Has the editor show the way of a message. */
  readonly show = (message: string): void => this.#say({ way: message });

  #say(word: Word): void {
    this.#line.postMessage(word);
  }
}
