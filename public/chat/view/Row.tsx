import { memo } from 'react';
import type { Entry } from '../model/outbox.ts';
import type { Line } from '../model/timeline.ts';
import { Avatar } from './Avatar.tsx';
import { calendar } from './calendar.ts';
import { Delivery } from './Delivery.tsx';
import { Text } from './Text.tsx';
import { Way } from './Way.tsx';

type Props = Pick<Line, 'author' | 'text' | 'at' | 'opens'> & { entry: Entry | undefined; id: string | undefined };

/** One message: with its author where it begins a group, with what becomes of it where it is on its way. */
export const Row = memo(({ author, text, at, opens, entry, id }: Props) => (
  <article className={opens ? 'row opens' : 'row'} data-state={entry?.state ?? 'kept'}>
    {opens && <Avatar name={author} />}
    <b className={opens ? 'author' : 'unseen'} dir="auto">
      {author}
    </b>
    <time dateTime={new Date(at).toISOString()} title={calendar.full(at)}>
      {calendar.clock(at)}
    </time>
    <Text text={text} />
    {entry && <Delivery entry={entry} />}
    {id && <Way message={id} />}
  </article>
));
