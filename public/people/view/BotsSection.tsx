import { type FormEvent, useCallback, useId, useState } from 'react';
import { shownName } from '../../../src/model/name.ts';
import type { Role } from '../../../src/model/who.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import type { BotToken, Viewer } from '../net/people-api.ts';
import { Confirm, OnceLink, RoleChip, Section, useApi, useLoaded, When } from './parts.tsx';

/** Programs that read and write with a token. */
export function BotsSection(_: { viewer: Viewer }) {
  const api = useApi();
  const loaded = useLoaded(useCallback(() => api.tokens(), [api]));
  const { act } = loaded;
  const [made, setMade] = useState<{ readonly name: string; readonly token: string }>();
  const [ending, end] = useState<BotToken>();
  const make = (name: string, role: Role) =>
    act(async () => {
      setMade(undefined);
      setMade({ name, token: await api.makeToken({ name, role }) });
    });
  return (
    <Section
      title="Bots"
      lead="A program reads and writes under its own name with a token, sent as Authorization: Bearer. Keep the token secret: anyone who has it can act as the bot."
      of={loaded}
      empty="There are no bots."
      above={
        <>
          <BotForm make={make} />
          {made && (
            <OnceLink
              link={made.token}
              copy="Copy the token"
              says={`This is the token of ${shownName(made.name)}. It is shown only once.`}
            />
          )}
          {ending && (
            <Confirm
              title={`End ${shownName(ending.name)}`}
              says="Its token becomes invalid, and its connections are closed. Its messages stay. This can't be undone."
              action="End it"
              close={() => end(undefined)}
              done={() => act(() => api.revokeToken(ending.id))}
            />
          )}
        </>
      }
    >
      {tokens => (
        <ul className="cards">
          {tokens.map(token => (
            <li key={token.id} className="card">
              <Avatar name={token.name} />
              <div className="what">
                <p>
                  <strong dir="auto">{shownName(token.name)}</strong> <RoleChip role={token.role} />
                </p>
                <p className="note">
                  since <When at={token.made} isDay />
                </p>
              </div>
              <div className="acts">
                <button
                  type="button"
                  className="bad"
                  aria-label={`End ${shownName(token.name)}`}
                  onClick={() => end(token)}
                >
                  End
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function BotForm({ make }: { make: (name: string, role: Role) => Promise<boolean> }) {
  const id = useId();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('member');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void make(name.trim(), role).then(isMade => isMade && setName(''));
  };
  return (
    <form className="fields" onSubmit={submit}>
      <div>
        <label htmlFor={`${id}-name`}>Its name</label>
        <input
          id={`${id}-name`}
          value={name}
          onChange={event => setName(event.target.value)}
          placeholder="Build server"
          autoComplete="off"
          required
        />
      </div>
      <div>
        <label htmlFor={`${id}-role`}>As</label>
        <select id={`${id}-role`} value={role} onChange={event => setRole(event.target.value as Role)}>
          <option>member</option>
          <option>moderator</option>
        </select>
      </div>
      <button type="submit" className="primary">
        Make a bot
      </button>
    </form>
  );
}
