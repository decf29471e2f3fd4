import { useState } from 'react';
import { ChatIcon } from './Icon.tsx';

/** Copies a text. Without https, browsers offer no clipboard, and the button is hidden. */
export function CopyTextButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return null;
  const copy = () =>
    clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button type="button" onClick={copy}>
      <ChatIcon name="link" />
      <span aria-live="polite">{isCopied ? 'Copied' : label}</span>
    </button>
  );
}
