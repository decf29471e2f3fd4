import { Dialog } from '../../ui/Dialog.tsx';
import { type Enter, useEnter } from './useEnter.ts';

const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const alt = mac ? 'Option' : 'Alt';
const ctrl = mac ? 'Cmd' : 'Ctrl';

const sending: Record<Enter, readonly (readonly [string, string])[]> = {
  send: [
    ['Enter', 'Send'],
    ['Shift+Enter', 'New line'],
  ],
  line: [
    [`${ctrl}+Enter`, 'Send'],
    ['Enter', 'New line'],
  ],
};

const keys: readonly (readonly [string, string])[] = [
  [`${alt}+↑ ↓`, 'Previous or next room'],
  [`${alt}+Shift+↑ ↓`, 'Previous or next unread room'],
  [`${ctrl}+K`, 'Find or make a room'],
  ['Escape', 'To the composer; once more, to the newest message'],
  ['?', 'This help, outside of text fields'],
];

/** What the keyboard can do, and how the chat works. */
export function Help({ close }: { close: () => void }) {
  const [enter] = useEnter();
  return (
    <Dialog title="Help" close={close}>
      <dl className="keys">
        {[...sending[enter], ...keys].map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>
        A room is made by writing in it: type its name above the list of rooms, or open its address. Your name, and what
        Enter does, are behind your name below that list. What you send while there is no connection is kept in this
        browser and goes out once, in order, when the connection is back.
      </p>
    </Dialog>
  );
}
