import { useCallback, useEffect, useId, useState } from 'react';
import { shownName } from '../../../src/model/name.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import type { ListedPerson } from '../../ui/api.ts';
import { DialogButton } from '../../ui/Dialog.tsx';
import { hrefOf } from '../model/address.ts';
import { useChat, useChatState } from './hooks.ts';

/** A button that lists the members of a private room, and allows adding others. */
export function Members({ room, title }: { room: string; title: string }) {
  return (
    <DialogButton label="Members" title={`Who is in ${title}`}>
      <MemberList room={room} />
    </DialogButton>
  );
}

function MemberList({ room }: { room: string }) {
  const { account } = useChat();
  const me = useChatState(state => state.me);
  const version = useChatState(state => state.peopleVersion);
  const [members, setMembers] = useState<readonly ListedPerson[]>([]);
  const [people, setPeople] = useState<readonly ListedPerson[]>([]);
  const [fault, setFault] = useState<string>();
  const load = useCallback(
    () =>
      Promise.all([account.members(room), account.people()]).then(
        ([members, people]) => {
          setMembers(members);
          setPeople(people);
        },
        (error: Error) => setFault(`${error.message}.`),
      ),
    [account, room],
  );
  // Reloads whenever people join, leave, or change their name.
  useEffect(() => void load(), [load, version]);
  const change = (person: string, isIn: boolean) => {
    setFault(undefined);
    account.setMember(room, person, isIn).then(
      () => (person === me?.id && !isIn ? location.assign(hrefOf('lobby')) : load()),
      (error: Error) => setFault(`${error.message}.`),
    );
  };
  const write = (person: string) =>
    account.directRoom(person).then(
      room => {
        location.hash = hrefOf(room);
      },
      (error: Error) => setFault(`${error.message}.`),
    );
  const others = people.filter(({ id }) => members.every(member => member.id !== id));
  return (
    <div className="account">
      <ul className="people">
        {members.map(({ id, name }) => (
          <li key={id}>
            <Avatar name={name} />
            <span className="called" dir="auto">
              {shownName(name)}
            </span>
            {id !== me?.id && (
              <button type="button" className="plain" onClick={() => write(id)}>
                Write to {shownName(name)}
              </button>
            )}
            <button type="button" className="plain" onClick={() => change(id, false)}>
              {id === me?.id ? 'Leave' : 'Remove'}
            </button>
          </li>
        ))}
      </ul>
      <Newcomer others={others} add={person => change(person, true)} />
      <p className="note" role="status">
        {fault}
      </p>
    </div>
  );
}

/** Selects somebody to add to the room. */
function Newcomer({ others, add }: { others: readonly ListedPerson[]; add: (person: string) => void }) {
  const id = useId();
  const [chosen, choose] = useState('');
  if (others.length === 0) return <p className="note">Everybody with an account is in this room.</p>;
  const person = others.find(({ id }) => id === chosen) ?? others[0]!;
  return (
    <form
      className="name"
      onSubmit={event => {
        event.preventDefault();
        add(person.id);
      }}
    >
      <label htmlFor={id}>Take somebody in</label>
      <select id={id} value={person.id} onChange={event => choose(event.target.value)}>
        {others.map(({ id, name }) => (
          <option key={id} value={id}>
            {shownName(name)}
          </option>
        ))}
      </select>
      <button type="submit" className="primary">
        Take in
      </button>
      <p className="note">New members see all earlier messages.</p>
    </form>
  );
}
