import { neighbourLine, type Word } from '../../chat/net/neighbour.ts';

/** Tells the chat's pages of this browser that the editor is open, and shows the ways of the messages that they ask for. */
export function meetNeighbours(base: URL, show: (message: string) => void): void {
  let line: BroadcastChannel | undefined;
  const say = (word: Word) => line?.postMessage(word);
  const heard = ({ data }: MessageEvent<Word>) => {
    if ('way' in data) {
      show(data.way);
      window.focus();
    } else if (data.editor === 'wanted') say({ editor: 'open' });
  };
  // A page that is left may be kept by the browser, and come back as it was.
  addEventListener('pageshow', () => {
    line ??= neighbourLine(base);
    line.onmessage = heard;
    say({ editor: 'open' });
  });
  addEventListener('pagehide', () => {
    say({ editor: 'closed' });
    line?.close();
    line = undefined;
  });
}
