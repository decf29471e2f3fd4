import { createContext, type ReactNode, use, useCallback, useEffect, useId, useState } from 'react';
import { asSentence } from '../../../src/model/text.ts';
import { CopyTextButton } from '../../ui/CopyTextButton.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import type { PeopleApi } from '../net/people-api.ts';

export const ApiContext = createContext<PeopleApi>(undefined as unknown as PeopleApi);
export const useApi = (): PeopleApi => use(ApiContext);

/** Data from the server: undefined until loaded. `act` runs an action, and reloads. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly fault: string | undefined;
  reload(): Promise<void>;
  act(work: () => Promise<unknown>): Promise<boolean>;
}

/** Loads data when the section is shown, and optionally at an interval while the page is visible. */
export function useLoaded<T>(load: () => Promise<T>, every?: number): Loaded<T> {
  const [value, setValue] = useState<T>();
  const [unloaded, setUnloaded] = useState<string>();
  const [undone, setUndone] = useState<string>();
  const reload = useCallback(
    () =>
      load().then(
        value => {
          setValue(value);
          setUnloaded(undefined);
        },
        (error: Error) => setUnloaded(asSentence(error.message)),
      ),
    [load],
  );
  useEffect(() => void reload(), [reload]);
  useEffect(() => {
    if (every === undefined) return;
    const timer = setInterval(() => document.hidden || void reload(), every);
    return () => clearInterval(timer);
  }, [reload, every]);
  const act = async (work: () => Promise<unknown>) => {
    setUndone(undefined);
    const isDone = await work().then(
      () => true,
      (error: Error) => {
        setUndone(asSentence(error.message));
        return false;
      },
    );
    await reload();
    return isDone;
  };
  return { value, fault: undone ?? unloaded, reload, act };
}

/** A section: its heading, purpose, error, and contents once loaded. */
export function Section<T>({
  title,
  lead,
  of: { value, fault },
  empty,
  children,
  above,
}: {
  title: string;
  lead: string;
  of: Pick<Loaded<readonly T[]>, 'value' | 'fault'>;
  /** The text for an empty list. */
  empty: string;
  children: (value: readonly T[]) => ReactNode;
  above?: ReactNode;
}) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p className="lead">{lead}</p>
      {above}
      <p className="fault" role="alert">
        {fault}
      </p>
      {value === undefined && fault === undefined && <p className="note">Loading…</p>}
      {value?.length === 0 && <p className="nothing">{empty}</p>}
      {value !== undefined && value.length > 0 && children(value)}
    </section>
  );
}

const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** A moment, in the reader's time. */
export const When = ({ at, isDay = false }: { at: string; isDay?: boolean }) => (
  <time dateTime={at}>{(isDay ? dayFormat : format).format(new Date(at))}</time>
);

export const RoleChip = ({ role }: { role: string }) => (
  <span className="chip" data-role={role}>
    {role}
  </span>
);

/** A link or token that is shown once, with a copy button. */
export function OnceLink({ link, says, copy = 'Copy the link' }: { link: string; says: string; copy?: string }) {
  return (
    <div className="once" role="status">
      <p>{says}</p>
      <code>{link}</code>
      <CopyTextButton text={link} label={copy} />
    </div>
  );
}

/** Asks for confirmation of an irreversible action. */
export function Confirm({
  title,
  says,
  action,
  close,
  done,
}: {
  title: string;
  says: string;
  action: string;
  close: () => void;
  done: () => void;
}) {
  return (
    <Dialog title={title} close={close}>
      <p>{says}</p>
      <div className="acts">
        <button
          type="button"
          className="bad"
          onClick={() => {
            done();
            close();
          }}
        >
          {action}
        </button>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
