import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source.ts';

const graph = (name: string) => readFileSync(join(ROOT, 'graphs', name), 'utf8');

/** The whole server, with its messages in memory. */
export const CHAT = graph('chat.fbp').replaceAll("'sqlite:history.db'", "'memory:chat'");

/** Where the nodes of the whole server stand, so that no page need lay them out. */
export const LAYOUT = graph('chat.layout');

/** The seed's five nodes. */
export const GOCHAT = graph('gochat.fbp');

/** A graph with other settings: `{ MAXTEXT: '5' }`. Throws where it has no such setting. */
export function set(text: string, settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings).reduce((before, [port, value]) => {
    const after = before.replaceAll(new RegExp(`^'.*' -> ${port} `, 'gm'), `'${value}' -> ${port} `);
    if (!before.includes(` -> ${port} `)) throw new Error(`the graph has no initial packet for ${port}`);
    return after;
  }, text);
}

/** The seed's graph with more nodes: each is called as its component is given, takes `GET /NAME`, and answers at OUT. */
export function beside(nodes: Readonly<Record<string, string>>, ...more: readonly string[]): string {
  const names = Object.keys(nodes);
  const lines = names.flatMap((name, i) => {
    const next = names[i + 1];
    return [
      `'GET /${name}' -> PATTERN to-${name}(chat/Route) MATCH -> IN ${name}(${nodes[name]})`,
      `OUTPORT=${name}.OUT:${name.toUpperCase()}`,
      `to-${name} ELSE -> IN ${next === undefined ? 'router' : `to-${next}`}`,
    ];
  });
  return [GOCHAT.replace('INPORT=router.IN', `INPORT=to-${names[0]}.IN`), ...lines, ...more, ''].join('\n');
}
