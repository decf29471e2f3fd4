import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { shownName } from '../../../src/model/name.ts';
import { CopyTextButton } from '../../ui/CopyTextButton.tsx';
import { ChatIcon, type ChatIconName } from '../../ui/Icon.tsx';
import { hrefOf, roomName, signInHref } from '../model/address.ts';
import { hasPasskeys } from '../net/account.ts';
import { OtherDevice } from './Device.tsx';
import { useChat, useChatState } from './hooks.ts';

/** Runs a request, and shows its result. */
function useAct(): [said: ReactNode, act: (work: () => Promise<ReactNode>) => void] {
  const [said, say] = useState<ReactNode>();
  const act = (work: () => Promise<ReactNode>) => {
    say(undefined);
    work().then(say, (error: Error) => say(`${error.message}.`));
  };
  return [said, act];
}

/** A person's own account, with its actions. */
export function Account({ done }: { done: () => void }) {
  const { account } = useChat();
  const me = useChatState(state => state.me);
  const mayEdit = useChatState(state => state.mayEdit === true);
  const [said, act] = useAct();
  const [isAdding, add] = useState(false);
  if (!me) return null;
  const leave = async () => {
    await account.signOut();
    location.reload();
    return 'You are signed out.';
  };
  const addPasskey = async () => {
    await account.addPasskey();
    return 'A passkey was added on this device.';
  };
  const invite = async () => {
    const link = await account.invite();
    return (
      <>
        One person can join with this link within a week. It is shown only once.
        <p className="address">
          <code>{link}</code>
          <CopyTextButton text={link} />
        </p>
      </>
    );
  };
  const mayInvite = me.role === 'moderator' || me.role === 'owner';
  if (isAdding)
    return (
      <div className="account">
        <OtherDevice />
        <div className="acts">
          <button type="button" onClick={() => add(false)}>
            Back
          </button>
        </div>
      </div>
    );
  return (
    <div className="account">
      <p>
        You are <strong dir="auto">{shownName(me.name)}</strong>, {me.role === 'owner' ? 'an' : 'a'} {me.role}.
      </p>
      <NewPrivateRoom act={act} done={done} />
      <ul className="choices">
        {mayInvite && <Choice icon="invite" text="Invite somebody" run={() => act(invite)} />}
        {mayInvite && <Choice icon="people" text="People and moderation" href="people/" />}
        {mayEdit && <Choice icon="way" text="Flow editor" href="editor/" />}
        {hasPasskeys() && <Choice icon="key" text="Add a passkey" run={() => act(addPasskey)} />}
        <Choice icon="device" text="Sign in on another device" run={() => add(true)} />
        <Choice icon="out" text="Sign out" run={() => act(leave)} />
      </ul>
      <div className="note" role="status">
        {said}
      </div>
    </div>
  );
}

/** An action: a link, or a button. */
function Choice({
  icon,
  text,
  ...does
}: { icon: ChatIconName; text: string } & ({ href: string } | { run: () => void })) {
  const shown = (
    <>
      <ChatIcon name={icon} />
      {text}
    </>
  );
  return (
    <li>
      {'href' in does ? (
        <a href={does.href}>{shown}</a>
      ) : (
        <button type="button" className="plain" onClick={does.run}>
          {shown}
        </button>
      )}
    </li>
  );
}

/** Creates a private room. */
function NewPrivateRoom({ act, done }: { act: (work: () => Promise<ReactNode>) => void; done: () => void }) {
  const { account } = useChat();
  const id = useId();
  const [title, setTitle] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    act(async () => {
      const room = await account.makeRoom(roomName(title) || 'room', title.trim() || 'A private room', 'private');
      location.hash = hrefOf(room);
      done();
      return '';
    });
  };
  return (
    <form className="name" onSubmit={submit}>
      <label htmlFor={id}>A private room, visible only to its members</label>
      <input
        id={id}
        value={title}
        onChange={event => setTitle(event.target.value)}
        placeholder="Room title"
        autoComplete="off"
      />
      <button type="submit" className="primary">
        Make it
      </button>
    </form>
  );
}

/** Links a guest to the sign-in page. */
export const SignInLink = ({ here }: { here: string }) => (
  <a className="sign-in" href={signInHref(here)}>
    Sign in
  </a>
);
