import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { hrefOf } from '../model/address.ts';
import { type Choice, choices, step } from '../model/finder.ts';
import type { Listed } from '../model/state.ts';

/** What one types to find a room or to make one, and what comes of it. */
export interface Finder {
  readonly typed: string;
  readonly type: (typed: string) => void;
  /** Whether rooms are offered in place of the list. */
  readonly open: boolean;
  readonly offered: readonly Choice[];
  /** Which of those offered Enter goes to; -1 where none is. */
  readonly active: number;
  readonly press: (event: KeyboardEvent) => void;
  /** Goes to what is active. */
  readonly submit: (event: FormEvent) => void;
  readonly go: (room: string) => void;
  /** Forgets what was typed, since a room was chosen. */
  readonly done: () => void;
}

/** Finds among rooms as a combobox does; `chosen` is called when one has been chosen. */
export function useFinder(rooms: readonly Listed[], chosen: () => void): Finder {
  const [typed, setTyped] = useState('');
  const [opened, setOpened] = useState(false);
  const [moved, setMoved] = useState<number>();
  const open = opened || typed.trim() !== '';
  const offered = open ? choices(rooms, typed) : [];
  const active = Math.min(moved ?? 0, offered.length - 1);
  const type = (next: string) => {
    setTyped(next);
    setMoved(undefined);
    setOpened(false);
  };
  const done = () => {
    type('');
    chosen();
  };
  const go = (room: string) => {
    location.hash = hrefOf(room);
    done();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const choice = offered[active];
    if (choice) go(choice.name);
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.altKey) return;
    if (event.key === 'Escape' && open) {
      event.preventDefault();
      return type('');
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    if (!open) return setOpened(true);
    setMoved(step(active, event.key === 'ArrowDown' ? 1 : -1, offered.length));
  };
  return { typed, type, open, offered, active, press, submit, go, done };
}
