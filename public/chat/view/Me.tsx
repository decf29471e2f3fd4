import { useState } from 'react';
import { shownName } from '../../../src/model/shown-name.ts';
import { Avatar } from './Avatar.tsx';
import { Dialog } from './Dialog.tsx';
import { EnterChoice } from './EnterChoice.tsx';
import { Icon } from './Icon.tsx';
import { NameForm } from './NameForm.tsx';
import { ThemeSwitch } from './ThemeSwitch.tsx';
import { usePart } from './useChat.ts';

/** Oneself: one's name, how the page looks, and help. */
export function Me({ help }: { help: () => void }) {
  const name = usePart(state => state.name);
  const [asking, setAsking] = useState(false);
  return (
    <footer className="me">
      <button type="button" className="who" onClick={() => setAsking(true)}>
        <Avatar name={name} />
        <span className="called" dir="auto">
          {name ? shownName(name) : 'No name yet'}
        </span>
        <span className="unseen">(change your name)</span>
      </button>
      <ThemeSwitch />
      <button type="button" className="quiet" aria-label="Help" title="Help (?)" onClick={help}>
        <Icon name="help" />
      </button>
      {asking && (
        <Dialog title="Your name" close={() => setAsking(false)}>
          <NameForm label="What you write from now on is signed with it" action="Save" done={() => setAsking(false)} />
          <EnterChoice />
        </Dialog>
      )}
    </footer>
  );
}
