import { memo } from 'react';
import type { Divider as Model } from '../model/timeline.ts';
import { calendar } from './calendar.ts';
import { useNow } from './useNow.ts';

/** What stands between messages: a day, "New messages", or a gap. */
export const Divider = memo(({ kind, at }: { kind: Model['kind']; at: number | undefined }) => {
  if (kind === 'new') return <h2 className="divider new">New messages</h2>;
  if (kind === 'gap') return <p className="divider gap">Some messages are not kept any more</p>;
  return <Day at={at!} />;
});

function Day({ at }: { at: number }) {
  const now = useNow(60_000);
  return (
    <h2 className="divider day">
      <time dateTime={new Date(at).toISOString()} title={calendar.full(at)}>
        {calendar.day(at, now)}
      </time>
    </h2>
  );
}
