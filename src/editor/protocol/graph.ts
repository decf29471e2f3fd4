import type { Graph } from '../../fbp.ts';
import { type Change, COMMANDS, type Draft } from '../draft/draft.ts';
import { keyOf, nodeOf } from '../draft/graph.ts';
import { Overtaken } from '../draft/initials.ts';
import { refuseEscape, refusePower } from './confine.ts';
import type { Graphs } from './graphs.ts';
import { type Client, type Message, type Payload, Refused, type SubProtocol } from './message.ts';
import { name, port, record } from './payload.ts';

/** Changes of what only looks different afterwards. */
const LOOKS = /^(change(node|edge)|(add|remove|rename|change)group)$/;

/** Sends a message to all clients that may see it, but for one. */
export type Broadcast = (message: Message, except: Client) => void;

/** The graph protocol: changes the server's graph, of which all who watch hear, or a client's own sketches. */
export function graphProtocol(graphs: Graphs, broadcast: Broadcast): SubProtocol {
  const overtakings = new Overtakings();
  const run = (command: string) => (client: Client, payload: Payload) => {
    const draft = command === 'clear' ? cleared(graphs, client, payload) : graphs.named(client, payload);
    const change = () => changed(graphs, draft, client, command, payload);
    if (draft !== graphs.main.draft) return change();
    return shared(graphs, broadcast, client, () => overtakings.watch(client, command, payload, change));
  };
  return {
    commands: new Map(COMMANDS.map(command => [command, { needs: 'protocol:graph', run: run(command) }])),
    leave: client => graphs.leave(client),
  };
}

/** A client's change of a graph, as it is told. Throws Refused also where others might make it. */
export function changed(
  { allowed }: Graphs,
  draft: Draft,
  client: Client,
  command: string,
  payload: Payload,
): readonly Message[] {
  refusePower(client, allowed, brought(draft.graph, command, payload));
  if (command === 'addinitial') refuseEscape(record(payload, 'src').data);
  return draft.apply(command, payload).map(message);
}

/** Changes the server's graph, and tells all others who watch. */
export function shared(
  { main }: Graphs,
  broadcast: Broadcast,
  client: Client,
  change: () => readonly Message[],
): readonly Message[] {
  const before = main.draft.version;
  const told = change();
  if (main.draft.version === before) return told;
  for (const message of told) broadcast(message, client);
  main.changed(
    client,
    told.every(({ command }) => LOOKS.test(command)),
  );
  return told;
}

/** The graph that a client wants to empty: a new sketch where it isn't there. */
function cleared(graphs: Graphs, client: Client, payload: Payload): Draft {
  const id = name(payload, 'id');
  if (id !== graphs.main.draft.id) return graphs.sketch(client, id);
  const reason = graphs.main.mayClear(client);
  if (reason !== undefined) throw new Refused(reason);
  return graphs.main.draft;
}

function message({ command, payload }: Change): Message {
  return { protocol: 'graph', command, payload };
}

/** The component that a command places, or leads something to. */
function brought(graph: Graph, command: string, payload: Payload): string | undefined {
  if (command === 'addnode') return name(payload, 'component');
  if (command === 'addedge' || command === 'addinitial') return nodeOf(graph, port(payload, 'tgt').node)?.component;
  if (command === 'addinport') return nodeOf(graph, name(payload, 'node'))?.component;
  return undefined;
}

/**
 * Editors change an initial packet by two messages, and don't wait for the answer to the first. Where that was refused as
 * somebody else has changed the packet, the second would undo this after all.
 */
class Overtakings {
  readonly #latest = new WeakMap<Client, { readonly to: string; readonly sentence: string }>();

  watch<T>(client: Client, command: string, payload: Payload, apply: () => T): T {
    if (!command.endsWith('initial')) return apply();
    const to = keyOf(port(payload, 'tgt'));
    const latest = this.#latest.get(client);
    if (latest?.to === to) this.#latest.delete(client);
    if (latest?.to === to && command === 'addinitial') throw new Refused(latest.sentence);
    try {
      return apply();
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      // Other editors than the built-in one show what others change only once they are reloaded.
      const sentence = client.extended ? error.message : `${error.message}, by reloading the page`;
      this.#latest.set(client, { to, sentence });
      throw new Refused(sentence);
    }
  }
}
