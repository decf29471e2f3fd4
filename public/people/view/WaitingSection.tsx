import { useCallback, useEffect, useState } from 'react';
import { shownName } from '../../../src/model/name.ts';
import { isAtLeast } from '../../../src/model/who.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import type { KnownPerson, Viewer } from '../net/people-api.ts';
import { BanForm } from './BansSection.tsx';
import { Section, useApi, useLoaded, When } from './parts.tsx';

/** Milliseconds between polls. */
const EVERY_MS = 10_000;

/** People with an account, by id. */
function usePeople(): ReadonlyMap<string, KnownPerson> {
  const api = useApi();
  const [people, setPeople] = useState<ReadonlyMap<string, KnownPerson>>(new Map());
  useEffect(
    () =>
      void api.people().then(
        all => setPeople(new Map(all.map(person => [person.id, person]))),
        () => {},
      ),
    [api],
  );
  return people;
}

/** An author: the id, and the present name. */
interface Writer {
  readonly name: string;
  readonly ban: { readonly person: string } | { readonly held: string };
}

/** Held posts and reported messages. */
export function WaitingSection({ viewer }: { viewer: Viewer }) {
  const api = useApi();
  const people = usePeople();
  const held = useLoaded(
    useCallback(() => api.held(), [api]),
    EVERY_MS,
  );
  const reports = useLoaded(
    useCallback(() => api.reports(), [api]),
    EVERY_MS,
  );
  const [banning, ban] = useState<Writer>();
  const nameOf = ({ author, by = '' }: { readonly author: string; readonly by?: string }) => {
    const person = people.get(by);
    return person?.gone && person.kind === 'person' ? 'Former member' : shownName(person?.name ?? author);
  };
  const mayBan = (by: string | undefined) => {
    const person = people.get(by ?? '');
    if (!viewer.may.has('ban') || by === viewer.id || person?.gone) return false;
    return by === undefined || (person !== undefined && !isAtLeast(person.role, viewer.role));
  };
  const banButton = (writer: Writer) => (
    <button type="button" aria-label={`Ban ${writer.name}`} onClick={() => ban(writer)}>
      Ban
    </button>
  );
  return (
    <>
      <Section
        title="Held posts"
        lead="Nobody sees these posts until a moderator approves them. Refused posts are deleted."
        of={held}
        empty="No post waits."
      >
        {posts => (
          <ul className="cards">
            {posts.map(post => (
              <li key={post.id} className="card post">
                <Avatar name={nameOf(post)} />
                <div className="what">
                  <p>
                    <strong dir="auto">{nameOf(post)}</strong>{' '}
                    <span className="note">
                      in #{post.room}, <When at={post.at} />
                    </span>
                  </p>
                  <blockquote dir="auto">{post.text}</blockquote>
                  {post.why && <p className="note">It {post.why}.</p>}
                </div>
                <div className="acts">
                  <button
                    type="button"
                    className="primary"
                    aria-label={`Approve the post by ${nameOf(post)}`}
                    onClick={() => held.act(() => api.approve(post.id))}
                  >
                    Approve
                  </button>
                  <button
                    type="button"
                    aria-label={`Refuse the post by ${nameOf(post)}`}
                    onClick={() => held.act(() => api.refuse(post.id))}
                  >
                    Refuse
                  </button>
                  {mayBan(post.by) &&
                    banButton({
                      name: nameOf(post),
                      ban: post.by === undefined ? { held: post.id } : { person: post.by },
                    })}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section
        title="Reported messages"
        lead="Everybody who can read a message can report it. Removing a message deletes its text for good."
        of={reports}
        empty="Nothing is reported."
      >
        {all => (
          <ul className="cards">
            {all.map(({ id, reason, by, at, message }) => (
              <li key={id} className="card post">
                <Avatar name={nameOf(message)} />
                <div className="what">
                  <p>
                    <strong dir="auto">{nameOf(message)}</strong>{' '}
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
                    aria-label={`Remove the message by ${nameOf(message)}`}
                    onClick={() => reports.act(() => api.removeReported(id))}
                  >
                    Remove
                  </button>
                  <button
                    type="button"
                    aria-label={`Dismiss the report on ${nameOf(message)}`}
                    onClick={() => reports.act(() => api.dismiss(id))}
                  >
                    Dismiss
                  </button>
                  {message.by !== undefined &&
                    mayBan(message.by) &&
                    banButton({ name: nameOf(message), ban: { person: message.by } })}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
      {banning && (
        <Dialog title={`Ban ${banning.name}`} close={() => ban(undefined)}>
          {'held' in banning.ban && (
            <p className="note">A guest is banned by their address. The post stays here until you decide on it.</p>
          )}
          <BanForm
            submit={async terms => {
              await held.act(() => api.ban({ ...banning.ban, ...terms }));
              ban(undefined);
            }}
          />
        </Dialog>
      )}
    </>
  );
}
