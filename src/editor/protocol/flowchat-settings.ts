import type { GraphDocument } from '../../fbp/document.ts';
import type { PortSpec } from '../../model/component-spec.ts';
import { diagnostic } from '../../model/diagnostic.ts';
import type { ClientPayloads } from '../../model/editor-protocol.ts';
import { type BareNode, equal, type Graph } from '../../model/graph.ts';
import type { Change } from '../../model/graph-commands.ts';
import { isAt } from '../../model/graph-lookup.ts';
import { Refused } from '../../model/refused.ts';
import type { ServerPayloads } from '../../model/server-messages.ts';
import { settingsOnPage } from '../../model/settings-page.ts';
import { called, shown } from '../../model/words.ts';
import { Registry } from '../../registry/registry.ts';
import { NAMESPACE } from '../../registry/sources.ts';
import type { OuterPorts } from '../../runtime/running-graph.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Deployer } from '../deploy/deployer.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import { draftFaults, examineDraft, MAX_PLACES, placedSubgraphs } from '../draft/examine.ts';
import { GraphDraft } from '../draft/graph-draft.ts';
import { textsOf } from '../draft/subgraph-drafts.ts';
import { type Client, commandsOf, messageOf, type ProtocolMessage, type SubProtocol } from '../message.ts';
import { DryRun } from '../sandbox/dry-run.ts';
import { type TestResult, testRequests } from '../sandbox/tests.ts';
import type { Traces } from '../watch/traces.ts';
import { applyChange, type Broadcast, type Graphs } from './graphs.ts';

interface SettingsDeps {
  /** The project's folder. */
  readonly root: string;
  readonly draftSession: DraftSession;
  readonly deployer: Deployer;
  readonly runtime: Runtime;
  readonly library: Registry;
  readonly outerPorts: OuterPorts;
  readonly traces: Traces;
  readonly graphs: Graphs;
  readonly broadcast: Broadcast;
}

type SettingValues = ClientPayloads['flowchat:set']['values'];
type SettingsPage = ServerPayloads['flowchat:settings'];

/** The live graph, or a subgraph at one of its nodes. */
interface PlacedGraph {
  /** Prefix of its nodes' names: empty, or `outer/inner/`. */
  readonly prefix: string;
  /** Its id in drafts and messages: `chat/Gates`. */
  readonly id: string;
  readonly graph: Graph;
}

/** A graph whose settings are changed. */
interface Edited {
  readonly before: GraphDocument;
  /** The changed graph. */
  readonly draft: GraphDraft;
  readonly changes: Change[];
  readonly told: ProtocolMessage[];
}

/** Attempts to apply a change if other changes go live meanwhile. */
const MAX_TRIES = 3;

/**
 * The settings page: lists the live graph's settings that are on the page, and changes them, also in subgraphs, whose
 * nodes are named by path. A change is checked, tested and published alone, without the rest of the draft, and applied
 * to the draft as well. A subgraph can only be changed while it has no draft.
 */
export class SettingsCommands implements SubProtocol {
  readonly #deps: SettingsDeps;
  /** For each client that may change settings, a function that stops recording questions for tests. */
  readonly #following = new Map<Client, () => void>();

  constructor(deps: SettingsDeps) {
    this.#deps = deps;
  }

  get commands(): SubProtocol['commands'] {
    return commandsOf('flowchat', {
      settings: (_, client) => {
        if (!this.#following.has(client))
          this.#following.set(
            client,
            this.#deps.traces.listen(() => {}),
          );
        return this.#page();
      },
      set: (payload, client) => this.#set(payload, client),
    });
  }

  leave(client: Client): void {
    this.#following.get(client)?.();
    this.#following.delete(client);
  }

  async #page(): Promise<ProtocolMessage> {
    const { deployer, library } = this.#deps;
    const { live } = deployer;
    if (!live) return messageOf('flowchat:settings', { revision: null, nodes: [] });
    const { graph } = live.document;
    await library.prepare(graph);
    const nodes = this.#placed(graph).flatMap(placed =>
      placed.graph.nodes.flatMap(node => nodeOnPage(placed, node, graph, library)),
    );
    return messageOf('flowchat:settings', { revision: live.revision, nodes });
  }

  async #set({ values, force }: ClientPayloads['flowchat:set'], client: Client): Promise<ProtocolMessage> {
    const { deployer, library, root, draftSession } = this.#deps;
    for (let tries = 1; ; tries += 1) {
      const { live } = deployer;
      if (!live) throw new Refused('no graph is live; start it first');
      await library.prepare(live.document.graph);
      const edited = this.#edited(live.document, values, client);
      const { [draftSession.id]: main, ...inner } = Object.fromEntries(edited);
      const document = main ? main.before.with(main.draft.graph) : live.document;
      const subgraphs = Object.values(inner).map(({ before, draft }) => before.with(draft.graph));
      const tried = subgraphs.length === 0 ? library : new Registry(root, { texts: textsOf(subgraphs) });
      const objection =
        (await this.#objection(document, tried, force ? [] : values)) ??
        (force ? undefined : await this.#failures(document, tried));
      if (objection) return objection;
      const note = `settings: ${values.map(({ node, port }) => called({ node, port })).join(', ')}`;
      const isDone = await deployer.inTurn(async turn => {
        // The live graph or a subgraph changed during the test.
        if (deployer.live?.document !== live.document || !this.#areAsBefore(inner)) return false;
        const undo = draftSession.subgraphs.write(subgraphs);
        try {
          await deployer.publish(document, { by: client.by, note, undo }, turn);
        } catch (error) {
          undo();
          throw error;
        }
        return true;
      });
      if (isDone) return this.#done(edited, values, client);
      if (tries === MAX_TRIES) throw new Refused('the graph was changed meanwhile; save again');
    }
  }

  /**
   * The live graph and the project's subgraphs in it, once for each node. The library has to be prepared for the graph.
   */
  #placed(graph: Graph): readonly PlacedGraph[] {
    const { draftSession, library } = this.#deps;
    const subgraphs = [...placedSubgraphs(graph, library).take(MAX_PLACES)]
      .filter(({ name }) => name.startsWith(`${NAMESPACE}/`))
      .map(({ path, name, graph }) => ({ prefix: `${path}/`, id: name, graph }));
    return [{ prefix: '', id: draftSession.id, graph }, ...subgraphs];
  }

  /**
   * The graphs that the values belong to, changed, by id. Throws Refused for a setting that is not on the page, was
   * changed meanwhile, or needs a right that the client lacks.
   */
  #edited(live: GraphDocument, values: SettingValues, client: Client): ReadonlyMap<string, Edited> {
    const { draftSession, graphs, library } = this.#deps;
    const all = this.#placed(live.graph);
    const edited = new Map<string, Edited>();
    for (const value of values) {
      const placed = all.find(({ prefix, graph }) => graph.nodes.some(({ name }) => prefix + name === value.node));
      const node = placed?.graph.nodes.find(({ name }) => placed.prefix + name === value.node);
      if (!placed || !node || !onPage(placed, node, library).some(({ name }) => name === value.port))
        throw new Refused(`${called(value)} is not on the settings page`);
      const { id } = placed;
      let one = edited.get(id);
      if (!one) {
        const before = id === draftSession.id ? live : draftSession.subgraphs.undrafted(id);
        one = { before, draft: new GraphDraft(id, before.graph), changes: [], told: [] };
        edited.set(id, one);
      }
      for (const change of changesOf(one.draft.graph, node.name, value)) {
        one.changes.push(change);
        one.told.push(...applyChange(graphs, one.draft, client, change));
      }
    }
    return edited;
  }

  /** Whether the files of subgraphs are unchanged. Throws Refused if one of them has a draft now. */
  #areAsBefore(edited: Readonly<Record<string, Edited>>): boolean {
    const { subgraphs } = this.#deps.draftSession;
    return Object.entries(edited).every(([id, { before }]) => subgraphs.undrafted(id).isSame(before));
  }

  /** The first fault of a graph, or else the first risk of the new values. */
  async #objection(
    document: GraphDocument,
    library: Registry,
    values: SettingValues,
  ): Promise<ProtocolMessage | undefined> {
    const { faults, warnings } = await examineDraft(document, { runtime: this.#deps.runtime, library });
    if (faults.length > 0) return refusedFor(faults);
    const risk = warnings.find(
      ({ code, node, inner = node, port }) =>
        code === 'risky-setting' && values.some(value => value.node === inner && value.port === port),
    );
    if (!risk) return;
    const { code, params, sentence: message } = risk;
    return messageOf('flowchat:error', { message, code, params, faults: [risk] });
  }

  /** Repeats the recorded requests: returns those with a different answer, or why the graph does not start. */
  async #failures(document: GraphDocument, library: Registry): Promise<ProtocolMessage | undefined> {
    const { outerPorts, traces } = this.#deps;
    let dryRun: DryRun;
    try {
      dryRun = await DryRun.start(document, { library, outerPorts });
    } catch (error) {
      return refusedFor(await draftFaults(error, document, library));
    }
    const results = await testRequests(dryRun, traces.recorded).finally(() => dryRun.stop());
    const failed = results.filter(({ passed }) => !passed);
    if (failed.length > 0) return failedTests(failed);
  }

  /** Applies the changes to the draft as well, except where it was changed. */
  async #done(edited: ReadonlyMap<string, Edited>, values: SettingValues, client: Client): Promise<ProtocolMessage> {
    const { draftSession, graphs, broadcast } = this.#deps;
    const { draft, id } = draftSession;
    const { changes = [] } = edited.get(id) ?? {};
    const isSame = ({ node, port, before }: SettingValues[number]) =>
      draft.node(node) !== undefined &&
      equal(draft.graph.initials.find(({ to }) => isAt(to, { node, port }))?.data, before);
    const same = new Set(values.filter(isSame).map(({ node, port }) => called({ node, port })));
    const copy = draft.copy();
    const told = changes
      .filter(({ payload }) => 'tgt' in payload && same.has(called(payload.tgt)))
      .flatMap(change => applyChange(graphs, copy, client, change));
    // Not an edit of the draft, which would publish the rest of the draft.
    draft.become(copy);
    // None of these subgraphs has a draft, so each is as in its file.
    const inner = [...edited].filter(([each]) => each !== id).flatMap(([, { told }]) => told);
    for (const message of [...told, ...inner]) broadcast(message, client);
    if (inner.length > 0) draftSession.emit({ kind: 'code' });
    draftSession.saveLive();
    await draftSession.examine();
    return this.#page();
  }
}

/** The changes of a graph that set a value at one of its nodes. Throws Refused if the value was changed meanwhile. */
function changesOf(
  graph: Graph,
  node: string,
  { node: path, port, value, before }: SettingValues[number],
): readonly Change[] {
  const at = { node, port };
  const now = graph.initials.filter(({ to }) => isAt(to, at)).map(({ data }) => data);
  const name = called({ node: path, port });
  if (!equal(now[0], before)) {
    const words = now.length === 0 ? 'is not set' : `is ${shown(now[0])}`;
    throw new Refused(`${name} ${words} by now; look at it again`, { code: 'draft-changed' });
  }
  if (graph.edges.some(({ to }) => isAt(to, at))) throw new Refused(`${name} comes from another node`);
  const removed = now.map((data): Change => ({ command: 'removeinitial', payload: { tgt: at, src: { data } } }));
  if (value === undefined) return removed;
  return [...removed, { command: 'addinitial', payload: { tgt: at, src: { data: value }, metadata: {} } }];
}

/** The settings of a node on the page; for a subgraph's node, its outer ports are its settings. */
function onPage(
  { prefix, graph }: PlacedGraph,
  { name: node, component, metadata }: BareNode,
  library: Registry,
): readonly PortSpec[] {
  const isOuter = ({ name: port }: PortSpec) =>
    prefix !== '' && graph.inports.some(inner => isAt(inner, { node, port }));
  const settings = library.find(component)?.inports.filter(port => port.control && !isOuter(port)) ?? [];
  return settingsOnPage(metadata, settings);
}

function nodeOnPage(placed: PlacedGraph, node: BareNode, main: Graph, library: Registry): SettingsPage['nodes'] {
  const { prefix, graph } = placed;
  const { name, component } = node;
  const settings = onPage(placed, node, library);
  if (settings.length === 0) return [];
  const { description = '', icon = '' } = library.find(component) ?? {};
  const path = prefix + name;
  const outermost = prefix === '' ? name : path.split('/')[0]!;
  const group = main.groups.find(({ nodes }) => nodes.includes(outermost))?.name;
  const told = settings.map(port => {
    const at = { node: name, port: port.name };
    const initial = graph.initials.find(({ to }) => isAt(to, at));
    const edge = graph.edges.find(({ to }) => isAt(to, at));
    return {
      ...settingOf(port),
      datatype: port.datatype,
      description: port.description,
      required: port.required,
      ...(port.values && { values: port.values }),
      ...(port.default !== undefined && { default: port.default }),
      ...(initial && { value: initial.data }),
      ...(edge && { from: called(edge.from) }),
    };
  });
  return [{ name: path, description, icon, ...(group !== undefined && { group }), settings: told }];
}

/** A setting with its form options. */
export function settingOf({ name, title, lines, unit, secret, everyday }: PortSpec) {
  return {
    port: name,
    ...(title !== undefined && { title }),
    ...(lines !== undefined && { lines }),
    ...(unit !== undefined && { unit }),
    ...(secret && { secret }),
    ...(everyday && { everyday }),
  };
}

function refusedFor(faults: NonNullable<ServerPayloads['flowchat:error']['faults']>): ProtocolMessage {
  const sentences = faults.map(fault => ('sentence' in fault ? fault.sentence : fault.message));
  return messageOf('flowchat:error', { message: sentences.join('\n'), faults });
}

function failedTests(results: readonly TestResult[]): ProtocolMessage {
  const { code, params, sentence: message } = diagnostic('answered-otherwise', { count: results.length });
  return messageOf('flowchat:error', { message, code, params, faults: [], results });
}
