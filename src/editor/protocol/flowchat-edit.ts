import { isRecord, type Payload, Refused, record, requiredText } from '../../model/payload.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices } from '../../mutex.ts';
import { type Client, flowchatReply, type ProtocolCommand, type ProtocolMessage } from '../message.ts';
import { type Broadcast, changed, type Graphs, shared } from './graphs.ts';

const MAX_CHANGES = 20_000;
/** After so many times that somebody else was faster, an edit is made without a break. */
const MAX_TRIES = 3;

interface Change {
  readonly command: string;
  readonly payload: Payload;
}

/** The command that makes several changes of the server's graph at once: all of them, or none. */
export function editCommands(graphs: Graphs, broadcast: Broadcast): ReadonlyMap<string, ProtocolCommand> {
  const run = async (client: Client, payload: Payload): Promise<ProtocolMessage> => {
    const { draft } = graphs.main;
    const changes = changesOf(payload, draft.id);
    for (let tries = 1; ; tries += 1) {
      const { version } = draft;
      const copy = draft.copy();
      const steps = made(changes, ({ command, payload }) => changed(graphs, copy, client, command, payload));
      const told = tries > MAX_TRIES ? atOnce(steps) : await inSlices(steps);
      // Somebody else has changed it between two slices, so that all is to be looked at again.
      if (draft.version !== version) continue;
      shared(graphs, broadcast, client, () => {
        draft.become(copy);
        return told;
      });
      return flowchatReply('edited', { version: graphs.main.version });
    }
  };
  return new Map([['edit', { needs: 'protocol:graph', run }]]);
}

/** Makes changes one by one. */
function* made<Told>(changes: readonly Change[], make: (change: Change) => readonly Told[]): Steps<Told[]> {
  const told: Told[] = [];
  for (const change of changes) {
    told.push(...make(change));
    yield;
  }
  return told;
}

function changesOf({ changes }: Payload, graph: string): readonly Change[] {
  if (!Array.isArray(changes) || !changes.every(isRecord)) {
    throw new Refused('"changes" must be an array of {"command", "payload"}, as in the graph protocol');
  }
  if (changes.length > MAX_CHANGES) {
    throw new Refused(`an edit has at most ${MAX_CHANGES.toLocaleString('en')} changes; make it in parts`);
  }
  return changes.map(change => {
    const command = requiredText(change, 'command');
    if (command === 'clear') throw new Refused('"clear" can\'t be a part of an edit; send it by itself');
    const payload = record(change, 'payload');
    if ((payload.graph ?? graph) !== graph)
      throw new Refused(`an edit is one of ${graph}; change other graphs by themselves`);
    return { command, payload };
  });
}
