import type { Listed } from '../model/state.ts';
import { Icon } from './Icon.tsx';
import { Logo } from './Logo.tsx';
import { Me } from './Me.tsx';
import { RoomList } from './RoomList.tsx';
import { type Finder, useFinder } from './useFinder.ts';

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
  const finder = useFinder(rooms, close);
  return (
    <nav className="sidebar" id="rooms" aria-label="Rooms" inert={inert}>
      <header>
        <Logo />
        <p>flowchat</p>
        <button type="button" id="fold" className="quiet narrow" aria-label="Close the rooms" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <Search finder={finder} />
      <h2>Rooms</h2>
      <div className="list">
        <RoomList rooms={finder.found} here={here} chosen={finder.done} />
        {finder.missing && (
          <button type="button" className="make" onClick={finder.make}>
            <Icon name="plus" />
            <span className="called">Make #{finder.missing}</span>
          </button>
        )}
      </div>
      <Me help={help} />
    </nav>
  );
}

function Search({ finder: { typed, type, submit } }: { finder: Finder }) {
  return (
    <search>
      <form className="finder" onSubmit={submit}>
        <Icon name="find" />
        <input
          id="finder"
          value={typed}
          onChange={event => type(event.target.value)}
          onKeyDown={event => event.key === 'Escape' && type('')}
          placeholder="Find or make a room"
          aria-label="Find or make a room"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="go"
        />
      </form>
    </search>
  );
}
