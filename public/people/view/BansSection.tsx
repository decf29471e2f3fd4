import { type FormEvent, useCallback, useId, useState } from 'react';
import { MAX_REASON_LENGTH } from '../../../src/model/limits.ts';
import { shownName } from '../../../src/model/name.ts';
import type { Viewer } from '../net/people-api.ts';
import { Section, useApi, useLoaded, When } from './parts.tsx';

/** Durations of a ban, in hours. */
const TIMES: readonly (readonly [label: string, hours: number | undefined])[] = [
  ['an hour', 1],
  ['a day', 24],
  ['a week', 168],
  ['30 days', 720],
  ['for good', undefined],
];

/** Asks for the duration and reason of a ban. */
export function BanForm({
  submit,
  address,
}: {
  submit: (terms: { until?: string; why: string; address?: string }) => Promise<unknown>;
  /** Whether an address is banned. */
  address?: boolean;
}) {
  const id = useId();
  const [time, setTime] = useState('a day');
  const [why, setWhy] = useState('');
  const [where, setWhere] = useState('');
  const ban = (event: FormEvent) => {
    event.preventDefault();
    const hours = TIMES.find(([label]) => label === time)?.[1];
    const until = hours === undefined ? {} : { until: new Date(Date.now() + hours * 3_600_000).toISOString() };
    void submit({ why: why.trim(), ...until, ...(address && { address: where.trim() }) }).then(() => {
      setWhere('');
      setWhy('');
    });
  };
  return (
    <form className="fields" onSubmit={ban}>
      {address && (
        <div>
          <label htmlFor={`${id}-where`}>Address</label>
          <input
            id={`${id}-where`}
            value={where}
            onChange={event => setWhere(event.target.value)}
            placeholder="203.0.113.7"
            autoComplete="off"
            spellCheck={false}
            required
          />
        </div>
      )}
      <div>
        <label htmlFor={`${id}-time`}>For</label>
        <select id={`${id}-time`} value={time} onChange={event => setTime(event.target.value)}>
          {TIMES.map(([label]) => (
            <option key={label}>{label}</option>
          ))}
        </select>
      </div>
      <div>
        <label htmlFor={`${id}-why`}>Why (they read it)</label>
        <input
          id={`${id}-why`}
          value={why}
          onChange={event => setWhy(event.target.value)}
          maxLength={MAX_REASON_LENGTH}
        />
      </div>
      <button type="submit" className="primary">
        Ban
      </button>
    </form>
  );
}

/** Banned people and addresses. */
export function BansSection(_: { viewer: Viewer }) {
  const api = useApi();
  const loaded = useLoaded(useCallback(() => api.bans(), [api]));
  const { act } = loaded;
  return (
    <Section
      title="Bans"
      lead="A ban closes all connections of a person or an address at once. Ban people in the list of people, and addresses here; a banned address also bars guests."
      of={loaded}
      empty="Nobody is banned."
      above={<BanForm address submit={terms => act(() => api.ban(terms))} />}
    >
      {bans => (
        <ul className="cards">
          {bans.map(({ id, name, by, why, at, until }) => (
            <li key={id} className="card">
              <div className="what">
                <p>
                  <strong dir="auto">{name === undefined ? 'An address' : shownName(name)}</strong>{' '}
                  {until ? (
                    <>
                      until <When at={until} />
                    </>
                  ) : (
                    'for good'
                  )}
                </p>
                <p className="note">
                  by {by}, <When at={at} />
                  {why && `: ${why}`}
                </p>
              </div>
              <div className="acts">
                <button
                  type="button"
                  aria-label={`Lift the ban of ${name === undefined ? 'the address' : shownName(name)}`}
                  onClick={() => act(() => api.unban(id))}
                >
                  Lift the ban
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
