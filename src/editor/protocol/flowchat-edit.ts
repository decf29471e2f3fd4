import { readChange } from '../../model/graph-commands.ts';
import { type Payload, Refused } from '../../model/payload.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices } from '../../mutex.ts';
import type { GraphDraft } from '../draft/graph-draft.ts';
import { commandsOf, messageOf, type ProtocolCommand } from '../message.ts';
import { type Broadcast, changed, type Graphs, shared } from './graphs.ts';

/** After so many times that somebody else was faster, an edit is made without a break. */
const MAX_TRIES = 3;

/** The command that makes several changes of the server's graph and its subgraphs at once: all of them, or none. */
export function editCommands(graphs: Graphs, broadcast: Broadcast): ReadonlyMap<string, ProtocolCommand> {
  return commandsOf('flowchat', {
    async edit({ changes }, client) {
      for (let tries = 1; ; tries += 1) {
        const { version } = graphs.main;
        const copies = new Copies(graphs);
        const steps = made(changes, ({ command, payload }) =>
          changed(graphs, copies.meant(command, payload), client, readChange(command, payload)),
        );
        const told = tries > MAX_TRIES ? atOnce(steps) : await inSlices(steps);
        // Somebody else has changed it between two slices, so that all is to be looked at again.
        if (graphs.main.version !== version) continue;
        shared(graphs, broadcast, client, { copies: copies.all, told });
        return messageOf('flowchat:edited', { version: graphs.main.version });
      }
    },
  });
}

/** The graphs that an edit changes, copied so that it can be made in all of them or in none. */
class Copies {
  readonly #graphs: Graphs;
  readonly #byId = new Map<string, GraphDraft>();

  constructor(graphs: Graphs) {
    this.#graphs = graphs;
  }

  get all(): readonly GraphDraft[] {
    return [...this.#byId.values()];
  }

  /** The copy of the graph that a change is of, which is the main one where it names none. Throws Refused. */
  meant(command: string, payload: Payload): GraphDraft {
    const { draft } = this.#graphs.main;
    const id = String((command === 'clear' ? payload.id : payload.graph) ?? draft.id);
    if (command === 'clear') {
      if (this.#byId.has(id) || id === draft.id)
        throw new Refused('"clear" in an edit begins a subgraph; send it by itself to empty a graph');
      return this.#keep(this.#graphs.begin(id));
    }
    const known = this.#byId.get(id);
    if (known) return known;
    const found = this.#graphs.shared(id);
    if (!found) throw new Refused(`an edit is one of ${draft.id} and its subgraphs; there is no subgraph ${id}`);
    return this.#keep(found);
  }

  #keep(draft: GraphDraft): GraphDraft {
    const copy = draft.copy();
    this.#byId.set(draft.id, copy);
    return copy;
  }
}

/** Makes changes one by one. */
function* made<Change, Told>(changes: readonly Change[], make: (change: Change) => readonly Told[]): Steps<Told[]> {
  const told: Told[] = [];
  for (const change of changes) {
    told.push(...make(change));
    yield;
  }
  return told;
}
