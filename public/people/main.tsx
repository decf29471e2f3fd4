import { createRoot } from 'react-dom/client';
import { paintTheme } from '../ui/theme.ts';
import { PeopleApi } from './net/people-api.ts';
import { PeopleApp } from './view/PeopleApp.tsx';
import { ApiContext } from './view/parts.tsx';

/** The address of the chat, which ends in a slash. */
const chat = new URL('..', document.baseURI);

/** The theme that was chosen in the chat. */
function chosenTheme(): Parameters<typeof paintTheme>[0] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(`flowchat:${chat.pathname}:theme`) ?? '');
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

paintTheme(chosenTheme());
createRoot(document.getElementById('people')!).render(
  <ApiContext value={new PeopleApi(`${chat.href}api/`, chat.href)}>
    <PeopleApp />
  </ApiContext>,
);
