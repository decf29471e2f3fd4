import { type FormEvent, useCallback, useId, useState } from 'react';
import { MAX_INVITE_DAYS, MAX_INVITE_USES } from '../../../src/model/limits.ts';
import { shownName } from '../../../src/model/name.ts';
import type { Role } from '../../../src/model/who.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import type { Viewer } from '../net/people-api.ts';
import { OnceLink, RoleChip, Section, useApi, useLoaded, When } from './parts.tsx';

/** Milliseconds between polls for joins. */
const JOINS_EVERY_MS = 30_000;

/** Links by which people join. */
export function InvitesSection({ viewer }: { viewer: Viewer }) {
  const api = useApi();
  const loaded = useLoaded(useCallback(() => api.invites(), [api]));
  const { act } = loaded;
  const [link, setLink] = useState<string>();
  return (
    <Section
      title="Invitations"
      lead="Each link admits a set number of people until it expires. It is shown only once: copy it now."
      of={loaded}
      empty="There are no open invitations."
      above={
        <>
          <InviteForm
            viewer={viewer}
            submit={wanted =>
              act(async () => {
                setLink(undefined);
                setLink(await api.invite(wanted));
              })
            }
          />
          {link !== undefined && <OnceLink link={link} says="This is the link. It is shown only once." />}
        </>
      }
    >
      {invites => (
        <ul className="cards">
          {invites.map(({ id, role, uses, until, by, room, person }) => (
            <li key={id} className="card">
              <div className="what">
                <p>
                  {person === undefined ? (
                    <>
                      {uses === 1 ? 'One' : uses} may join as <RoleChip role={role} />
                    </>
                  ) : (
                    'A password reset'
                  )}
                  {room !== undefined && ` in #${room}`}
                </p>
                <p className="note">
                  until <When at={until} />, by {by}
                </p>
              </div>
              <div className="acts">
                <button
                  type="button"
                  aria-label={`Withdraw the invitation by ${by}`}
                  onClick={() => act(() => api.revoke(id))}
                >
                  Withdraw
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function InviteForm({
  viewer,
  submit,
}: {
  viewer: Viewer;
  submit: (wanted: { role: Role; uses: number; days: number }) => Promise<unknown>;
}) {
  const id = useId();
  const [role, setRole] = useState<Role>('member');
  const [uses, setUses] = useState('1');
  const [days, setDays] = useState('7');
  const invite = (event: FormEvent) => {
    event.preventDefault();
    void submit({ role, uses: Number(uses), days: Number(days) });
  };
  const roles: readonly Role[] = viewer.role === 'member' ? ['member'] : ['member', 'moderator'];
  return (
    <form className="fields" onSubmit={invite}>
      <div>
        <label htmlFor={`${id}-uses`}>People</label>
        <input
          id={`${id}-uses`}
          type="number"
          min={1}
          max={MAX_INVITE_USES}
          value={uses}
          onChange={event => setUses(event.target.value)}
          required
        />
      </div>
      <div>
        <label htmlFor={`${id}-role`}>As</label>
        <select id={`${id}-role`} value={role} onChange={event => setRole(event.target.value as Role)}>
          {roles.map(each => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </div>
      <div>
        <label htmlFor={`${id}-days`}>Days</label>
        <input
          id={`${id}-days`}
          type="number"
          min={1}
          max={MAX_INVITE_DAYS}
          value={days}
          onChange={event => setDays(event.target.value)}
          required
        />
      </div>
      <button type="submit" className="primary">
        Make a link
      </button>
    </form>
  );
}

/** Joins of the last month, for people who may invite. */
export function JoinsSection() {
  const api = useApi();
  const [seen, setSeen] = useState<string>();
  const load = useCallback(async () => {
    const joins = await api.joins();
    // By the server's clock, so that later joins are not missed.
    const before = joins[0] ? api.seeJoins(joins[0].at) : '';
    setSeen(first => first ?? before);
    return joins;
  }, [api]);
  const loaded = useLoaded(load, JOINS_EVERY_MS);
  return (
    <Section
      title="Joined"
      lead="People who joined within the last month, and who invited them. Owners find other actions in the record."
      of={loaded}
      empty="Nobody joined within the last month."
    >
      {joins => (
        <ul className="cards">
          {joins.map(({ id, name, role, at, by }) => (
            <li key={id} className="card">
              <Avatar name={name} />
              <div className="what">
                <p>
                  <strong dir="auto">{shownName(name)}</strong>{' '}
                  {seen !== undefined && at > seen && <span className="chip">new</span>}
                </p>
                <p className="note">
                  <When at={at} />
                  {by === undefined ? (
                    ', known at another server'
                  ) : (
                    <>
                      , invited by <span dir="auto">{shownName(by)}</span>
                    </>
                  )}
                </p>
              </div>
              <RoleChip role={role} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
