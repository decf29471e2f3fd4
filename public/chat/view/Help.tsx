import { Dialog } from './Dialog.tsx';

const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const alt = mac ? 'Option' : 'Alt';
const ctrl = mac ? 'Cmd' : 'Ctrl';

const keys: readonly (readonly [string, string])[] = [
  ['Enter', 'Send'],
  ['Shift+Enter', 'New line'],
  [`${alt}+↑ ↓`, 'Previous or next room'],
  [`${alt}+Shift+↑ ↓`, 'Previous or next unread room'],
  [`${ctrl}+K`, 'Find or make a room'],
  ['Escape', 'Back to the newest message and the composer'],
  ['?', 'This help, outside of text fields'],
];

/** What the keyboard can do, and how the chat works. */
export function Help({ close }: { close: () => void }) {
  return (
    <Dialog title="Help" close={close}>
      <dl className="keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>
        A room is made by writing in it: give it a name in the list, or open its address. What you send while there is
        no connection is kept in this browser and goes out once, in order, when the connection is back.
      </p>
    </Dialog>
  );
}
