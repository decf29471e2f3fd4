import { useState } from 'react';
import { Icon } from './Icon.tsx';

/** Whether this address reaches no other computer than this one. */
const isHidden = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);

/** What a room without messages says: write the first one, and ask others in. */
export function Empty({ name }: { name: string }) {
  const [copied, setCopied] = useState(false);
  // Browsers give pages without https no clipboard.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  const copy = () => clipboard?.writeText(location.href).then(() => setCopied(true));
  return (
    <div className="empty">
      <p className="hash" aria-hidden="true">
        #
      </p>
      <h2>Nobody has written in {name} yet</h2>
      <p>
        {isHidden
          ? 'Be the first. You can open this address on this computer:'
          : 'Be the first. Whoever has this address can join:'}
      </p>
      <p className="address">
        <code>{location.href}</code>
        {clipboard && (
          <button type="button" onClick={copy}>
            <Icon name="link" />
            <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
          </button>
        )}
      </p>
      {isHidden && (
        <div className="next">
          <h3>To let others in</h3>
          <p>
            Start flowchat with <code>HOST=0.0.0.0 npm start</code>, and give others this computer’s address in your
            network in place of <code>{location.hostname}</code>. Anybody who has it can then read and write here.
          </p>
          <p>
            What the server does is one graph: <a href="editor/">open it in the editor</a> with the secret that was
            shown when it started.
          </p>
        </div>
      )}
    </div>
  );
}
