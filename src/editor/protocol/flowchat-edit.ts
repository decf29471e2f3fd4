import { readChange } from '../../model/graph-commands.ts';
import { Refused } from '../../model/payload.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { inSlices } from '../../mutex.ts';
import { commandsOf, messageOf, type ProtocolCommand } from '../message.ts';
import { type Broadcast, changed, type Graphs, shared } from './graphs.ts';

/** After so many times that somebody else was faster, an edit is made without a break. */
const MAX_TRIES = 3;

/** The command that makes several changes of the server's graph at once: all of them, or none. */
export function editCommands(graphs: Graphs, broadcast: Broadcast): ReadonlyMap<string, ProtocolCommand> {
  return commandsOf('flowchat', {
    async edit({ changes }, client) {
      const { draft } = graphs.main;
      if (changes.some(({ payload: { graph } }) => (graph ?? draft.id) !== draft.id))
        throw new Refused(`an edit is one of ${draft.id}; change other graphs by themselves`);
      for (let tries = 1; ; tries += 1) {
        const { version } = draft;
        const copy = draft.copy();
        const steps = made(changes, ({ command, payload }) =>
          changed(graphs, copy, client, readChange(command, payload)),
        );
        const told = tries > MAX_TRIES ? atOnce(steps) : await inSlices(steps);
        // Somebody else has changed it between two slices, so that all is to be looked at again.
        if (draft.version !== version) continue;
        shared(graphs, broadcast, client, () => {
          draft.become(copy);
          return told;
        });
        return messageOf('flowchat:edited', { version: graphs.main.version });
      }
    },
  });
}

/** Makes changes one by one. */
function* made<Change, Told>(changes: readonly Change[], make: (change: Change) => readonly Told[]): Steps<Told[]> {
  const told: Told[] = [];
  for (const change of changes) {
    told.push(...make(change));
    yield;
  }
  return told;
}
