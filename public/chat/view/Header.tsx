import type { Listed } from '../model/state.ts';
import { Connection } from './Connection.tsx';
import { Icon } from './Icon.tsx';
import type { Drawer } from './useDrawer.ts';

interface Props {
  readonly here: string;
  readonly rooms: readonly Listed[];
  readonly drawer: Drawer;
}

/** The room's name and how the connection is; on a narrow window also what brings up the rooms. */
export function Header({ here, rooms, drawer }: Props) {
  const elsewhere = rooms.reduce((sum, { name, unread }) => sum + (name === here ? 0 : unread), 0);
  return (
    <header className="header">
      <button
        ref={drawer.menu}
        type="button"
        className="quiet narrow"
        aria-label={elsewhere ? `Rooms, ${elsewhere} unread elsewhere` : 'Rooms'}
        aria-controls="rooms"
        aria-expanded={drawer.open}
        onClick={() => drawer.show('fold')}
      >
        <Icon name="menu" />
        {elsewhere > 0 && <span className="dot" />}
      </button>
      <h1>
        <span className="hash" aria-hidden="true">
          #
        </span>
        {here}
      </h1>
      <Connection />
    </header>
  );
}
