import { type FormEvent, useCallback, useId, useState } from 'react';
import type { RoomSummary } from '../../../src/model/chat.ts';
import { shownName } from '../../../src/model/name.ts';
import { isModerating } from '../../../src/model/who.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import type { Viewer } from '../net/people-api.ts';
import { type Loaded, Section, useApi, useLoaded } from './parts.tsx';

/** The rooms that the user may find: private ones only as a member. */
export function RoomsSection({ viewer }: { viewer: Viewer }) {
  const api = useApi();
  const [pages, setPages] = useState(1);
  const [isMore, setMore] = useState(false);
  const load = useCallback(async () => {
    const rooms: RoomSummary[] = [];
    let after: string | undefined = '';
    for (let page = 0; page < pages && after !== undefined; page++) {
      const part = await api.rooms(after);
      rooms.push(...part.rooms);
      after = part.next;
    }
    setMore(after !== undefined);
    return rooms;
  }, [api, pages]);
  const loaded = useLoaded(load);
  return (
    <Section
      title="Rooms"
      lead="Of private rooms you see only those that you are in, even as an owner."
      of={loaded}
      empty="There are no rooms yet."
      above={viewer.may.has('place') && <PlaceForm place={viewer.place} />}
    >
      {rooms => (
        <>
          <ul className="cards">
            {rooms.map(room => (
              <RoomCard key={room.room} room={room} viewer={viewer} loaded={loaded} />
            ))}
          </ul>
          {isMore && (
            <button type="button" onClick={() => setPages(pages + 1)}>
              More rooms
            </button>
          )}
        </>
      )}
    </Section>
  );
}

function RoomCard({
  room: { room, title = room, kind, archived, newest, with: other },
  viewer,
  loaded: { act },
}: {
  room: RoomSummary;
  viewer: Viewer;
  loaded: Loaded<readonly RoomSummary[]>;
}) {
  const api = useApi();
  const [asking, ask] = useState<'name' | 'members'>();
  const called = other === undefined ? title : `You and ${shownName(other)}`;
  return (
    <li className="card">
      <div className="what">
        <p>
          <strong dir="auto">{called}</strong> {kind === 'private' && <span className="chip">private</span>}
          {kind === 'direct' && <span className="chip">of two</span>}{' '}
          {archived && <span className="chip">archived</span>}
        </p>
        <p className="note">
          <a href={`${api.chat}#/${room}`}>#{room}</a>
          {newest === 0 && ' · no messages yet'}
        </p>
      </div>
      {kind !== 'direct' && (
        <div className="acts">
          {kind === 'private' && (
            <button type="button" aria-label={`Members of ${called}`} onClick={() => ask('members')}>
              Members
            </button>
          )}
          {isModerating(viewer) && (
            <>
              <button type="button" aria-label={`Rename ${called}`} onClick={() => ask('name')}>
                Rename
              </button>
              <button
                type="button"
                aria-label={`${archived ? 'Open' : 'Archive'} ${called}`}
                onClick={() => act(() => api.changeRoom(room, { archived: !archived }))}
              >
                {archived ? 'Open again' : 'Archive'}
              </button>
            </>
          )}
        </div>
      )}
      {asking === 'name' && (
        <Dialog title={`Rename ${called}`} close={() => ask(undefined)}>
          <TitleForm
            label="Room title"
            note="Its address doesn’t change."
            title={title}
            submit={async title => {
              if (await act(() => api.changeRoom(room, { title }))) ask(undefined);
            }}
          />
        </Dialog>
      )}
      {asking === 'members' && (
        <Dialog title={`Members of ${called}`} close={() => ask(undefined)}>
          <RoomMembers room={room} viewer={viewer} />
        </Dialog>
      )}
    </li>
  );
}

/** The server's title, shown in the titles of all pages. */
function PlaceForm({ place }: { place: string }) {
  const api = useApi();
  const [fault, setFault] = useState<string>();
  const rename = (name: string) =>
    api.renamePlace(name).then(
      () => location.reload(),
      (error: Error) => setFault(error.message),
    );
  return (
    <>
      <TitleForm label="Name of the place" note="Shown in page titles and invitations." title={place} submit={rename} />
      <p className="fault" role="alert">
        {fault}
      </p>
    </>
  );
}

interface TitleFormProps {
  readonly label: string;
  readonly note: string;
  readonly title: string;
  readonly submit: (title: string) => Promise<void>;
}

function TitleForm({ label, note, title, submit }: TitleFormProps) {
  const id = useId();
  const [typed, type] = useState(title);
  const rename = (event: FormEvent) => {
    event.preventDefault();
    void submit(typed);
  };
  return (
    <form className="fields" onSubmit={rename}>
      <div>
        <label htmlFor={id}>{label}</label>
        <input id={id} value={typed} onChange={event => type(event.target.value)} required />
      </div>
      <button type="submit" className="primary">
        Rename
      </button>
      <p className="note">{note}</p>
    </form>
  );
}

function RoomMembers({ room, viewer }: { room: string; viewer: Viewer }) {
  const api = useApi();
  const { value, fault, act } = useLoaded(useCallback(() => api.members(room), [api, room]));
  return (
    <>
      <ul className="cards">
        {value?.map(({ id, name }) => (
          <li key={id} className="card">
            <div className="what">
              <p>
                <strong dir="auto">{shownName(name)}</strong>
              </p>
            </div>
            <div className="acts">
              <button
                type="button"
                aria-label={id === viewer.id ? 'Leave' : `Remove ${shownName(name)}`}
                onClick={() => act(() => api.setMember(room, id, false))}
              >
                {id === viewer.id ? 'Leave' : 'Remove'}
              </button>
            </div>
          </li>
        ))}
      </ul>
      <p className="fault" role="alert">
        {fault}
      </p>
    </>
  );
}
