/** Moves the focus to an element, once what was just changed is there. */
export const focusOn = (id: string): unknown => setTimeout(() => document.getElementById(id)?.focus());
