import { useMemo } from 'react';
import { textDifference } from '../model/text-difference.ts';

/** A line diff of two texts. Default export for lazy(). */
export default function TextDifference({ title, before, after }: { title: string; before: string; after: string }) {
  const lines = useMemo(() => textDifference(before, after), [before, after]);
  return (
    <details className="textual" open={lines.length < 40}>
      <summary>{title}</summary>
      <pre>
        {lines.map(({ sign, text }, index) => (
          // Lines have no other identity than their index.
          <span key={index} data-sign={sign}>
            {sign === '…' ? '⋯' : `${sign} ${text}`}
          </span>
        ))}
      </pre>
    </details>
  );
}
