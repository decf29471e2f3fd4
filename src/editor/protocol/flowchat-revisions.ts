import { readGraph } from '../../fbp/read.ts';
import { difference } from '../../model/difference.ts';
import { Refused } from '../../model/payload.ts';
import type { Confirmation } from '../deploy/deployer.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import type { RevisionRecord, RevisionStore } from '../deploy/revision-store.ts';
import { asRefused, commandsOf, messageOf, type ProtocolCommand } from '../message.ts';
import { graphJson } from './component.ts';
import { refuseCode, refuseStale } from './flowchat.ts';

/** The commands that look at kept revisions, go back to one, and confirm what waits for that. */
export function revisionCommands(
  draftSession: DraftSession,
  revisions: RevisionStore,
  confirmation: Confirmation,
): ReadonlyMap<string, ProtocolCommand> {
  const kept = (number: number) => {
    const found = revisions.get(number);
    if (!found) throw new Refused(`there is no revision ${number}; "revisions" lists those that are kept`);
    return found;
  };
  const graphOf = ({ file, text, layout }: RevisionRecord) => readGraph(file, text, layout).graph;
  return commandsOf('flowchat', {
    revisions: () =>
      messageOf('flowchat:revisions', {
        revisions: revisions.list().toReversed(),
        live: draftSession.live?.revision ?? null,
      }),
    revision({ number }) {
      const found = kept(number);
      return messageOf('flowchat:revision', { ...found, graph: graphJson(graphOf(found)) });
    },
    compare(numbers) {
      const [from, to] = [kept(numbers.from), kept(numbers.to)];
      const items = difference(graphOf(from), graphOf(to));
      return messageOf('flowchat:difference', { items, before: from.text, after: to.text });
    },
    async rollback({ to, version }, client) {
      const { number, text, layout } = kept(to);
      refuseStale(draftSession, version);
      // Who has seen the draft knows what is lost with it.
      const reason = version === undefined ? draftSession.mayClear(client) : undefined;
      if (reason !== undefined) throw new Refused(reason);
      const source = { file: draftSession.live?.source.file ?? draftSession.draft.graph.file, text, layout };
      const { revision } = await draftSession.takeUp(source, client.by, `back to revision ${number}`);
      return messageOf('flowchat:published', { revision });
    },
    async accept(_, client) {
      refuseCode(draftSession, client);
      await confirmation.accept().catch(asRefused);
      return messageOf('flowchat:published', { revision: draftSession.live?.revision ?? null });
    },
  });
}
