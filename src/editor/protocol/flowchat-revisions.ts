import { readGraph } from '../../fbp/read.ts';
import { type Payload, Refused } from '../../model/payload.ts';
import type { Confirmation } from '../deploy/deployer.ts';
import type { DraftSession } from '../deploy/draft-session.ts';
import type { RevisionRecord, RevisionStore } from '../deploy/revision-store.ts';
import { difference } from '../draft/difference.ts';
import { asRefused, flowchatReply, type ProtocolCommand } from '../message.ts';
import { json, refuseCode, refuseStale } from './flowchat.ts';

/** The commands that look at kept revisions, go back to one, and confirm what waits for that. */
export function revisionCommands(
  draftSession: DraftSession,
  revisions: RevisionStore,
  confirmation: Confirmation,
): ReadonlyMap<string, ProtocolCommand> {
  const kept = (payload: Payload, field: string) => {
    const number = payload[field];
    if (typeof number !== 'number') throw new Refused(`"${field}" must be the number of a revision`);
    const found = revisions.get(number);
    if (!found) throw new Refused(`there is no revision ${number}; "revisions" lists those that are kept`);
    return found;
  };
  const graphOf = ({ file, text, layout }: RevisionRecord) => readGraph(file, text, layout).graph;
  return new Map<string, ProtocolCommand>([
    [
      'revisions',
      {
        needs: 'graph:readonly',
        run: () =>
          flowchatReply('revisions', {
            revisions: revisions.list().toReversed(),
            live: draftSession.live?.revision ?? null,
          }),
      },
    ],
    [
      'revision',
      {
        needs: 'graph:readonly',
        run(_, payload) {
          const found = kept(payload, 'number');
          return flowchatReply('revision', { ...found, graph: json(graphOf(found)) });
        },
      },
    ],
    [
      'compare',
      {
        needs: 'graph:readonly',
        run(_, payload) {
          const [from, to] = [kept(payload, 'from'), kept(payload, 'to')];
          return flowchatReply('difference', {
            items: difference(graphOf(from), graphOf(to)),
            before: from.text,
            after: to.text,
          });
        },
      },
    ],
    [
      'rollback',
      {
        needs: 'protocol:graph',
        async run(client, payload) {
          const { number, text, layout } = kept(payload, 'to');
          refuseStale(draftSession, payload);
          // Who has seen the draft knows what is lost with it.
          const reason = payload.version === undefined ? draftSession.mayClear(client) : undefined;
          if (reason !== undefined) throw new Refused(reason);
          const source = { file: draftSession.live?.source.file ?? draftSession.draft.graph.file, text, layout };
          const { revision } = await draftSession.takeUp(source, client.by, `back to revision ${number}`);
          return flowchatReply('published', { revision });
        },
      },
    ],
    [
      'accept',
      {
        needs: 'protocol:graph',
        async run(client) {
          refuseCode(draftSession, client);
          await confirmation.accept().catch(asRefused);
          return flowchatReply('published', { revision: draftSession.live?.revision ?? null });
        },
      },
    ],
  ]);
}
