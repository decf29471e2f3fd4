import { write } from '../../fbp/print.ts';
import { readGraph } from '../../fbp/read.ts';
import type { ClientPayloads } from '../../model/editor-protocol.ts';
import { type Payload, printFileFault, Refused } from '../../model/payload.ts';
import type { ServerPayloads } from '../../model/server-messages.ts';
import { type RecipeFile, readRecipes } from '../../registry/recipes.ts';
import type { Registry } from '../../registry/registry.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import type { AllowList } from '../draft/allow-list.ts';
import type { CodeDraft } from '../draft/code-draft.ts';
import {
  type Client,
  commandsOf,
  messageOf,
  type ProtocolCommand,
  type ProtocolMessage,
  type SubProtocol,
} from '../message.ts';
import { draftFingerprint, type LastTest, result, testSummary } from '../sandbox/tests.ts';
import { type ComponentProtocol, graphJson } from './component.ts';
import { settingOf } from './flowchat-settings.ts';

interface FlowchatDeps {
  readonly draftSession: DraftSession;
  /** Everything that an editor shows of the server, for one client. */
  state(client: Client): ServerPayloads['flowchat:state'];
  /** Commands that are told of elsewhere. */
  readonly more: readonly ReadonlyMap<string, ProtocolCommand>[];
  /** Those with something to be done when a client has left. */
  readonly parts: readonly SubProtocol[];
  readonly lastTest: LastTest;
}

/** The addition to the FBP network protocol: drafts that wait, their difference from what is live, graphs as text. */
export function flowchatProtocol(deps: FlowchatDeps): SubProtocol {
  const { draftSession, more, parts } = deps;
  const all = [drafts(deps), texts(draftSession), ...parts.map(({ commands }) => commands), ...more];
  return {
    commands: new Map(all.flatMap(commands => [...commands])),
    leave(client) {
      draftSession.leave(client);
      for (const part of parts) part.leave?.(client);
    },
  };
}

function drafts({ draftSession, state, lastTest }: FlowchatDeps): ReadonlyMap<string, ProtocolCommand> {
  const draft = () =>
    messageOf('flowchat:graph', { version: draftSession.version, graph: graphJson(draftSession.draft.graph) });
  return commandsOf('flowchat', {
    open({ hold }, client) {
      // Who does not hold the draft leaves the mode to those who do.
      if (hold && client.rights.has('edit')) draftSession.hold(client, true);
      else draftSession.emit({ kind: 'state' });
      return messageOf('flowchat:state', state(client));
    },
    hold({ hold }, client) {
      if (!hold) refuseCode(draftSession, client);
      draftSession.hold(client, hold);
      return messageOf('flowchat:state', state(client));
    },
    graph: draft,
    publish: (payload, client) => publish(draftSession, lastTest, client, payload),
    discard({ version }) {
      refuseStale(draftSession, version);
      draftSession.discard();
      return draft();
    },
    async difference() {
      const before = draftSession.live?.document.text ?? '';
      const code = codeTexts(draftSession.code);
      const items = draftSession.changes();
      const { text: after } = await draftSession.printer.print();
      return messageOf('flowchat:difference', { items, before, after, code });
    },
  });
}

/** Refuses to throw a draft away that is another one by now than the one that the client has seen. */
export function refuseStale(draftSession: DraftSession, version: number | null | undefined): void {
  if (version === undefined || version === null || version === draftSession.version) return;
  throw new Refused('the draft was changed meanwhile; look at it again', { code: 'draft-changed' });
}

/** To publish code is to run it on this server. */
export function refuseCode(draftSession: DraftSession, client: Client): void {
  const reason = draftSession.mayPublish(client);
  if (reason !== undefined) throw new Refused(reason);
}

/** What files of components hold, and what they are to hold; not where the nodes of subgraphs stand. */
function codeTexts(code: CodeDraft): readonly { name: string; before: string; after: string }[] {
  return code.all
    .flatMap(({ files }) => files.filter(({ path }) => !path.endsWith('.layout')))
    .map(({ path, text = '' }) => ({ name: path, before: code.now(path) ?? '', after: text }))
    .filter(({ before, after }) => before !== after);
}

/**
 * Starts what was stopped. A client that knows no other way to publish makes the draft live with it; rejects with what keeps
 * it from that, unless there was something to start.
 */
export async function start(draftSession: DraftSession, lastTest: LastTest, client: Client): Promise<void> {
  const { stopped } = draftSession.state;
  const waits = !client.extended && draftSession.changes().length > 0;
  const failed = ({ message }: Error) => messageOf('flowchat:error', { message });
  const reply = waits ? await publish(draftSession, lastTest, client, { force: false }).catch(failed) : undefined;
  if (stopped) await draftSession.start(client.by);
  else if (reply?.command === 'error') throw new Refused(String((reply.payload as Payload).message));
}

/** The warnings with which a draft is published only if that is asked for twice. */
const ASKED_TWICE: ReadonlySet<string> = new Set(['unguarded', 'guard-removed', 'risky-setting']);

async function publish(
  draftSession: DraftSession,
  lastTest: LastTest,
  client: Client,
  { note, force }: ClientPayloads['flowchat:publish'],
): Promise<ProtocolMessage> {
  // The last edit may be younger than the last look at the draft.
  if (!force) await draftSession.diagnosis.warn(await draftSession.printer.print());
  // From here on nothing waits, so that nobody changes the draft between these checks and what is published.
  refuseCode(draftSession, client);
  const tried = draftFingerprint(draftSession);
  const warned = draftSession.state.draft.warnings.find(({ code }) => ASKED_TWICE.has(code));
  const objection = tried === undefined ? undefined : (lastTest.objection(tried) ?? warned);
  if (objection !== undefined && !force) {
    const { code, params, sentence: message } = objection;
    return messageOf('flowchat:error', { message, code, params, faults: [] });
  }
  try {
    const { revision } = await draftSession.publish(client.by, note ?? '');
    return messageOf('flowchat:published', { revision });
  } catch (error) {
    return messageOf('flowchat:error', { message: (error as Error).message, faults: draftSession.state.draft.faults });
  }
}

/** A graph, or a part of one, as .fbp text and back, so that it can be copied and pasted. */
function texts(draftSession: DraftSession): ReadonlyMap<string, ProtocolCommand> {
  return commandsOf('flowchat', {
    async text({ graph: part }) {
      if (part === undefined) return messageOf('flowchat:text', { text: (await draftSession.printer.print()).text });
      const { graph } = readGraph('part.json', JSON.stringify(part));
      const { text } = write({ ...graph, file: 'part.fbp', properties: {} }, { text: '', layout: '' });
      return messageOf('flowchat:text', { text });
    },
    parse({ text }) {
      const { graph, faults } = readGraph('part.fbp', text);
      return messageOf('flowchat:parsed', { graph: graphJson(graph), faults });
    },
  });
}

/** The command that tries a component's source out before it is brought in. */
export function codeCommands(components: ComponentProtocol): ReadonlyMap<string, ProtocolCommand> {
  return commandsOf('flowchat', {
    async check(payload) {
      const results = await components.check(payload);
      return testSummary(
        results.map(({ name, wrong }) => ({
          ...result(name, wrong && printFileFault(wrong)),
          ...(wrong && { fault: wrong }),
        })),
      );
    },
  });
}

/** The command that says of each component what the protocol has no field for: its settings, which outports send on what came in, and why a client can't use it. */
export function libraryCommands(library: Registry, allowed: AllowList): ReadonlyMap<string, ProtocolCommand> {
  return commandsOf('flowchat', {
    async library(_, { rights }) {
      const components = (await library.all()).map(({ name, inports, outports }) => {
        const locked = rights.has('code') ? undefined : allowed.reason(name);
        const settings = inports.filter(({ control }) => control).map(settingOf);
        const same = outports.flatMap(({ name, sameAs }) => (sameAs === undefined ? [] : [{ port: name, as: sameAs }]));
        return { name, settings, ...(same.length > 0 && { same }), ...(locked !== undefined && { locked }) };
      });
      return messageOf('flowchat:library', { components });
    },
  });
}

/** The command that tells the recipes of the project. */
export function recipeCommands(
  root: string,
  library: Registry,
  allowed: AllowList,
): ReadonlyMap<string, ProtocolCommand> {
  const lockOf = ({ graph, fault }: RecipeFile, { rights }: Client): string | undefined => {
    if (fault !== undefined) return fault;
    const components = graph.nodes.flatMap(({ component }) => component || []);
    const missing = components.find(component => !library.names.includes(component));
    if (missing !== undefined) return `there is no component ${missing}`;
    return rights.has('code') ? undefined : components.map(component => allowed.reason(component)).find(Boolean);
  };
  return commandsOf('flowchat', {
    recipes(_, client) {
      const recipes = readRecipes(root).map(recipe => {
        const { name, title, about, graph } = recipe;
        const locked = lockOf(recipe, client);
        return { name, title, about, graph: graphJson(graph), ...(locked !== undefined && { locked }) };
      });
      return messageOf('flowchat:recipes', { recipes });
    },
  });
}
