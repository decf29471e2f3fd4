import { write } from '../../fbp/print.ts';
import { readGraph } from '../../fbp/read.ts';
import type { ClientPayloads } from '../../model/editor-protocol.ts';
import type { Payload } from '../../model/payload.ts';
import { printFileFault, Refused } from '../../model/refused.ts';
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
import { draftFingerprint, type LastTest, testResult, testSummary } from '../sandbox/tests.ts';
import { type ComponentProtocol, graphJson } from './component.ts';
import { settingOf } from './flowchat-settings.ts';

interface FlowchatDeps {
  readonly draftSession: DraftSession;
  /** The state of the server for one client. */
  state(client: Client): ServerPayloads['flowchat:state'];
  /** Commands that are defined in other files. */
  readonly more: readonly ReadonlyMap<string, ProtocolCommand>[];
  /** Sub-protocols that need to know when a client has left. */
  readonly parts: readonly SubProtocol[];
  readonly lastTest: LastTest;
}

/**
 * flowchat's extension of the FBP network protocol: held drafts, their differences from the live graph, graphs as text.
 */
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
      // A client that does not hold the draft doesn't end the hold of others.
      if (hold && client.rights.has('edit')) draftSession.setHold(client, true);
      else draftSession.emit({ kind: 'state' });
      return messageOf('flowchat:state', state(client));
    },
    hold({ hold }, client) {
      if (!hold) refuseCode(draftSession, client);
      draftSession.setHold(client, hold);
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

/** Throws Refused if the draft changed since the version that the client saw. */
export function refuseStale(draftSession: DraftSession, version: number | null | undefined): void {
  if (version === undefined || version === null || version === draftSession.version) return;
  throw new Refused('the draft was changed meanwhile; look at it again', { code: 'draft-changed' });
}

/** Throws Refused if a client without the code right would publish code, which is code execution. */
export function refuseCode(draftSession: DraftSession, client: Client): void {
  const reason = draftSession.mayPublish(client);
  if (reason !== undefined) throw new Refused(reason);
}

/** Old and new contents of components' files, without layouts of subgraphs. */
function codeTexts(code: CodeDraft): readonly { name: string; before: string; after: string }[] {
  return code.all
    .flatMap(({ files }) => files.filter(({ path }) => !path.endsWith('.layout')))
    .map(({ path, text = '' }) => ({ name: path, before: code.now(path) ?? '', after: text }))
    .filter(({ before, after }) => before !== after);
}

/**
 * Starts a stopped graph. A client that doesn't know flowchat's extension publishes the draft with it; rejects with the
 * draft's faults, unless the graph was stopped.
 */
export async function start(draftSession: DraftSession, lastTest: LastTest, client: Client): Promise<void> {
  const { stopped } = draftSession.state;
  const waits = !client.extended && draftSession.changes().length > 0;
  const failed = ({ message }: Error) => messageOf('flowchat:error', { message });
  const reply = waits ? await publish(draftSession, lastTest, client, { force: false }).catch(failed) : undefined;
  if (stopped) await draftSession.start(client.by);
  else if (reply?.command === 'error') throw new Refused(String((reply.payload as Payload).message));
}

/** Warnings that need `force` to publish. */
const ASKED_TWICE: ReadonlySet<string> = new Set(['unguarded', 'guard-removed', 'risky-setting']);

async function publish(
  draftSession: DraftSession,
  lastTest: LastTest,
  client: Client,
  { note, force }: ClientPayloads['flowchat:publish'],
): Promise<ProtocolMessage> {
  // The warnings may be older than the last edit.
  if (!force) await draftSession.diagnosis.warn(await draftSession.printer.print());
  // Synchronous from here on, so that the draft can't change between these checks and publishing.
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

/** Converts a graph or a part of it to .fbp text and back, for copy and paste. */
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

/** The command that tests a component's source before it is saved. */
export function codeCommands(components: ComponentProtocol): ReadonlyMap<string, ProtocolCommand> {
  return commandsOf('flowchat', {
    async check(payload) {
      const results = await components.check(payload);
      return testSummary(
        results.map(({ name, wrong }) => ({
          ...testResult(name, wrong && printFileFault(wrong)),
          ...(wrong && { fault: wrong }),
        })),
      );
    },
  });
}

/**
 * The command for what the protocol has no fields for: a component's settings, its forwarding outports, and why a
 * client can't use it.
 */
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

/** The command that lists the project's recipes. */
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
