import { write } from '../../fbp/print.ts';
import { read } from '../../fbp.ts';
import { MOST_PASTED } from '../../model/limits.ts';
import type { DraftCode } from '../draft/code.ts';
import type { Workspace } from '../lifecycle/workspace.ts';
import { type LastTest, untried } from '../testing/last-test.ts';
import { type Client, type Command, type Message, type Payload, Refused, type SubProtocol } from './message.ts';
import { optionalText, record } from './payload.ts';
import { toJson } from './source.ts';

/** What a command of the addition to the protocol says back. */
export function said(command: string, payload: Payload): Message {
  return { protocol: 'flowchat', command, payload };
}

export interface FlowchatParts {
  readonly workspace: Workspace;
  /** Everything that an editor shows of the server, for one client. */
  state(client: Client): Payload;
  /** Commands that are told of elsewhere. */
  readonly more: readonly ReadonlyMap<string, Command>[];
  readonly watching: SubProtocol;
  readonly lastTest: LastTest;
}

/** The addition to the FBP network protocol: drafts that wait, their difference from what is live, graphs as text. */
export function flowchatProtocol(parts: FlowchatParts): SubProtocol {
  const { workspace, more, watching } = parts;
  const all = [drafts(parts), texts(workspace), watching.commands, ...more];
  return {
    commands: new Map(all.flatMap(commands => [...commands])),
    leave(client) {
      workspace.leave(client);
      watching.leave?.(client);
    },
  };
}

function drafts({ workspace, state, lastTest }: FlowchatParts): Map<string, Command> {
  const draft = () => said('graph', { version: workspace.version, graph: json(workspace.draft.graph) });
  const hold = (client: Client, wanted: boolean) => {
    if (!wanted) refuseCode(workspace, client);
    workspace.hold(client, wanted);
    return said('state', state(client));
  };
  const open = (client: Client, wanted: boolean) => {
    // Who does not hold the draft leaves the mode to those who do.
    if (wanted && client.rights.has('edit')) workspace.hold(client, true);
    else workspace.tell({ kind: 'state' });
    return said('state', state(client));
  };
  return new Map<string, Command>([
    ['open', { needs: 'graph:readonly', run: (client, { hold: wanted }) => open(client, wanted === true) }],
    ['hold', { needs: 'protocol:graph', run: (client, { hold: wanted }) => hold(client, wanted === true) }],
    ['graph', { needs: 'graph:readonly', run: draft }],
    ['publish', { needs: 'protocol:graph', run: (client, payload) => publish(workspace, lastTest, client, payload) }],
    [
      'discard',
      {
        needs: 'protocol:graph',
        run(_, payload) {
          refuseUnseen(workspace, payload);
          workspace.discard();
          return draft();
        },
      },
    ],
    [
      'difference',
      {
        needs: 'graph:readonly',
        async run() {
          const before = workspace.live?.source.text ?? '';
          const code = codeTexts(workspace.code);
          const items = workspace.changes();
          const { text: after } = await workspace.printer.print();
          return said('difference', { items, before, after, code });
        },
      },
    ],
  ]);
}

/** Refuses to throw a draft away that is another one by now than the one that the client has seen. */
export function refuseUnseen(workspace: Workspace, { version }: Payload): void {
  if (version === undefined || version === null || version === workspace.version) return;
  throw new Refused('the draft was changed meanwhile; look at it again');
}

/** To publish code is to run it on this server. */
export function refuseCode({ code }: Workspace, client: Client): void {
  const reason = code.mayPublish(client);
  if (reason !== undefined) throw new Refused(reason);
}

/** What files of components hold, and what they are to hold. */
function codeTexts(code: DraftCode): readonly { name: string; before: string; after: string }[] {
  return code.all
    .flatMap(({ files }) => files)
    .map(({ path, text = '' }) => ({ name: path, before: code.now(path) ?? '', after: text }))
    .filter(({ before, after }) => before !== after);
}

/**
 * Starts what was stopped. A client that knows no other way to publish makes the draft live with it; rejects with what keeps
 * it from that, unless there was something to start.
 */
export async function start(workspace: Workspace, lastTest: LastTest, client: Client): Promise<void> {
  const { stopped } = workspace.state;
  const waits = !client.extended && workspace.changes().length > 0;
  const failed = ({ message }: Error) => said('error', { message });
  const reply = waits ? await publish(workspace, lastTest, client, {}).catch(failed) : undefined;
  if (stopped) await workspace.start(client.by);
  else if (reply?.command === 'error') throw new Refused(String((reply.payload as Payload).message));
}

async function publish(workspace: Workspace, lastTest: LastTest, client: Client, payload: Payload): Promise<Message> {
  const note = optionalText(payload, 'note') ?? '';
  refuseCode(workspace, client);
  const tried = untried(workspace);
  const objection = tried === undefined ? undefined : lastTest.objection(tried);
  if (objection !== undefined && payload.force !== true) return said('error', { message: objection, faults: [] });
  try {
    const { revision } = await workspace.publish(client.by, note);
    return said('published', { revision });
  } catch (error) {
    return said('error', { message: (error as Error).message, faults: workspace.state.draft.faults });
  }
}

/** A graph, or a part of one, as .fbp text and back, so that it can be copied and pasted. */
function texts(workspace: Workspace): Map<string, Command> {
  return new Map<string, Command>([
    [
      'text',
      {
        needs: 'graph:readonly',
        async run(_, payload) {
          if (payload.graph === undefined) return said('text', { text: (await workspace.printer.print()).text });
          const { graph } = read('part.json', JSON.stringify(record(payload, 'graph')));
          return said('text', {
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
          const { graph, faults } = read('part.fbp', pasted(payload));
          return said('parsed', { graph: json(graph), faults });
        },
      },
    ],
  ]);
}

function pasted({ text }: Payload): string {
  if (typeof text !== 'string') throw new Refused('"text" is missing; it is .fbp text');
  if (text.length > MOST_PASTED) throw new Refused(`"text" has more than ${MOST_PASTED} characters`);
  return text;
}

/** A graph as FBP JSON. */
export function json(graph: Parameters<typeof toJson>[0]): unknown {
  return JSON.parse(toJson(graph));
}
