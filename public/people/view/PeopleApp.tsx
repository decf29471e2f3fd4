import { type ComponentType, useCallback, useEffect, useState } from 'react';
import { ChatIcon, Logo } from '../../ui/Icon.tsx';
import type { SectionVerb, Viewer } from '../net/people-api.ts';
import { AuditSection } from './AuditSection.tsx';
import { BansSection } from './BansSection.tsx';
import { BotsSection } from './BotsSection.tsx';
import { InvitesSection, JoinsSection } from './InvitesSection.tsx';
import { PeopleSection } from './PeopleSection.tsx';
import { useApi, useLoaded } from './parts.tsx';
import { RoomsSection } from './RoomsSection.tsx';
import { WaitingSection } from './WaitingSection.tsx';

interface Tab {
  readonly name: string;
  readonly title: string;
  /** The right that is needed to see it. */
  readonly needs: SectionVerb;
  readonly View: ComponentType<{ viewer: Viewer }>;
}

const TABS: readonly Tab[] = [
  { name: 'people', title: 'People', needs: 'list', View: PeopleSection },
  { name: 'invitations', title: 'Invitations', needs: 'invite', View: InvitesSection },
  { name: 'joined', title: 'Joined', needs: 'invite', View: JoinsSection },
  { name: 'bots', title: 'Bots', needs: 'role', View: BotsSection },
  { name: 'waiting', title: 'Waiting', needs: 'review', View: WaitingSection },
  { name: 'bans', title: 'Bans', needs: 'ban', View: BansSection },
  { name: 'rooms', title: 'Rooms', needs: 'list', View: RoomsSection },
  { name: 'record', title: 'Record', needs: 'place', View: AuditSection },
];

const inAddress = (): string => location.hash.replace(/^#\/?/, '');

/** The whole page: the sections that the user may see, one of them shown. */
export function PeopleApp() {
  const api = useApi();
  const [at, go] = useState(inAddress);
  const { value, fault, reload } = useLoaded(useCallback(async () => ({ viewer: await api.viewer() }), [api]));
  useEffect(() => {
    const moved = () => go(inAddress());
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  if (!value)
    return (
      <Message>
        {fault === undefined ? (
          <p>Loading…</p>
        ) : (
          <>
            <p role="alert">{fault}</p>
            <button type="button" className="primary" onClick={() => void reload()}>
              Try again
            </button>
          </>
        )}
      </Message>
    );
  const { viewer } = value;
  if (!viewer) return <Message>This server has no accounts: ACCOUNTS is off.</Message>;
  if (viewer.role === 'guest')
    return (
      <Message>
        <p>Sign in to see this page.</p>
        <a className="button primary" href={`${api.chat}#!sign-in?to=${encodeURIComponent(`people/#${at}`)}`}>
          Sign in
        </a>
      </Message>
    );
  const tabs = TABS.filter(({ needs }) => viewer.may.has(needs));
  const shown = tabs.find(({ name }) => name === at) ?? tabs[0];
  if (!shown) return <Message>You don’t have access to any section of this page.</Message>;
  return <Shell tabs={tabs} shown={shown} viewer={viewer} />;
}

function Shell({ tabs, shown, viewer }: { tabs: readonly Tab[]; shown: Tab; viewer: Viewer }) {
  const { View, title } = shown;
  useEffect(() => {
    document.title = `${title} · ${viewer.place}`;
  }, [title, viewer.place]);
  return (
    <div className="page">
      <header className="top">
        <Back />
        <h1>People</h1>
        <p className="viewer">
          <span dir="auto">{viewer.name}</span>, {viewer.role}
        </p>
      </header>
      <nav className="tabs" aria-label="Sections">
        <ul>
          {tabs.map(({ name, title }) => (
            <li key={name}>
              <a href={`#${name}`} aria-current={name === shown.name ? 'page' : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main>
        <View key={shown.name} viewer={viewer} />
      </main>
    </div>
  );
}

function Back() {
  const { chat } = useApi();
  return (
    <a className="back" href={chat} aria-label="Back to the chat" title="Back to the chat">
      <ChatIcon name="back" />
      <Logo />
    </a>
  );
}

const Message = ({ children }: { children: React.ReactNode }) => (
  <main className="message">
    <Back />
    <h1>People</h1>
    {children}
  </main>
);
