import type { Edge, End, Initial } from '../fbp.ts';

/** An edge as the text has it, `router SHOW -> IN controller`; `mention` says a node. */
export function edgeWords({ from, to }: Edge, mention = plainly): string {
  const sender = `${mention(from.node)} ${portWords(from)}`;
  return `${sender} -> ${portWords(to)} ${mention(to.node)}`;
}

/** Where an initial packet goes, as the text has it: `-> MAXLEN storage`. */
export function initialWords({ to }: Pick<Initial, 'to'>): string {
  return `-> ${portWords(to)} ${to.node}`;
}

/** A port and its index, `OUT[1]`. */
export function portWords({ port, index }: Pick<End, 'port' | 'index'>): string {
  return port.toUpperCase() + (index === undefined ? '' : `[${index}]`);
}

function plainly(name: string): string {
  return name;
}
