import { useCallback } from 'react';
import { shownName } from '../../../src/model/name.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import { Section, useApi, useLoaded, When } from './parts.tsx';

/** Milliseconds between two looks for what is new. */
const EVERY_MS = 10_000;

/** Posts that wait, and messages that are reported. */
export function WaitingSection() {
  const api = useApi();
  const held = useLoaded(
    useCallback(() => api.held(), [api]),
    EVERY_MS,
  );
  const reports = useLoaded(
    useCallback(() => api.reports(), [api]),
    EVERY_MS,
  );
  return (
    <>
      <Section
        title="Held posts"
        lead="Nobody sees them until one of you approves them. What is refused is forgotten."
        of={held}
        empty="No post waits."
      >
        {posts => (
          <ul className="cards">
            {posts.map(({ id, room, author, text, why, at }) => (
              <li key={id} className="card post">
                <Avatar name={author} />
                <div className="what">
                  <p>
                    <strong dir="auto">{shownName(author)}</strong>{' '}
                    <span className="note">
                      in #{room}, <When at={at} />
                    </span>
                  </p>
                  <blockquote dir="auto">{text}</blockquote>
                  <p className="note">{why && `It ${why}.`}</p>
                </div>
                <div className="acts">
                  <button
                    type="button"
                    className="primary"
                    aria-label={`Approve the post by ${shownName(author)}`}
                    onClick={() => held.act(() => api.approve(id))}
                  >
                    Approve
                  </button>
                  <button
                    type="button"
                    aria-label={`Refuse the post by ${shownName(author)}`}
                    onClick={() => held.act(() => api.refuse(id))}
                  >
                    Refuse
                  </button>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section
        title="Reported messages"
        lead="Whoever may read a message may report it. Removing one blanks its text for good."
        of={reports}
        empty="Nothing is reported."
      >
        {all => (
          <ul className="cards">
            {all.map(({ id, reason, by, at, message }) => (
              <li key={id} className="card post">
                <Avatar name={message.author} />
                <div className="what">
                  <p>
                    <strong dir="auto">{shownName(message.author)}</strong>{' '}
                    <span className="note">
                      in <a href={`${api.chat}#/${message.room}/${message.seq}`}>#{message.room}</a>,{' '}
                      <When at={message.at} />
                    </span>
                  </p>
                  <blockquote dir="auto">{message.text}</blockquote>
                  <p className="note">
                    {by === undefined ? 'A guest' : shownName(by)}, <When at={at} />: <q dir="auto">{reason}</q>
                  </p>
                </div>
                <div className="acts">
                  <button
                    type="button"
                    className="bad"
                    aria-label={`Remove the message by ${shownName(message.author)}`}
                    onClick={() => reports.act(() => api.removeReported(id))}
                  >
                    Remove
                  </button>
                  <button
                    type="button"
                    aria-label={`Dismiss the report on ${shownName(message.author)}`}
                    onClick={() => reports.act(() => api.dismiss(id))}
                  >
                    Dismiss
                  </button>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  );
}
