import { useEffect, useState } from 'react';
import { hrefOf } from '../model/address.ts';
import { neighbour, titleOf } from '../model/state.ts';
import { focusOn } from './focus.ts';
import { Help } from './Help.tsx';
import { Main } from './Main.tsx';
import { Sidebar } from './Sidebar.tsx';
import { Skip } from './Skip.tsx';
import { usePart } from './useChat.ts';
import { useDrawer } from './useDrawer.ts';
import { useHotkeys } from './useHotkeys.ts';
import { useRooms } from './useRooms.ts';

/** Leads to the composer, and from there to the newest message: whoever reads history loses the place only if that is meant. */
function toComposer(): void {
  const log = document.getElementById('log')!;
  if (document.activeElement?.id === 'composer') log.scrollTop = log.scrollHeight;
  focusOn('composer');
}

/** The whole page. */
export function App() {
  const here = usePart(state => state.here);
  const rooms = useRooms();
  const title = titleOf(rooms, here);
  const drawer = useDrawer();
  const [helping, setHelping] = useState(false);
  const help = () => setHelping(true);

  useEffect(() => {
    document.title = title;
  }, [title]);
  useHotkeys({
    step: (by, unread) => {
      location.hash = hrefOf(neighbour(rooms, here, by, unread));
    },
    find: () => drawer.show('finder'),
    help,
    leave: () => (drawer.open ? drawer.hide() : toComposer()),
  });

  return (
    <>
      <Skip />
      <div className="app" data-drawer={drawer.open || undefined}>
        <Sidebar rooms={rooms} here={here} inert={drawer.hidden} close={drawer.hide} help={help} />
        <Main rooms={rooms} here={here} drawer={drawer} />
        {drawer.open && <div className="shade" onClick={drawer.hide} aria-hidden="true" />}
      </div>
      {helping && <Help close={() => setHelping(false)} />}
    </>
  );
}
