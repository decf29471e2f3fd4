import { useCallback, useId, useState } from 'react';
import { shownName } from '../../../src/model/name.ts';
import { isAbove, isAtLeast, ROLES, type Role } from '../../../src/model/who.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import type { KnownPerson, StandingBan, Viewer } from '../net/people-api.ts';
import { BanForm } from './BansSection.tsx';
import { Confirm, type Loaded, OnceLink, RoleChip, Section, useApi, useLoaded, When } from './parts.tsx';

/** Number of people above which there is a search field. */
const MANY = 8;

interface Listed extends KnownPerson {
  readonly ban?: StandingBan | undefined;
}

/** People with an account, and actions on them. */
export function PeopleSection({ viewer }: { viewer: Viewer }) {
  const api = useApi();
  const [sought, seek] = useState('');
  const mayBan = viewer.may.has('ban');
  const load = useCallback(async (): Promise<readonly Listed[]> => {
    const [people, bans] = await Promise.all([api.people(), mayBan ? api.bans() : []]);
    const listed = people
      .filter(({ gone }) => !gone)
      .map(one => ({ ...one, ban: bans.find(({ id }) => id === one.id) }));
    return listed.toSorted((a, b) => ROLES.indexOf(b.role) - ROLES.indexOf(a.role) || a.name.localeCompare(b.name));
  }, [api, mayBan]);
  const loaded = useLoaded(load);
  const wanted = sought.trim().toLowerCase();
  return (
    <Section
      title="People"
      lead="Everybody with an account, and the bots."
      of={loaded}
      empty="Nobody has an account yet."
      above={
        (loaded.value?.length ?? 0) > MANY && (
          <input
            type="search"
            value={sought}
            onChange={event => seek(event.target.value)}
            placeholder="Find somebody"
            aria-label="Find somebody"
          />
        )
      }
    >
      {people => (
        <ul className="cards">
          {people
            .filter(({ name }) => name.toLowerCase().includes(wanted))
            .map(person => (
              <PersonCard key={person.id} person={person} viewer={viewer} loaded={loaded} />
            ))}
        </ul>
      )}
    </Section>
  );
}

type Asking = 'ban' | 'end' | 'reset';

function PersonCard({
  person,
  viewer,
  loaded: { act },
}: {
  person: Listed;
  viewer: Viewer;
  loaded: Loaded<readonly Listed[]>;
}) {
  const api = useApi();
  const [asking, ask] = useState<Asking>();
  const [link, setLink] = useState<string>();
  const { id, name, kind, role, since, ban } = person;
  const isMe = id === viewer.id;
  const isBelow = isAbove(viewer, role);
  const called = shownName(name);
  const close = () => ask(undefined);
  const reset = () =>
    act(async () => {
      setLink(await api.resetLink(id));
      ask('reset');
    });
  const mayBan = viewer.may.has('ban') && !isMe && !isAtLeast(role, viewer.role);
  const mayReset = viewer.may.has('invite') && isBelow && kind === 'person';
  const mayEnd = viewer.may.has('role') && isBelow && kind === 'person';
  return (
    <li className="card">
      <Avatar name={name} />
      <div className="what">
        <p>
          <strong dir="auto">{called}</strong> {isMe && <span className="note">you</span>}
          {kind === 'bot' && <span className="chip">bot</span>} {ban && <span className="chip bad">banned</span>}
        </p>
        <p className="note">
          since <When at={since} isDay />
          {ban && (
            <>
              {' · banned '}
              {ban.until ? (
                <>
                  until <When at={ban.until} />
                </>
              ) : (
                'for good'
              )}{' '}
              by {ban.by}
              {ban.why && `: ${ban.why}`}
            </>
          )}
        </p>
      </div>
      <RoleOf person={person} viewer={viewer} isBelow={isBelow} change={next => act(() => api.setRole(id, next))} />
      {(mayBan || mayReset || mayEnd || ban) && (
        <div className="acts">
          {mayReset && (
            <button type="button" aria-label={`Reset link for ${called}`} onClick={() => void reset()}>
              Reset link
            </button>
          )}
          {ban && mayBan && (
            <button type="button" aria-label={`Lift the ban of ${called}`} onClick={() => act(() => api.unban(id))}>
              Lift the ban
            </button>
          )}
          {!ban && mayBan && (
            <button type="button" aria-label={`Ban ${called}`} onClick={() => ask('ban')}>
              Ban
            </button>
          )}
          {mayEnd && (
            <button
              type="button"
              className="bad"
              aria-label={`End the account of ${called}`}
              onClick={() => ask('end')}
            >
              End the account
            </button>
          )}
        </div>
      )}
      {asking === 'ban' && (
        <Dialog title={`Ban ${called}`} close={close}>
          <BanForm
            submit={async terms => {
              await act(() => api.ban({ person: id, ...terms }));
              close();
            }}
          />
        </Dialog>
      )}
      {asking === 'reset' && link !== undefined && (
        <Dialog title={`Password reset for ${called}`} close={close}>
          <OnceLink
            link={link}
            says="With this link they choose a new password. It works once, within 30 minutes. All their sessions then end."
          />
        </Dialog>
      )}
      {asking === 'end' && (
        <Confirm
          title={`End the account of ${called}`}
          says="They are signed out everywhere and can no longer sign in. Their messages stay, and nobody else can take their name. This can't be undone."
          action="End the account"
          close={close}
          done={() => act(() => api.remove(id))}
        />
      )}
    </li>
  );
}

/** A person's role: a menu for people who may change it, otherwise a text. */
function RoleOf({
  person: { role, name },
  viewer,
  isBelow,
  change,
}: {
  person: Listed;
  viewer: Viewer;
  isBelow: boolean;
  change: (role: Role) => void;
}) {
  const id = useId();
  if (!viewer.may.has('role') || !isBelow) return <RoleChip role={role} />;
  const offered = ROLES.slice(1).filter(each => isAbove(viewer, each));
  return (
    <>
      <label className="unseen" htmlFor={id}>
        Role of {shownName(name)}
      </label>
      <select id={id} value={role} onChange={event => change(event.target.value as Role)}>
        {offered.map(each => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </>
  );
}
