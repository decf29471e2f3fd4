import { write } from '../../fbp/print.ts';
import { readGraph } from '../../fbp/read.ts';
import { MAX_PASTED_CHARACTERS } from '../../model/limits.ts';
import { optionalText, type Payload, printFileFault, Refused, record } from '../../model/payload.ts';
import type { Registry } from '../../registry/registry.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import type { AllowList } from '../draft/allow-list.ts';
import type { CodeDraft } from '../draft/code-draft.ts';
import {
  type Client,
  flowchatReply,
  type ProtocolCommand,
  type ProtocolMessage,
  type SubProtocol,
} from '../message.ts';
import { draftFingerprint, type LastTest, result, testSummary } from '../sandbox/tests.ts';
import { type ComponentProtocol, toJson } from './component.ts';

interface FlowchatDeps {
  readonly draftSession: DraftSession;
  /** Everything that an editor shows of the server, for one client. */
  state(client: Client): Payload;
  /** Commands that are told of elsewhere. */
  readonly more: readonly ReadonlyMap<string, ProtocolCommand>[];
  readonly watching: SubProtocol;
  readonly lastTest: LastTest;
}

/** The addition to the FBP network protocol: drafts that wait, their difference from what is live, graphs as text. */
export function flowchatProtocol(deps: FlowchatDeps): SubProtocol {
  const { draftSession, more, watching } = deps;
  const all = [drafts(deps), texts(draftSession), watching.commands, ...more];
  return {
    commands: new Map(all.flatMap(commands => [...commands])),
    leave(client) {
      draftSession.leave(client);
      watching.leave?.(client);
    },
  };
}

function drafts({ draftSession, state, lastTest }: FlowchatDeps): Map<string, ProtocolCommand> {
  const draft = () => flowchatReply('graph', { version: draftSession.version, graph: json(draftSession.draft.graph) });
  const hold = (client: Client, wanted: boolean) => {
    if (!wanted) refuseCode(draftSession, client);
    draftSession.hold(client, wanted);
    return flowchatReply('state', state(client));
  };
  const open = (client: Client, wanted: boolean) => {
    // Who does not hold the draft leaves the mode to those who do.
    if (wanted && client.rights.has('edit')) draftSession.hold(client, true);
    else draftSession.emit({ kind: 'state' });
    return flowchatReply('state', state(client));
  };
  return new Map<string, ProtocolCommand>([
    ['open', { needs: 'graph:readonly', run: (client, { hold: wanted }) => open(client, wanted === true) }],
    ['hold', { needs: 'protocol:graph', run: (client, { hold: wanted }) => hold(client, wanted === true) }],
    ['graph', { needs: 'graph:readonly', run: draft }],
    [
      'publish',
      { needs: 'protocol:graph', run: (client, payload) => publish(draftSession, lastTest, client, payload) },
    ],
    [
      'discard',
      {
        needs: 'protocol:graph',
        run(_, payload) {
          refuseStale(draftSession, payload);
          draftSession.discard();
          return draft();
        },
      },
    ],
    [
      'difference',
      {
        needs: 'graph:readonly',
        async run() {
          const before = draftSession.live?.source.text ?? '';
          const code = codeTexts(draftSession.code);
          const items = draftSession.changes();
          const { text: after } = await draftSession.printer.print();
          return flowchatReply('difference', { items, before, after, code });
        },
      },
    ],
  ]);
}

/** Refuses to throw a draft away that is another one by now than the one that the client has seen. */
export function refuseStale(draftSession: DraftSession, { version }: Payload): void {
  if (version === undefined || version === null || version === draftSession.version) return;
  throw new Refused('the draft was changed meanwhile; look at it again', { code: 'draft-changed' });
}

/** To publish code is to run it on this server. */
export function refuseCode({ code }: DraftSession, client: Client): void {
  const reason = code.mayPublish(client);
  if (reason !== undefined) throw new Refused(reason);
}

/** What files of components hold, and what they are to hold. */
function codeTexts(code: CodeDraft): readonly { name: string; before: string; after: string }[] {
  return code.all
    .flatMap(({ files }) => files)
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
  const failed = ({ message }: Error) => flowchatReply('error', { message });
  const reply = waits ? await publish(draftSession, lastTest, client, {}).catch(failed) : undefined;
  if (stopped) await draftSession.start(client.by);
  else if (reply?.command === 'error') throw new Refused(String((reply.payload as Payload).message));
}

async function publish(
  draftSession: DraftSession,
  lastTest: LastTest,
  client: Client,
  payload: Payload,
): Promise<ProtocolMessage> {
  const note = optionalText(payload, 'note') ?? '';
  refuseCode(draftSession, client);
  const tried = draftFingerprint(draftSession);
  const objection = tried === undefined ? undefined : lastTest.objection(tried);
  if (objection !== undefined && payload.force !== true) {
    const { code, params, sentence: message } = objection;
    return flowchatReply('error', { message, code, params, faults: [] });
  }
  try {
    const { revision } = await draftSession.publish(client.by, note);
    return flowchatReply('published', { revision });
  } catch (error) {
    return flowchatReply('error', { message: (error as Error).message, faults: draftSession.state.draft.faults });
  }
}

/** A graph, or a part of one, as .fbp text and back, so that it can be copied and pasted. */
function texts(draftSession: DraftSession): Map<string, ProtocolCommand> {
  return new Map<string, ProtocolCommand>([
    [
      'text',
      {
        needs: 'graph:readonly',
        async run(_, payload) {
          if (payload.graph === undefined)
            return flowchatReply('text', { text: (await draftSession.printer.print()).text });
          const { graph } = readGraph('part.json', JSON.stringify(record(payload, 'graph')));
          return flowchatReply('text', {
            text: write({ ...graph, file: 'part.fbp', properties: {} }, { text: '', layout: '' }).text,
          });
        },
      },
    ],
    [
      'parse',
      {
        needs: 'graph:readonly',
        run(_, payload) {
          const { graph, faults } = readGraph('part.fbp', pasted(payload));
          return flowchatReply('parsed', { graph: json(graph), faults });
        },
      },
    ],
  ]);
}

function pasted({ text }: Payload): string {
  if (typeof text !== 'string') throw new Refused('"text" is missing; it is .fbp text');
  if (text.length > MAX_PASTED_CHARACTERS)
    throw new Refused(`"text" has more than ${MAX_PASTED_CHARACTERS} characters`);
  return text;
}

/** A graph as FBP JSON. */
export function json(graph: Parameters<typeof toJson>[0]): unknown {
  return JSON.parse(toJson(graph));
}

/** The command that tries a component's source out before it is brought in. */
export function codeCommands(components: ComponentProtocol): ReadonlyMap<string, ProtocolCommand> {
  return new Map<string, ProtocolCommand>([
    ['check', { needs: 'component:setsource', run: (_, payload) => check(components, payload) }],
  ]);
}

async function check(components: ComponentProtocol, payload: Payload): Promise<ProtocolMessage> {
  const results = await components.check(payload);
  return testSummary(
    results.map(({ name, wrong }) => ({
      ...result(name, wrong && printFileFault(wrong)),
      ...(wrong && { fault: wrong }),
    })),
  );
}

/** The command that says of each component what the protocol has no field for: its settings, and why a client can't use it. */
export function libraryCommands(library: Registry, allowed: AllowList): ReadonlyMap<string, ProtocolCommand> {
  const run = async ({ rights }: Client): Promise<ProtocolMessage> => {
    const components = (await library.all()).map(({ name, inports }) => {
      const locked = rights.has('code') ? undefined : allowed.reason(name);
      const settings = inports.filter(({ control }) => control).map(port => port.name);
      return { name, settings, ...(locked !== undefined && { locked }) };
    });
    return flowchatReply('library', { components });
  };
  return new Map([['library', { needs: 'protocol:component', run }]]);
}
