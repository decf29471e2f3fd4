/** Schemas of what a node tells beside its answer: no question travels with it. */
export const BESIDE: ReadonlySet<string> = new Set(['chat/event', 'chat/added']);
