import * as v from 'valibot';
import { name, nameOr, readBy } from '../../model/fields.ts';
import { emptyGraph } from '../../model/graph.ts';
import { type Change, COMMANDS, readChange } from '../../model/graph-commands.ts';
import { StaleEdit } from '../../model/graph-edits.ts';
import { keyOf } from '../../model/graph-lookup.ts';
import { type Payload, Refused } from '../../model/payload.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices } from '../../mutex.ts';
import { AllowList, refuseForeignStore, refuseUnlessAllowed } from '../draft/allow-list.ts';
import { GraphDraft } from '../draft/graph-draft.ts';
import type { SubgraphDrafts } from '../draft/subgraph-drafts.ts';
import {
  type Client,
  commandsOf,
  messageOf,
  type ProtocolCommand,
  type ProtocolMessage,
  type SubProtocol,
} from '../message.ts';

const MAX_SCRATCH_GRAPHS = 100;

/** How a message names its graph: in the words that the protocol's own tests want where it does not. */
const inGraph = v.object({ graph: nameOr('No graph specified') });
const byId = v.object({ id: name });

/** The server's own graph with its subgraphs, which all editors share. */
interface MainGraph {
  readonly draft: GraphDraft;
  readonly subgraphs: Pick<SubgraphDrafts, 'find' | 'begin' | 'take'>;
  /** Differs after each change of the draft. */
  readonly version: number;
  /** Hears of each change of the draft, whether it runs as before, and whether it is one of a subgraph. */
  changed(client: Client, onlyLooks?: boolean, inSubgraph?: boolean): void;
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

  /** The server's own graph or a subgraph with this id; nothing where there is none. Throws Refused where it can't be read. */
  shared(id: string): GraphDraft | undefined {
    const { draft, subgraphs } = this.main;
    if (id === draft.id) return draft;
    return this.#isOwn(id) ? subgraphs.find(id) : undefined;
  }

  /** The main graph or the scratch graph with this id; nothing where this client knows none. */
  find(client: Client, id: string): GraphDraft | undefined {
    return id === this.main.draft.id ? this.main.draft : this.#scratchGraphs.get(client)?.get(id);
  }

  /** The graph that a message names in its field `graph`. Throws Refused, in the words that the protocol's own tests want. */
  named(client: Client, payload: Payload): GraphDraft {
    const { graph: id } = readBy(inGraph, payload);
    const draft = this.shared(id) ?? this.find(client, id);
    if (draft) return draft;
    this.#refuseOwn(id);
    throw new Refused('Requested graph not found');
  }

  /** The graph that a client wants to empty: a new subgraph or scratch graph where it isn't there. Throws Refused where it may not. */
  cleared(client: Client, payload: Payload): GraphDraft {
    const { id } = readBy(byId, payload);
    if (id !== this.main.draft.id) return this.#isOwn(id) ? this.begin(id) : this.scratchGraph(client, id);
    const reason = this.main.mayClear(client);
    if (reason !== undefined) throw new Refused(reason);
    return this.main.draft;
  }

  /** Begins a subgraph of the server's. Throws Refused where there can't be one of this name, or is one already. */
  begin(id: string): GraphDraft {
    if (!this.#isOwn(id)) throw new Refused(`${id} can't be begun in an edit, only a subgraph in ${this.#namespace}`);
    return this.main.subgraphs.begin(id);
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

  get #namespace(): string {
    return `${this.main.draft.id.split('/')[0]}/`;
  }

  /** Graphs in the server's own namespace are its files. */
  #isOwn(id: string): boolean {
    return id.startsWith(this.#namespace);
  }

  #refuseOwn(id: string): void {
    if (this.#isOwn(id)) throw new Refused(`there is no subgraph ${id}; begin it by graph:clear`);
  }
}

/** Changes of what only looks different afterwards. */
const COSMETIC = /^(change(node|edge)|(add|remove|rename|change)group)$/;

/** Sends a message to all clients that may see it, but for one. */
export type Broadcast = (message: ProtocolMessage, except: Client) => void;

/** The graph protocol: changes the server's graph and its subgraphs, of which all who watch hear, or a client's own scratch graphs. */
export function graphProtocol(graphs: Graphs, broadcast: Broadcast): SubProtocol {
  const staleEdits = new StaleEditGuard();
  const run = (command: string) => (client: Client, payload: Payload) => {
    const draft = command === 'clear' ? graphs.cleared(client, payload) : graphs.named(client, payload);
    const change = readChange(command, payload);
    if (graphs.shared(draft.id) !== draft) return changed(graphs, draft, client, change);
    const copy = draft.copy();
    const told = staleEdits.watch(client, change, () => changed(graphs, copy, client, change));
    return shared(graphs, broadcast, client, { copies: [copy], told });
  };
  return {
    commands: new Map(
      COMMANDS.map(command => [command, { needs: 'protocol:graph', audited: () => true, run: run(command) }]),
    ),
    leave: client => graphs.leave(client),
  };
}

/** Makes drafts of the server's graphs what was made of copies of them: all, or none. Throws Refused where that can't be. */
function takeAll({ main }: Graphs, copies: readonly GraphDraft[]): void {
  const restore: (() => void)[] = [];
  try {
    for (const copy of copies) if (copy.id !== main.draft.id) restore.push(main.subgraphs.take(copy));
  } catch (error) {
    for (const one of restore) one();
    throw error;
  }
  for (const copy of copies) if (copy.id === main.draft.id) main.draft.become(copy);
}

/** A client's change of a graph, as it is told. Throws Refused also where others might make it. */
export function changed(
  { allowed }: Graphs,
  draft: GraphDraft,
  client: Client,
  change: Change,
): readonly ProtocolMessage[] {
  refuseUnlessAllowed(client, allowed, brought(draft, change));
  if (change.command === 'addinitial') refuseForeignStore(change.payload.src.data);
  return draft.change(change).map(told => ({ protocol: 'graph', ...told }));
}

/** Changes of the server's graphs, made in copies of their drafts. */
interface SharedChange {
  readonly copies: readonly GraphDraft[];
  readonly told: readonly ProtocolMessage[];
}

/** Takes changes of the server's graphs in, and tells all others who watch. */
function shared(
  graphs: Graphs,
  broadcast: Broadcast,
  client: Client,
  { copies, told }: SharedChange,
): readonly ProtocolMessage[] {
  const { main } = graphs;
  const before = main.version;
  takeAll(graphs, copies);
  if (main.version === before) return told;
  for (const message of told) broadcast(message, client);
  const isCosmetic = told.every(({ command }) => COSMETIC.test(command));
  main.changed(
    client,
    isCosmetic,
    copies.some(({ id }) => id !== main.draft.id),
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
