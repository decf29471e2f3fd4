import { useCallback, useEffect, useId, useState } from 'react';
import { shownName } from '../../../src/model/name.ts';
import { AUDIT_KINDS, auditText } from '../model/audit.ts';
import type { AuditPage, KnownPerson } from '../net/people-api.ts';
import { Section, useApi, useLoaded, When } from './parts.tsx';

/** The audit log about people, newest first. */
export function AuditSection() {
  const api = useApi();
  const id = useId();
  const [what, setWhat] = useState('');
  const [person, setPerson] = useState('');
  const [people, setPeople] = useState<readonly KnownPerson[]>([]);
  const [older, setOlder] = useState<readonly AuditPage[]>([]);
  useEffect(() => void api.people().then(setPeople, () => {}), [api]);
  const load = useCallback(async () => {
    const page = await api.audit({ what, person });
    setOlder([page]);
    return page.audit;
  }, [api, what, person]);
  const { value, fault, act } = useLoaded(load);
  const names = new Map(people.map(({ id, name }) => [id, shownName(name)]));
  const entries = value === undefined ? undefined : older.flatMap(({ audit }) => audit);
  const next = older.at(-1)?.next;
  const more = async () => {
    const page = await api.audit({ what, person, before: next });
    setOlder([...older, page]);
  };
  return (
    <Section
      title="Record"
      lead="Actions concerning people within the last year, without passwords, links and messages."
      of={{ value: entries, fault }}
      empty="No matching entries."
      above={
        <form className="fields" onSubmit={event => event.preventDefault()}>
          <div>
            <label htmlFor={`${id}-what`}>What</label>
            <select id={`${id}-what`} value={what} onChange={event => setWhat(event.target.value)}>
              <option value="">everything</option>
              {AUDIT_KINDS.map(kind => (
                <option key={kind}>{kind}</option>
              ))}
            </select>
          </div>
          <div>
            <label htmlFor={`${id}-who`}>By or about</label>
            <select id={`${id}-who`} value={person} onChange={event => setPerson(event.target.value)}>
              <option value="">everybody</option>
              {people.map(({ id, name }) => (
                <option key={id} value={id}>
                  {shownName(name)}
                </option>
              ))}
            </select>
          </div>
        </form>
      }
    >
      {all => (
        <>
          <ol className="record">
            {all.map((entry, index) => (
              <li key={`${entry.at} ${index}`}>
                <When at={entry.at} /> <span dir="auto">{auditText(entry, names)}</span>
              </li>
            ))}
          </ol>
          {next !== undefined && (
            <button type="button" onClick={() => more().catch(error => act(() => Promise.reject(error)))}>
              Older
            </button>
          )}
        </>
      )}
    </Section>
  );
}
