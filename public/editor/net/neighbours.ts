import { neighbourLine, type Word } from '../../chat/net/neighbour.ts';

/** Tells the chat's pages of this browser that the editor is open, and shows the ways of the messages that they ask for. */
export function meetNeighbours(base: URL, show: (message: string) => void): void {
  const line = neighbourLine(base);
  const say = (word: Word) => line.postMessage(word);
  line.onmessage = ({ data }: MessageEvent<Word>) => {
    if ('way' in data) {
      show(data.way);
      window.focus();
    } else if (data.editor === 'wanted') say({ editor: 'open' });
  };
  // Also when the page comes back as it was left.
  addEventListener('pageshow', () => say({ editor: 'open' }));
  addEventListener('pagehide', () => say({ editor: 'closed' }));
}
