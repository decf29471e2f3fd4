import { asRefused, Refused } from '../../model/refused.ts';
import type { Deployer } from '../deploy/deployer.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import { comparison, type RevisionStore, subgraphPairs } from '../deploy/revision-store.ts';
import { commandsOf, messageOf, type ProtocolCommand } from '../message.ts';
import { graphJson } from './component.ts';
import { refuseCode, refuseStale } from './flowchat.ts';

/** The commands about stored revisions: list, restore and confirm. */
export function revisionCommands(
  draftSession: DraftSession,
  revisions: RevisionStore,
  deployer: Deployer,
): ReadonlyMap<string, ProtocolCommand> {
  const kept = (number: number) => {
    const found = revisions.get(number);
    if (!found) throw new Refused(`there is no revision ${number}; "revisions" lists those that are kept`);
    return found;
  };
  return commandsOf('flowchat', {
    revisions: () =>
      messageOf('flowchat:revisions', {
        revisions: revisions.list().toReversed(),
        live: draftSession.live?.revision ?? null,
      }),
    revision({ number }) {
      const { document, subgraphs: _, ...head } = kept(number);
      const { text, layout, graph } = document;
      return messageOf('flowchat:revision', { ...head, text, layout, graph: graphJson(graph) });
    },
    compare(numbers) {
      const [from, to] = [kept(numbers.from), kept(numbers.to)];
      const items = comparison(from, to);
      const texts = subgraphPairs(from, to).filter(([before, after]) => before.text !== after.text);
      const code = texts.map(([before, after]) => ({ name: after.file, before: before.text, after: after.text }));
      return messageOf('flowchat:difference', { items, before: from.document.text, after: to.document.text, code });
    },
    async rollback({ to, version }, client) {
      const revision = kept(to);
      refuseStale(draftSession, version);
      // A client that sends the draft's version has seen what will be lost.
      const reason = version === undefined ? draftSession.mayClear(client) : undefined;
      if (reason !== undefined) throw new Refused(reason);
      const live = await draftSession.goBack(revision, client.by, `back to revision ${revision.number}`);
      return messageOf('flowchat:published', { revision: live.revision });
    },
    async accept(_, client) {
      refuseCode(draftSession, client);
      await deployer.accept().catch(asRefused);
      return messageOf('flowchat:published', { revision: draftSession.live?.revision ?? null });
    },
  });
}
