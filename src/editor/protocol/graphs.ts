import { emptyGraph, type Graph } from '../../model/graph.ts';
import { COMMANDS } from '../../model/graph-commands.ts';
import { StaleEdit } from '../../model/graph-edits.ts';
import { keyOf, nodeOf } from '../../model/graph-lookup.ts';
import { name, optionalText, type Payload, port, Refused, record } from '../../model/payload.ts';
import { AllowList, refuseEscape, refusePower } from '../draft/allow-list.ts';
import { type GraphChange, GraphDraft } from '../draft/graph-draft.ts';
import type { Client, ProtocolMessage, SubProtocol } from '../message.ts';

const MAX_SCRATCH_GRAPHS = 100;

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

/** Which graph a message means: the server's own one, or a sketch, which only the client that made it knows. */
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
    if (!optionalText(payload, 'graph')) throw new Refused('No graph specified');
    const id = name(payload, 'graph');
    const draft = this.find(client, id);
    if (draft) return draft;
    this.#refuseOwn(id);
    throw new Refused('Requested graph not found');
  }

  /** Begins a sketch, anew where there is one of this id. Throws Refused where there can't be one. */
  scratchGraph(client: Client, id: string): GraphDraft {
    this.#refuseOwn(id);
    const scratchGraphs = this.#scratchGraphs.get(client) ?? new Map<string, GraphDraft>();
    if (!scratchGraphs.has(id) && scratchGraphs.size >= MAX_SCRATCH_GRAPHS) {
      throw new Refused(`there are ${MAX_SCRATCH_GRAPHS} sketches already; take one of them`);
    }
    const draft = new GraphDraft(id, emptyGraph(`${id}.json`));
    this.#scratchGraphs.set(client, scratchGraphs.set(id, draft));
    return draft;
  }

  /** Forgets a client's sketches. */
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

/** The graph protocol: changes the server's graph, of which all who watch hear, or a client's own sketches. */
export function graphProtocol(graphs: Graphs, broadcast: Broadcast): SubProtocol {
  const staleEdits = new StaleEditGuard();
  const run = (command: string) => (client: Client, payload: Payload) => {
    const draft = command === 'clear' ? cleared(graphs, client, payload) : graphs.named(client, payload);
    const change = () => changed(graphs, draft, client, command, payload);
    if (draft !== graphs.main.draft) return change();
    return shared(graphs, broadcast, client, () => staleEdits.watch(client, command, payload, change));
  };
  return {
    commands: new Map(COMMANDS.map(command => [command, { needs: 'protocol:graph', run: run(command) }])),
    leave: client => graphs.leave(client),
  };
}

/** A client's change of a graph, as it is told. Throws Refused also where others might make it. */
export function changed(
  { allowed }: Graphs,
  draft: GraphDraft,
  client: Client,
  command: string,
  payload: Payload,
): readonly ProtocolMessage[] {
  refusePower(client, allowed, brought(draft.graph, command, payload));
  if (command === 'addinitial') refuseEscape(record(payload, 'src').data);
  return draft.apply(command, payload).map(message);
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

/** The graph that a client wants to empty: a new sketch where it isn't there. */
function cleared(graphs: Graphs, client: Client, payload: Payload): GraphDraft {
  const id = name(payload, 'id');
  if (id !== graphs.main.draft.id) return graphs.scratchGraph(client, id);
  const reason = graphs.main.mayClear(client);
  if (reason !== undefined) throw new Refused(reason);
  return graphs.main.draft;
}

function message({ command, payload }: GraphChange): ProtocolMessage {
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
class StaleEditGuard {
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
      if (!(error instanceof StaleEdit)) throw error;
      // Other editors than the built-in one show what others change only once they are reloaded.
      const sentence = client.extended ? error.message : `${error.message}, by reloading the page`;
      this.#latest.set(client, { to, sentence });
      throw new Refused(sentence);
    }
  }
}
