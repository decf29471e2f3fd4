import { type MouseEvent, useCallback, useEffect, useRef, useState } from 'react';
import { hrefOf } from '../model/address.ts';
import { neighbour, titleOf } from '../model/state.ts';
import { Composer } from './Composer.tsx';
import { focusOn } from './focus.ts';
import { Header } from './Header.tsx';
import { Help } from './Help.tsx';
import { Log } from './Log.tsx';
import { NameForm } from './NameForm.tsx';
import { Sidebar } from './Sidebar.tsx';
import { usePart } from './useChat.ts';
import { useDrawer } from './useDrawer.ts';
import { type Edit, EditContext } from './useEdit.ts';
import { useHotkeys } from './useHotkeys.ts';
import { useRooms } from './useRooms.ts';

function skip(event: MouseEvent): void {
  // The address names the room, so that a link inside the page must not change it.
  event.preventDefault();
  focusOn('log');
}

function toLatest(): void {
  const log = document.getElementById('log')!;
  log.scrollTop = log.scrollHeight;
  focusOn('composer');
}

/** The whole page. */
export function App() {
  const here = usePart(state => state.here);
  const named = usePart(state => state.name !== '');
  const title = usePart(titleOf);
  const rooms = useRooms();
  const drawer = useDrawer();
  const [helping, setHelping] = useState(false);
  const composer = useRef<Edit>(null);
  const edit = useCallback((text: string) => composer.current?.(text), []);

  useEffect(() => {
    document.title = title;
  }, [title]);
  useHotkeys({
    step: (by, unread) => {
      location.hash = hrefOf(neighbour(rooms, here, by, unread));
    },
    find: () => drawer.show('finder'),
    help: () => setHelping(true),
    leave: () => (drawer.open ? drawer.hide() : toLatest()),
  });

  return (
    <EditContext value={edit}>
      {/* biome-ignore lint/a11y/useValidAnchor: it leads into the page, without changing the address */}
      <a className="skip" href="#log" onClick={skip}>
        Skip to the messages
      </a>
      <div className="app" data-drawer={drawer.open || undefined}>
        <Sidebar rooms={rooms} here={here} inert={drawer.hidden} close={drawer.hide} help={() => setHelping(true)} />
        <main className="main" inert={drawer.open}>
          <Header here={here} rooms={rooms} drawn={drawer.open} draw={() => drawer.show('fold')} menu={drawer.menu} />
          <Log key={`log ${here}`} name={here} />
          {named ? (
            <Composer key={`composer ${here}`} room={here} edit={composer} />
          ) : (
            <NameForm label="What should others call you?" action="Join" />
          )}
        </main>
        {drawer.open && <div className="shade" onClick={drawer.hide} aria-hidden="true" />}
      </div>
      {helping && <Help close={() => setHelping(false)} />}
    </EditContext>
  );
}
