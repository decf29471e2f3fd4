import type { MouseEvent } from 'react';
import { focusOn } from './focus.ts';

function skip(event: MouseEvent): void {
  // The address names the room, so that a link inside the page must not change it.
  event.preventDefault();
  focusOn('log');
}

/** Leads past the rooms, for whoever uses the keyboard. */
export function Skip() {
  return (
    // biome-ignore lint/a11y/useValidAnchor: it leads into the page, without changing the address
    <a className="skip" href="#log" onClick={skip}>
      Skip to the messages
    </a>
  );
}
