import type { Listed } from '../model/state.ts';
import { focusOn } from './focus.ts';
import { Icon } from './Icon.tsx';
import { Logo } from './Logo.tsx';
import { Me } from './Me.tsx';
import { Offered, optionId } from './Offered.tsx';
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
      <div className="title">
        <h2>{finder.open ? 'Rooms found' : 'Rooms'}</h2>
        <button
          type="button"
          className="quiet"
          aria-label="Make a room"
          title="Make a room: type its name"
          onClick={() => focusOn('finder')}
        >
          <Icon name="plus" />
        </button>
      </div>
      <div className="list">
        {finder.open ? <Offered finder={finder} /> : <RoomList rooms={rooms} here={here} chosen={finder.done} />}
      </div>
      <Me help={help} />
    </nav>
  );
}

function Search({ finder: { typed, type, open, offered, active, press, submit } }: { finder: Finder }) {
  return (
    <search>
      <form className="finder" onSubmit={submit}>
        <Icon name="find" />
        <input
          id="finder"
          role="combobox"
          aria-expanded={open && offered.length > 0}
          aria-controls={open ? 'offered' : undefined}
          aria-activedescendant={open && active >= 0 ? optionId(active) : undefined}
          aria-autocomplete="list"
          value={typed}
          onChange={event => type(event.target.value)}
          onKeyDown={press}
          onBlur={() => typed.trim() === '' && type('')}
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
