import { type FormEvent, useEffect, useId, useState } from 'react';
import { MIN_PASSWORD } from '../../../src/model/limits.ts';
import { LOBBY } from '../../../src/model/name.ts';
import type { Access } from '../../../src/model/rules.ts';
import { asSentence } from '../../../src/model/text.ts';
import { Logo } from '../../ui/Icon.tsx';
import { type EntryAddress, hrefOf } from '../model/address.ts';
import { AccountApi, hasPasskeys } from '../net/account.ts';

const TEXTS = {
  setup: {
    title: 'Set this place up',
    lead: () => 'You become its owner: you invite others, and decide who may do what.',
    action: 'Begin',
  },
  join: {
    title: 'Join',
    lead: (place: string) =>
      `Somebody has invited you to ${place}. If this link is for resetting your password, leave the name empty.`,
    action: 'Join',
  },
  'sign-in': {
    title: 'Sign in',
    lead: (place: string) => `With the name and the password of your account at ${place}.`,
    action: 'Sign in',
  },
} as const;

/** Errors of signing in at the provider, by the server's code. */
const FAULTS: Readonly<Record<string, string>> = {
  'not-allowed': 'You signed in at the other server, but you are not a member here: ask for an invitation.',
  'link-invalid': 'This invitation has been used or has expired: ask for a new one.',
  'provider-failed': 'The other server does not answer. Try again later.',
};
const OTHER_FAULT = 'Signing in there did not work. Try again.';

/** The choices of access rules, as shown. */
const ACCESS: readonly (readonly [Access | 'other', string])[] = [
  ['everybody', 'Everybody who has the address of this page'],
  ['readers', 'Everybody may read, members write'],
  ['members', 'Members only'],
  ['other', 'As set in the flow editor now'],
];

/** The page for set-up, joining and signing in; then goes to the chat. */
export function EntryForm({ base, address }: { base: string; address: EntryAddress & { how: keyof typeof TEXTS } }) {
  const { how, code, to = hrefOf(LOBBY) } = address;
  const api = new AccountApi(`${base}api/`);
  const id = useId();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [place, setPlace] = useState('');
  const access = useAccess(api, how === 'setup');
  const [notice, setNotice] = useState<string>();
  const [fault, setFault] = useState(address.fault && (FAULTS[address.fault] ?? OTHER_FAULT));
  const [busy, setBusy] = useState(false);
  const [known, setKnown] = useState<{ readonly title: string; readonly provider?: string }>();
  useEffect(() => {
    // On failure there is no button; the form shows the error when it is sent.
    if (how !== 'setup') new AccountApi(`${base}api/`).identity().then(setKnown, () => {});
  }, [base, how]);
  const { title, lead, action } = TEXTS[how];
  const isNew = how !== 'sign-in';
  const called = known?.title || 'this place';
  const provider = how === 'setup' ? undefined : known?.provider;
  useEffect(() => {
    document.title = `${title} · ${known?.title || 'flowchat'}`;
  }, [title, known]);

  const enter = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setFault(undefined);
    try {
      const left = await work();
      // The code is used up, and should not stay in the browser's history.
      history.replaceState(null, '', new URL(to, base));
      if (typeof left === 'string') setNotice(left);
      else location.reload();
    } catch (error) {
      setFault(`${(error as Error).message}.`);
      setBusy(false);
    }
  };
  const leave = async () => {
    setBusy(true);
    setFault(undefined);
    await api.leaveToSignIn({ code, to: address.to }).catch((error: Error) => {
      setFault(`${error.message}.`);
      setBusy(false);
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const fields = {
      ...(code !== undefined && { code }),
      ...(place.trim() !== '' && { place }),
      ...(name.trim() !== '' && { name }),
      ...(access.chosen !== undefined && { access: access.chosen }),
      password,
    };
    void enter(() => api.enter(how, fields));
  };

  if (notice !== undefined)
    return (
      <main className="entry">
        <form>
          <Logo />
          <h1>You are the owner</h1>
          <p role="alert">{asSentence(notice)}</p>
          <button type="button" className="primary" onClick={() => location.reload()}>
            Go to the chat
          </button>
        </form>
      </main>
    );
  return (
    <main className="entry">
      <form onSubmit={submit} aria-labelledby={`${id}-title`}>
        <Logo />
        <h1 id={`${id}-title`}>{title}</h1>
        <p className="lead">{lead(called)}</p>
        {how === 'setup' && (
          <>
            <label htmlFor={`${id}-place`}>Name of the place</label>
            <input
              id={`${id}-place`}
              value={place}
              onChange={event => setPlace(event.target.value)}
              placeholder="flowchat"
              autoComplete="off"
            />
            <AccessChoice access={access} />
          </>
        )}
        <label htmlFor={`${id}-name`}>Your name</label>
        <input
          id={`${id}-name`}
          value={name}
          onChange={event => setName(event.target.value)}
          autoComplete="username"
          autoCapitalize="words"
          spellCheck={false}
        />
        <label htmlFor={`${id}-password`}>Password</label>
        <input
          id={`${id}-password`}
          type="password"
          value={password}
          onChange={event => setPassword(event.target.value)}
          autoComplete={isNew ? 'new-password' : 'current-password'}
          aria-describedby={`${id}-note`}
        />
        <p className="note" id={`${id}-note`}>
          {isNew
            ? `At least ${MIN_PASSWORD} characters; a few words are easy to remember.`
            : 'Forgotten? A moderator can make you a link.'}
        </p>
        {fault !== undefined && (
          <p className="fault" role="alert">
            {fault}
          </p>
        )}
        <button type="submit" className="primary" disabled={busy}>
          {action}
        </button>
        {!isNew && hasPasskeys() && (
          <button type="button" disabled={busy} onClick={() => enter(() => api.signInByPasskey())}>
            Sign in with a passkey
          </button>
        )}
        {provider !== undefined && (
          <button type="button" disabled={busy} onClick={leave}>
            {provider}
          </button>
        )}
        <a href={hrefOf(LOBBY)}>Go to the chat</a>
      </form>
    </main>
  );
}

type AccessState = ReturnType<typeof useAccess>;

/** The choice of access rules: initially the present one; undefined if there is no choice here. */
function useAccess(api: AccountApi, isAsked: boolean) {
  const [before, setBefore] = useState<Access | 'other'>();
  const [chosen, choose] = useState<Access | 'other'>();
  useEffect(() => {
    if (isAsked) api.access().then(setBefore, () => {});
  }, [isAsked]);
  const value = chosen ?? before;
  return { before, value, chosen: value === before ? undefined : value, choose };
}

function AccessChoice({ access: { before, value, choose } }: { access: AccessState }) {
  const name = useId();
  if (before === undefined) return null;
  return (
    <fieldset>
      <legend>Who may read and write</legend>
      {ACCESS.filter(([each]) => each !== 'other' || before === 'other').map(([each, words]) => (
        <label key={each}>
          <input type="radio" name={name} checked={each === value} onChange={() => choose(each)} />
          <span>{words}</span>
        </label>
      ))}
      <p className="note">You can change it later in the flow editor, under “Who may do what”.</p>
    </fieldset>
  );
}
