import { useState } from 'react';

/**
 * What is typed into a field for something that others may change as well. A field that nobody has typed into follows `held`;
 * what was typed stays, and `overtaken` says that something else is held by now.
 */
export function useTyped(held: string) {
  const [before, setTyped] = useState({ value: held, held, overtaken: false });
  let typed = before;
  if (held !== before.held) {
    const untouched = before.value === before.held;
    const value = untouched ? held : before.value;
    typed = { value, held, overtaken: value !== held };
    setTyped(typed);
  }
  return {
    value: typed.value,
    overtaken: typed.overtaken,
    type: (value: string) =>
      setTyped(({ held, overtaken }) => ({ value, held, overtaken: overtaken && value !== held })),
    /** Takes what is held. */
    reset: () => setTyped(({ held }) => ({ value: held, held, overtaken: false })),
  };
}
