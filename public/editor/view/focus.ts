/** The element of a node on the picture. */
const nodeElement = (name: string) =>
  document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(name)}"]`);

/** The node that has the focus itself; nothing where something in it has, or nothing of the picture. */
export const focusedNode = (target: EventTarget | null): string | undefined =>
  target instanceof HTMLElement && target.matches('.react-flow__node') ? target.dataset.id : undefined;

/** Gives the focus to a node, as soon as it is drawn. Says whether it has it by now. */
export function focusNode(name: string, tries = 30): boolean {
  const element = nodeElement(name);
  element?.focus({ preventScroll: true });
  if (element && document.activeElement === element) return true;
  if (tries > 0) requestAnimationFrame(() => focusNode(name, tries - 1));
  return false;
}

/** Gives the focus to the picture: to the node by which Tab enters it, or to all of it where there is none. */
export function focusPicture(): void {
  const stop = document.querySelector<HTMLElement>('.react-flow__node[tabindex="0"]');
  (stop ?? document.querySelector<HTMLElement>('.canvas'))?.focus({ preventScroll: true });
}

/** Gives the focus to the first control of the inspector, as soon as it is there. */
export function focusInspector(tries = 30): void {
  const inspector = document.querySelector<HTMLElement>('.inspector');
  const first = inspector?.querySelector<HTMLElement>(
    ':is(input, select, textarea, button, summary):not(.shut, :disabled)',
  );
  (first ?? inspector)?.focus();
  if (inspector?.contains(document.activeElement)) return;
  if (tries > 0) requestAnimationFrame(() => focusInspector(tries - 1));
}

/** Selects what stands in the last of some fields, as soon as it is there, so that typing replaces it. */
export function selectText(fields: string, tries = 30): void {
  const field = [...document.querySelectorAll<HTMLInputElement>(fields)].at(-1);
  field?.select();
  if (!field && tries > 0) requestAnimationFrame(() => selectText(fields, tries - 1));
}

/** Gives the focus to the list of what happened on a way, as soon as it is there. */
export function focusSteps(tries = 30): void {
  const steps = document.querySelector<HTMLElement>('.side .way');
  steps?.focus();
  steps?.scrollIntoView({ block: 'start' });
  if (!steps && tries > 0) requestAnimationFrame(() => focusSteps(tries - 1));
}
