import { memo } from 'react';
import { segments } from '../model/links.ts';

/** What somebody wrote, as plain text with its links. */
export const Text = memo(({ text }: { text: string }) => {
  let at = 0;
  return (
    <p className="text" dir="auto">
      {segments(text).map(({ text, href }) => {
        const key = at;
        at += text.length;
        if (!href) return text;
        return (
          <a key={key} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {text}
          </a>
        );
      })}
    </p>
  );
});
