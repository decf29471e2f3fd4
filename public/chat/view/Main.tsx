import { useCallback, useRef } from 'react';
import type { Listed } from '../model/state.ts';
import { Composer } from './Composer.tsx';
import { Header } from './Header.tsx';
import { Log } from './Log.tsx';
import { NameForm } from './NameForm.tsx';
import { Notices } from './Notices.tsx';
import { usePart } from './useChat.ts';
import type { Drawer } from './useDrawer.ts';
import { type Edit, EditContext } from './useEdit.ts';

interface Props {
  readonly rooms: readonly Listed[];
  readonly here: string;
  readonly drawer: Drawer;
}

/** The room on show: its messages, and where one writes, or first gives a name. */
export function Main({ rooms, here, drawer }: Props) {
  const named = usePart(state => state.name !== '');
  const composer = useRef<Edit>(null);
  const edit = useCallback((text: string) => composer.current?.(text), []);
  return (
    <main className="main" inert={drawer.open}>
      <Header here={here} rooms={rooms} drawer={drawer} />
      <Notices />
      <EditContext value={edit}>
        <Log key={`log ${here}`} name={here} />
      </EditContext>
      {named ? (
        <Composer key={`composer ${here}`} room={here} edit={composer} />
      ) : (
        <NameForm label="What should others call you?" action="Join" />
      )}
    </main>
  );
}
