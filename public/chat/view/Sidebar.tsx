import { type FormEvent, useState } from 'react';
import { hrefOf, roomName } from '../model/address.ts';
import type { Listed } from '../model/state.ts';
import { Icon } from './Icon.tsx';
import { Logo } from './Logo.tsx';
import { Me } from './Me.tsx';
import { RoomList } from './RoomList.tsx';

interface Props {
  readonly rooms: readonly Listed[];
  readonly here: string;
  /** Cannot be reached, since it is out of sight. */
  readonly inert: boolean;
  /** Called when one is done with the list. */
  readonly close: () => void;
  readonly help: () => void;
}

/** The rooms, a field that finds or makes one, and oneself. */
export function Sidebar({ rooms, here, inert, close, help }: Props) {
  const [typed, setTyped] = useState('');
  const wanted = roomName(typed);
  const found = rooms.filter(({ name }) => name.includes(wanted));
  const isNew = wanted !== '' && !rooms.some(({ name }) => name === wanted);
  const done = () => {
    setTyped('');
    close();
  };
  const go = (room: string) => {
    location.hash = hrefOf(room);
    done();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const exact = found.find(({ name }) => name === wanted);
    if (wanted) go((exact ?? found[0])?.name ?? wanted);
  };
  return (
    <nav className="sidebar" id="rooms" aria-label="Rooms" inert={inert}>
      <header>
        <Logo />
        <p>flowchat</p>
        <button type="button" id="fold" className="quiet narrow" aria-label="Close the rooms" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <search>
        <form className="finder" onSubmit={submit}>
          <Icon name="find" />
          <input
            id="finder"
            value={typed}
            onChange={event => setTyped(event.target.value)}
            onKeyDown={event => event.key === 'Escape' && setTyped('')}
            placeholder="Find or make a room"
            aria-label="Find or make a room"
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            enterKeyHint="go"
          />
        </form>
      </search>
      <h2>Rooms</h2>
      <div className="list">
        <RoomList rooms={found} here={here} chosen={done} />
        {isNew && (
          <button type="button" className="make" onClick={() => go(wanted)}>
            <Icon name="plus" />
            <span className="called">Make #{wanted}</span>
          </button>
        )}
      </div>
      <Me help={help} />
    </nav>
  );
}
