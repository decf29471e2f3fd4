import { read } from '../../fbp.ts';
import type { Kept, Revisions } from '../../revisions.ts';
import { difference } from '../difference/difference.ts';
import type { Confirmation } from '../lifecycle/confirmation.ts';
import type { Workspace } from '../lifecycle/workspace.ts';
import { json, refuseCode, refuseUnseen, said } from './flowchat.ts';
import { type Command, type Payload, Refused, refuse } from './message.ts';

/** The commands that look at kept revisions, go back to one, and confirm what waits for that. */
export function revisionCommands(
  workspace: Workspace,
  revisions: Revisions,
  confirmation: Confirmation,
): ReadonlyMap<string, Command> {
  const kept = (payload: Payload, field: string) => {
    const number = payload[field];
    if (typeof number !== 'number') throw new Refused(`"${field}" must be the number of a revision`);
    const found = revisions.get(number);
    if (!found) throw new Refused(`there is no revision ${number}; "revisions" lists those that are kept`);
    return found;
  };
  const graphOf = ({ file, text, layout }: Kept) => read(file, text, layout).graph;
  return new Map<string, Command>([
    [
      'revisions',
      {
        needs: 'graph:readonly',
        run: () =>
          said('revisions', { revisions: revisions.list().toReversed(), live: workspace.live?.revision ?? null }),
      },
    ],
    [
      'revision',
      {
        needs: 'graph:readonly',
        run(_, payload) {
          const found = kept(payload, 'number');
          return said('revision', { ...found, graph: json(graphOf(found)) });
        },
      },
    ],
    [
      'compare',
      {
        needs: 'graph:readonly',
        run(_, payload) {
          const [from, to] = [kept(payload, 'from'), kept(payload, 'to')];
          return said('difference', {
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
          refuseUnseen(workspace, payload);
          // Who has seen the draft knows what is lost with it.
          const reason = payload.version === undefined ? workspace.mayClear(client) : undefined;
          if (reason !== undefined) throw new Refused(reason);
          const source = { file: workspace.live?.source.file ?? workspace.draft.graph.file, text, layout };
          const { revision } = await workspace.takeUp(source, client.by, `back to revision ${number}`);
          return said('published', { revision });
        },
      },
    ],
    [
      'accept',
      {
        needs: 'protocol:graph',
        async run(client) {
          refuseCode(workspace, client);
          await confirmation.accept().catch(refuse);
          return said('published', { revision: workspace.live?.revision ?? null });
        },
      },
    ],
  ]);
}
