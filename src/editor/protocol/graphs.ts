import * as v from 'valibot';
import { name, nameOr, readBy } from '../../model/fields.ts';
import { emptyGraph } from '../../model/graph.ts';
import { type Change, COMMANDS, readChange } from '../../model/graph-commands.ts';
import { StaleEdit } from '../../model/graph-edits.ts';
import { keyOf } from '../../model/graph-lookup.ts';
import { type Payload, Refused } from '../../model/payload.ts';
import { AllowList, refuseEscape, refusePower } from '../draft/allow-list.ts';
import { GraphDraft } from '../draft/graph-draft.ts';
import type { Client, ProtocolMessage, SubProtocol } from '../message.ts';

const MAX_SCRATCH_GRAPHS = 100;

/** How a message names its graph: in the words that the protocol's own tests want where it does not. */
const inGraph = v.object({ graph: nameOr('No graph specified') });
const byId = v.object({ id: name });

/** The server's own graph, which all editors share. */
interface MainGraph {
  readonly draft: GraphDraft;
  /** Differs after each change of the draft. */
  readonly version: number;
  /** Hears of each change of the draft, and whether it runs as before. */
  changed(client: Client, onlyLooks?: boolean): void;
  /** Why a client may not throw the draft away at the moment; nothing where it may. */
  mayClear(client: Client): string | undefined;
}

/** Which graph a message means: the server's own one, or a scratch graph, which only the client that made it knows. */
export class Graphs {
  readonly main: MainGraph;
  /** Which components may come into any of the graphs without the right to bring in code. */
  readonly allowed: AllowList;
  readonly #scratchGraphs = new Map<Client, Map<string, GraphDraft>>();

  constructor(main: MainGraph, allowed = new AllowList()) {
    this.main = main;
    this.allowed = allowed;
  }

  /** The graph with this id; nothing where this client knows none. */
  find(client: Client, id: string): GraphDraft | undefined {
    return id === this.main.draft.id ? this.main.draft : this.#scratchGraphs.get(client)?.get(id);
  }

  /** The graph that a message names in its field `graph`. Throws Refused, in the words that the protocol's own tests want. */
  named(client: Client, payload: Payload): GraphDraft {
    const { graph: id } = readBy(inGraph, payload);
    const draft = this.find(client, id);
    if (draft) return draft;
    this.#refuseOwn(id);
    throw new Refused('Requested graph not found');
  }

  /** The graph that a client wants to empty: a new scratch graph where it isn't there. Throws Refused where it may not. */
  cleared(client: Client, payload: Payload): GraphDraft {
    const { id } = readBy(byId, payload);
    if (id !== this.main.draft.id) return this.scratchGraph(client, id);
    const reason = this.main.mayClear(client);
    if (reason !== undefined) throw new Refused(reason);
    return this.main.draft;
  }

  /** Begins a scratch graph, anew where there is one of this id. Throws Refused where there can't be one. */
  scratchGraph(client: Client, id: string): GraphDraft {
    this.#refuseOwn(id);
    const scratchGraphs = this.#scratchGraphs.get(client) ?? new Map<string, GraphDraft>();
    if (!scratchGraphs.has(id) && scratchGraphs.size >= MAX_SCRATCH_GRAPHS) {
      throw new Refused(`there are ${MAX_SCRATCH_GRAPHS} scratch graphs already; take one of them`);
    }
    const draft = new GraphDraft(id, emptyGraph(`${id}.json`));
    this.#scratchGraphs.set(client, scratchGraphs.set(id, draft));
    return draft;
  }

  /** Forgets a client's scratch graphs. */
  leave(client: Client): void {
    this.#scratchGraphs.delete(client);
  }

  /** Graphs in the server's own namespace are its files. */
  #refuseOwn(id: string): void {
    const { id: main } = this.main.draft;
    if (!id.startsWith(`${main.split('/')[0]}/`)) return;
    throw new Refused(`${id} can't be changed here, only ${main} can; change its file, or send its source`);
  }
}

/** Changes of what only looks different afterwards. */
const COSMETIC = /^(change(node|edge)|(add|remove|rename|change)group)$/;

/** Sends a message to all clients that may see it, but for one. */
export type Broadcast = (message: ProtocolMessage, except: Client) => void;

/** The graph protocol: changes the server's graph, of which all who watch hear, or a client's own scratch graphs. */
export function graphProtocol(graphs: Graphs, broadcast: Broadcast): SubProtocol {
  const staleEdits = new StaleEditGuard();
  const run = (command: string) => (client: Client, payload: Payload) => {
    const draft = command === 'clear' ? graphs.cleared(client, payload) : graphs.named(client, payload);
    const change = readChange(command, payload);
    const make = () => changed(graphs, draft, client, change);
    if (draft !== graphs.main.draft) return make();
    return shared(graphs, broadcast, client, () => staleEdits.watch(client, change, make));
  };
  return {
    commands: new Map(
      COMMANDS.map(command => [command, { needs: 'protocol:graph', audited: () => true, run: run(command) }]),
    ),
    leave: client => graphs.leave(client),
  };
}

/** A client's change of a graph, as it is told. Throws Refused also where others might make it. */
export function changed(
  { allowed }: Graphs,
  draft: GraphDraft,
  client: Client,
  change: Change,
): readonly ProtocolMessage[] {
  refusePower(client, allowed, brought(draft, change));
  if (change.command === 'addinitial') refuseEscape(change.payload.src.data);
  return draft.change(change).map(told => ({ protocol: 'graph', ...told }));
}

/** Changes the server's graph, and tells all others who watch. */
export function shared(
  { main }: Graphs,
  broadcast: Broadcast,
  client: Client,
  change: () => readonly ProtocolMessage[],
): readonly ProtocolMessage[] {
  const before = main.draft.version;
  const told = change();
  if (main.draft.version === before) return told;
  for (const message of told) broadcast(message, client);
  main.changed(
    client,
    told.every(({ command }) => COSMETIC.test(command)),
  );
  return told;
}

/** The component that a command places, or leads something to. */
function brought(draft: GraphDraft, { command, payload }: Change): string | undefined {
  if (command === 'addnode') return payload.component;
  if (command === 'addedge' || command === 'addinitial') return draft.node(payload.tgt.node)?.component;
  if (command === 'addinport') return draft.node(payload.node)?.component;
  return undefined;
}

/**
 * Editors change an initial packet by two messages, and don't wait for the answer to the first. Where that was refused as
 * somebody else has changed the packet, the second would undo this after all.
 */
class StaleEditGuard {
  readonly #latest = new WeakMap<Client, { readonly to: string; readonly sentence: string }>();

  watch<T>(client: Client, { command, payload }: Change, apply: () => T): T {
    if (command !== 'addinitial' && command !== 'removeinitial') return apply();
    const to = keyOf(payload.tgt);
    const latest = this.#latest.get(client);
    if (latest?.to === to) this.#latest.delete(client);
    if (latest?.to === to && command === 'addinitial') throw new Refused(latest.sentence);
    try {
      return apply();
    } catch (error) {
      if (!(error instanceof StaleEdit)) throw error;
      // Other editors than the built-in one show what others change only once they are reloaded.
      const sentence = client.extended ? error.message : `${error.message}, by reloading the page`;
      this.#latest.set(client, { to, sentence });
      throw new Refused(sentence);
    }
  }
}
