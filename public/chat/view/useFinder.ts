import { type FormEvent, useState } from 'react';
import { hrefOf, roomName } from '../model/address.ts';
import type { Listed } from '../model/state.ts';

/** What one types to find a room or to make one, and what comes of it. */
export interface Finder {
  readonly typed: string;
  readonly type: (typed: string) => void;
  readonly found: readonly Listed[];
  /** The name of a room that is not in the list and could be made; empty where there is none. */
  readonly missing: string;
  /** Goes to the first room found, or to a new one. */
  readonly submit: (event: FormEvent) => void;
  readonly make: () => void;
  /** Forgets what was typed, since a room was chosen. */
  readonly done: () => void;
}

/** Finds among rooms; `chosen` is called when one has been chosen. */
export function useFinder(rooms: readonly Listed[], chosen: () => void): Finder {
  const [typed, type] = useState('');
  const wanted = roomName(typed);
  const found = rooms.filter(({ name }) => name.includes(wanted));
  const exact = found.find(({ name }) => name === wanted);
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
    if (wanted) go((exact ?? found[0])?.name ?? wanted);
  };
  return { typed, type, found, missing: exact ? '' : wanted, submit, make: () => go(wanted), done };
}
