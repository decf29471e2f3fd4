import type { GraphDocument } from '../../fbp/document.ts';
import type { PortSpec } from '../../model/component-spec.ts';
import { diagnostic } from '../../model/diagnostic.ts';
import type { ClientPayloads } from '../../model/editor-protocol.ts';
import { type BareNode, equal, type Graph } from '../../model/graph.ts';
import type { Change } from '../../model/graph-commands.ts';
import { isAt, shown } from '../../model/graph-lookup.ts';
import { Refused } from '../../model/payload.ts';
import type { ServerPayloads } from '../../model/server-messages.ts';
import { settingsOnPage } from '../../model/settings-page.ts';
import { called } from '../../model/words.ts';
import type { Registry } from '../../registry/registry.ts';
import type { OuterPorts } from '../../runtime/running-graph.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Deployer } from '../deploy/deployer.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import { draftFaults, examined } from '../draft/examine.ts';
import { GraphDraft } from '../draft/graph-draft.ts';
import { type Client, commandsOf, messageOf, type ProtocolMessage, type SubProtocol } from '../message.ts';
import { DryRun } from '../sandbox/dry-run.ts';
import { type TestResult, testRequests } from '../sandbox/tests.ts';
import type { Traces } from '../watch/traces.ts';
import { type Broadcast, changed, type Graphs } from './graphs.ts';

interface SettingsDeps {
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

/** How often a change is prepared again because something else went live meanwhile. */
const MAX_TRIES = 3;

/**
 * The settings page: tells the settings of what is live that are on it, and changes them. A change is checked, tested and
 * published by itself, whatever else is in the draft, and made in the draft too.
 */
export class SettingsCommands implements SubProtocol {
  readonly #deps: SettingsDeps;
  /** Ends following the questions that a change is tested with, for each client that may change something. */
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
    const nodes = graph.nodes.flatMap(node => nodeOnPage(graph, node, library));
    return messageOf('flowchat:settings', { revision: live.revision, nodes });
  }

  async #set({ values, force }: ClientPayloads['flowchat:set'], client: Client): Promise<ProtocolMessage> {
    const { deployer } = this.#deps;
    for (let tries = 1; ; tries += 1) {
      const { live } = deployer;
      if (!live) throw new Refused('no graph is live; start it first');
      await this.#deps.library.prepare(live.document.graph);
      const changes = this.#changes(live.document.graph, values);
      const document = this.#changed(live.document, changes, client);
      const objection = (await this.#faults(document)) ?? (force ? undefined : await this.#failures(document));
      if (objection) return objection;
      const note = `settings: ${values.map(({ node, port }) => called({ node, port })).join(', ')}`;
      const isDone = await deployer.inTurn(async turn => {
        // Something else went live while this was tested.
        if (deployer.live?.document !== live.document) return false;
        await deployer.publish(document, { by: client.by, note }, turn);
        return true;
      });
      if (isDone) return this.#done(changes, values, client);
      if (tries === MAX_TRIES) throw new Refused('the graph was changed meanwhile; save again');
    }
  }

  /** The changes that set these values. Throws Refused for what is not on the page, or has another value by now. */
  #changes(graph: Graph, values: SettingValues): readonly Change[] {
    return values.flatMap(({ node: name, port, value, before }): readonly Change[] => {
      const node = graph.nodes.find(each => each.name === name);
      const found = node && onPage(node, this.#deps.library).find(each => each.name === port);
      if (!node || !found) throw new Refused(`${called({ node: name, port })} is not on the settings page`);
      const at = { node: name, port };
      const now = graph.initials.filter(({ to }) => isAt(to, at)).map(({ data }) => data);
      if (!equal(now[0], before)) {
        const words = now.length === 0 ? 'is not set' : `is ${shown(now[0])}`;
        throw new Refused(`${called(at)} ${words} by now; look at it again`, { code: 'draft-changed' });
      }
      if (graph.edges.some(({ to }) => isAt(to, at))) throw new Refused(`${called(at)} comes from another node`);
      const removed = now.map((data): Change => ({ command: 'removeinitial', payload: { tgt: at, src: { data } } }));
      if (value === undefined) return removed;
      return [...removed, { command: 'addinitial', payload: { tgt: at, src: { data: value }, metadata: {} } }];
    });
  }

  /** A document after changes. Throws Refused for what the client may not do. */
  #changed(document: GraphDocument, changes: readonly Change[], client: Client): GraphDocument {
    const draft = new GraphDraft(this.#deps.draftSession.id, document.graph);
    for (const change of changes) changed(this.#deps.graphs, draft, client, change);
    return document.with(draft.graph);
  }

  async #faults(document: GraphDocument): Promise<ProtocolMessage | undefined> {
    const { faults } = await examined(document, this.#deps);
    if (faults.length > 0) return refusedFor(faults);
  }

  /** Asks what was asked last once more: what is answered otherwise, or why it does not start. */
  async #failures(document: GraphDocument): Promise<ProtocolMessage | undefined> {
    const { library, outerPorts, traces } = this.#deps;
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

  /** Makes the changes in the draft as well, but for what somebody has changed there. */
  async #done(changes: readonly Change[], values: SettingValues, client: Client): Promise<ProtocolMessage> {
    const { draftSession, graphs, broadcast } = this.#deps;
    const { draft } = draftSession;
    const isSame = ({ node, port, before }: SettingValues[number]) =>
      draft.node(node) !== undefined &&
      equal(draft.graph.initials.find(({ to }) => isAt(to, { node, port }))?.data, before);
    const same = new Set(values.filter(isSame).map(({ node, port }) => called({ node, port })));
    const copy = draft.copy();
    const told = changes
      .filter(({ payload }) => 'tgt' in payload && same.has(called(payload.tgt)))
      .flatMap(change => changed(graphs, copy, client, change));
    // Not as an edit of the draft: whatever else is in it goes live when its authors want it.
    draft.become(copy);
    for (const message of told) broadcast(message, client);
    draftSession.saveLive();
    await draftSession.examine();
    return this.#page();
  }
}

/** The settings of a node that are on the page. */
function onPage({ component, metadata }: BareNode, library: Registry): readonly PortSpec[] {
  const settings = library.find(component)?.inports.filter(({ control }) => control) ?? [];
  return settingsOnPage(metadata, settings);
}

function nodeOnPage(graph: Graph, node: BareNode, library: Registry): SettingsPage['nodes'] {
  const { name, component } = node;
  const settings = onPage(node, library);
  if (settings.length === 0) return [];
  const { description = '', icon = '' } = library.find(component) ?? {};
  const group = graph.groups.find(({ nodes }) => nodes.includes(name))?.name;
  const told = settings.map(port => {
    const at = { node: name, port: port.name };
    const initial = graph.initials.find(({ to }) => isAt(to, at));
    const edge = graph.edges.find(({ to }) => isAt(to, at));
    return {
      ...formOf(port),
      datatype: port.datatype,
      description: port.description,
      required: port.required,
      ...(port.values && { values: port.values }),
      ...(port.default !== undefined && { default: port.default }),
      ...(initial && { value: initial.data }),
      ...(edge && { from: called(edge.from) }),
    };
  });
  return [{ name, description, icon, ...(group !== undefined && { group }), settings: told }];
}

/** A setting, and how a form shows it. */
export function formOf({ name, title, lines, unit, secret, everyday }: PortSpec) {
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
