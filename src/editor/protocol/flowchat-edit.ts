import { said } from './flowchat.ts';
import { type Broadcast, changed, shared } from './graph.ts';
import type { Graphs } from './graphs.ts';
import { type Client, type Command, type Message, type Payload, Refused } from './message.ts';
import { isRecord, record, text } from './payload.ts';

const MOST_CHANGES = 20_000;

/** The command that makes several changes of the server's graph at once: all of them, or none. */
export function editCommands(graphs: Graphs, broadcast: Broadcast): ReadonlyMap<string, Command> {
  const run = (client: Client, payload: Payload): Message => {
    const { draft } = graphs.main;
    const changes = changesOf(payload, draft.id);
    const all = () => changes.flatMap(({ command, payload }) => changed(graphs, draft, client, command, payload));
    shared(graphs, broadcast, client, () => draft.whole(all));
    return said('edited', { version: graphs.main.version });
  };
  return new Map([['edit', { needs: 'protocol:graph', run }]]);
}

function changesOf({ changes }: Payload, graph: string): readonly { command: string; payload: Payload }[] {
  if (!Array.isArray(changes) || !changes.every(isRecord)) {
    throw new Refused('"changes" must be an array of {"command", "payload"}, as in the graph protocol');
  }
  if (changes.length > MOST_CHANGES) {
    throw new Refused(`an edit has at most ${MOST_CHANGES.toLocaleString('en')} changes; make it in parts`);
  }
  return changes.map(change => {
    const command = text(change, 'command');
    if (command === 'clear') throw new Refused('"clear" can\'t be a part of an edit; send it by itself');
    const payload = record(change, 'payload');
    if ((payload.graph ?? graph) !== graph)
      throw new Refused(`an edit is one of ${graph}; change other graphs by themselves`);
    return { command, payload };
  });
}
