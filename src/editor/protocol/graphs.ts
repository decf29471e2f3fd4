import * as v from 'valibot';
import { name, nameOr, readBy } from '../../model/fields.ts';
import { emptyGraph } from '../../model/graph.ts';
import { type Change, COMMANDS, readChange } from '../../model/graph-commands.ts';
import { StaleEdit } from '../../model/graph-edits.ts';
import { portIdentity } from '../../model/graph-lookup.ts';
import type { Payload } from '../../model/payload.ts';
import { Refused } from '../../model/refused.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices } from '../../time-slice.ts';
import { AllowList, refuseForeignStore, refuseUnlessAllowed } from '../draft/allow-list.ts';
import { type DraftChange, GraphDraft } from '../draft/graph-draft.ts';
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

/** The graph that a message names; the error is the one that the protocol's own tests expect. */
const inGraph = v.object({ graph: nameOr('No graph specified') });
const byId = v.object({ id: name });

/** The server's own graph with its subgraphs, shared by all editors. */
interface MainGraph {
  readonly draft: GraphDraft;
  readonly subgraphs: Pick<SubgraphDrafts, 'find' | 'begin' | 'take'>;
  /** Changes with every change of the draft. */
  readonly version: number;
  /** Call after each change of the draft. */
  changed(client: Client, change: DraftChange): void;
  /** Why a client may not discard the draft now; undefined if it may. */
  mayClear(client: Client): string | undefined;
}

/** Resolves graph ids: the server's graph, a subgraph, or a scratch graph of the client. */
export class Graphs {
  readonly main: MainGraph;
  /** The components that need no code right, in any graph. */
  readonly allowed: AllowList;
  readonly #scratchGraphs = new Map<Client, Map<string, GraphDraft>>();

  constructor(main: MainGraph, allowed = new AllowList()) {
    this.main = main;
    this.allowed = allowed;
  }

  /** The server's graph or a subgraph with this id; undefined if there is none. Throws Refused if it can't be read. */
  shared(id: string): GraphDraft | undefined {
    const { draft, subgraphs } = this.main;
    if (id === draft.id) return draft;
    return this.#isOwn(id) ? subgraphs.find(id) : undefined;
  }

  /** A graph that this client knows by an id; undefined if there is none. */
  find(client: Client, id: string): GraphDraft | undefined {
    return id === this.main.draft.id ? this.main.draft : this.#scratchGraphs.get(client)?.get(id);
  }

  /** The graph in a message's field `graph`. Throws Refused with the error that the protocol's own tests expect. */
  named(client: Client, payload: Payload): GraphDraft {
    const { graph: id } = readBy(inGraph, payload);
    const draft = this.shared(id) ?? this.find(client, id);
    if (draft) return draft;
    this.#refuseOwn(id);
    throw new Refused('Requested graph not found');
  }

  /**
   * The graph that a client wants to clear; creates a subgraph or scratch graph if missing. Throws Refused if it may
   * not be cleared.
   */
  cleared(client: Client, payload: Payload): GraphDraft {
    const { id } = readBy(byId, payload);
    if (id !== this.main.draft.id) return this.#isOwn(id) ? this.begin(id) : this.scratchGraph(client, id);
    const reason = this.main.mayClear(client);
    if (reason !== undefined) throw new Refused(reason);
    return this.main.draft;
  }

  /** Creates a subgraph of the server. Throws Refused if the name is invalid or taken. */
  begin(id: string): GraphDraft {
    if (!this.#isOwn(id)) throw new Refused(`${id} can't be begun in an edit, only a subgraph in ${this.#namespace}`);
    return this.main.subgraphs.begin(id);
  }

  /** Creates a scratch graph, replacing one of the same id. Throws Refused for an id of the server, or too many graphs. */
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

  /** Drops a client's scratch graphs. */
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

/** Commands that change appearance only. */
const COSMETIC = /^(change(node|edge)|(add|remove|rename|change)group)$/;

/** Sends a message to all clients that may see it, except one. */
export type Broadcast = (message: ProtocolMessage, except: Client) => void;

/**
 * The graph protocol: edits the server's graph and its subgraphs, announced to all clients, or a client's own scratch
 * graphs.
 */
export function graphProtocol(graphs: Graphs, broadcast: Broadcast): SubProtocol {
  const staleEdits = new StaleEditGuard();
  const run = (command: string) => (client: Client, payload: Payload) => {
    const draft = command === 'clear' ? graphs.cleared(client, payload) : graphs.named(client, payload);
    const change = readChange(command, payload);
    if (graphs.shared(draft.id) !== draft) return applyChange(graphs, draft, client, change);
    const copy = draft.copy();
    const told = staleEdits.watch(client, change, () => applyChange(graphs, copy, client, change));
    return shared(graphs, broadcast, client, { copies: [copy], told });
  };
  return {
    commands: new Map(
      COMMANDS.map(command => [command, { needs: 'protocol:graph', audited: () => true, run: run(command) }]),
    ),
    leave: client => graphs.leave(client),
  };
}

/**
 * Replaces the drafts of several graphs by edited copies: all or none. Throws Refused if a copy can't be taken over.
 */
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

/**
 * Applies a client's change to a graph, and returns the changes to announce. Throws Refused, also if the client lacks a
 * right.
 */
export function applyChange(
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

/** Takes over changes of the server's graphs, and announces them to other clients. */
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
  main.changed(client, { isCosmetic, isInSubgraph: copies.some(({ id }) => id !== main.draft.id) });
  return told;
}

/** The component that a command places or connects something to. */
function brought(draft: GraphDraft, { command, payload }: Change): string | undefined {
  if (command === 'addnode') return payload.component;
  if (command === 'addedge' || command === 'addinitial') return draft.node(payload.tgt.node)?.component;
  if (command === 'addinport') return draft.node(payload.node)?.component;
  return undefined;
}

/**
 * Editors change an initial packet by two messages without waiting for the first answer. If the first was refused
 * because of someone else's change, the second must not overwrite that change.
 */
class StaleEditGuard {
  readonly #latest = new WeakMap<Client, { readonly to: string; readonly sentence: string }>();

  watch<T>(client: Client, { command, payload }: Change, apply: () => T): T {
    if (command !== 'addinitial' && command !== 'removeinitial') return apply();
    const to = portIdentity(payload.tgt);
    const latest = this.#latest.get(client);
    if (latest?.to === to) this.#latest.delete(client);
    if (latest?.to === to && command === 'addinitial') throw new Refused(latest.sentence);
    try {
      return apply();
    } catch (error) {
      if (!(error instanceof StaleEdit)) throw error;
      // Other editors show other people's changes only after a reload.
      const sentence = client.extended ? error.message : `${error.message}, by reloading the page`;
      this.#latest.set(client, { to, sentence });
      throw new Refused(sentence);
    }
  }
}

/** After this many conflicts with other edits, an edit is applied without yielding. */
const MAX_TRIES = 3;

/** The command that applies several changes of the server's graph and its subgraphs at once: all or none. */
export function editCommands(graphs: Graphs, broadcast: Broadcast): ReadonlyMap<string, ProtocolCommand> {
  return commandsOf('flowchat', {
    async edit({ changes }, client) {
      for (let tries = 1; ; tries += 1) {
        const { version } = graphs.main;
        const copies = new Copies(graphs);
        const steps = made(changes, ({ command, payload }) =>
          applyChange(graphs, copies.meant(command, payload), client, readChange(command, payload)),
        );
        const told = tries > MAX_TRIES ? atOnce(steps) : await inSlices(steps);
        // The draft changed while this yielded, so start again.
        if (graphs.main.version !== version) continue;
        shared(graphs, broadcast, client, { copies: copies.all, told });
        return messageOf('flowchat:edited', { version: graphs.main.version });
      }
    },
  });
}

/** Copies of the graphs that an edit changes, so that all or none of its changes apply. */
class Copies {
  readonly #graphs: Graphs;
  readonly #byId = new Map<string, GraphDraft>();

  constructor(graphs: Graphs) {
    this.#graphs = graphs;
  }

  get all(): readonly GraphDraft[] {
    return [...this.#byId.values()];
  }

  /** The copy of the graph that a change names; the main graph by default. Throws Refused. */
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

/** Applies changes one by one, yielding in between. */
function* made<Change, Told>(changes: readonly Change[], make: (change: Change) => readonly Told[]): Steps<Told[]> {
  const told: Told[] = [];
  for (const change of changes) {
    told.push(...make(change));
    yield;
  }
  return told;
}
