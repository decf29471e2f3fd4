import { useState } from 'react';
import { Icon } from './Icon.tsx';

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
      <p>Be the first. Whoever has this address can join:</p>
      <p className="address">
        <code>{location.href}</code>
        {clipboard && (
          <button type="button" onClick={copy}>
            <Icon name="link" />
            <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
          </button>
        )}
      </p>
    </div>
  );
}
