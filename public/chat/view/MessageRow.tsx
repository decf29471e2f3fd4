import { memo } from 'react';
import { shownName } from '../../../src/model/name.ts';
import { segments } from '../model/links.ts';
import type { OutboxItem } from '../model/outbox.ts';
import type { MessageLine } from '../model/timeline.ts';
import { Avatar } from './Avatar.tsx';
import { Delivery } from './Delivery.tsx';
import { calendar } from './now.ts';
import { TraceButton } from './TraceButton.tsx';

/** What somebody wrote, as plain text with its links. */
const Text = memo(({ text }: { text: string }) => {
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

type Props = Pick<MessageLine, 'author' | 'text' | 'at' | 'opens' | 'mine' | 'alike' | 'href' | 'target'> & {
  /** The line's key in the timeline. */
  line: string;
  entry: OutboxItem | undefined;
  id: string | undefined;
};

/** One message: with its author where it begins a group, with what becomes of it where it is on its way. */
export const MessageRow = memo(({ line, author, text, at, opens, mine, alike, href, target, entry, id }: Props) => (
  <article
    className={opens ? 'row opens' : 'row'}
    data-state={entry?.state ?? 'kept'}
    data-mine={mine || undefined}
    data-key={line}
    data-target={target || undefined}
  >
    {opens && <Avatar name={author} />}
    {/* What is copied has a blank between the name and the time, also where the name is not seen. */}
    <b className={opens ? 'author' : 'unseen'} dir="auto">
      {`${shownName(author)} `}
    </b>
    {opens && mine && <span className="you">you</span>}
    {opens && alike !== undefined && <Alike name={alike} />}
    <When at={at} href={href} />
    <Text text={text} />
    {entry && <Delivery entry={entry} />}
    {id && <TraceButton message={id} />}
  </article>
));

/** When it was written; a link to it once the server has it. The log is one tab stop, so that links of times are none. */
function When({ at, href }: { at: number; href: string | undefined }) {
  const time = (
    <time dateTime={new Date(at).toISOString()} title={calendar.full(at)}>
      {calendar.clock(at)}
    </time>
  );
  return href === undefined ? (
    time
  ) : (
    <a className="when" href={href} tabIndex={-1}>
      {time}
    </a>
  );
}

/** Warns of a name that is easily taken for another one. */
function Alike({ name }: { name: string }) {
  const words = `Not the same as ${shownName(name)}, though it looks like it`;
  return (
    <span className="alike" title={words}>
      <span aria-hidden="true">≈</span>
      <span className="unseen">({words})</span>
    </span>
  );
}
