import type { Change } from './change.ts';
import { edgeKey } from './graph.ts';
import { reopened } from './scene.ts';
import type { EditorState } from './state.ts';

/** What is selected, open and laid out goes by a node's name; it stays so when the node gets another one. */
export function followed(state: EditorState, { command, payload }: Change): EditorState {
  if (command !== 'renamenode') return state;
  const { from, to } = payload;
  const { nodes, edges, origin = from } = state.selection;
  const renamed = (name: string) => [...reopened(new Set([name]), from, to)][0]!;
  const rekeyed = (key: string) => {
    const [source, out, index, target, into, other] = JSON.parse(key);
    return edgeKey({
      from: { node: renamed(source), port: out, index: index ?? undefined },
      to: { node: renamed(target), port: into, index: other ?? undefined },
    });
  };
  return {
    ...state,
    open: reopened(state.open, from, to),
    automatic: new Map([...state.automatic].map(([name, place]) => [name === from ? to : name, place])),
    selection: {
      nodes: new Set([...nodes].map(renamed)),
      edges: new Set([...edges].map(rekeyed)),
      ...(nodes.has(from) && { origin }),
    },
  };
}

/** The same where changes were not to be. */
export const unfollowed = (state: EditorState, changes: readonly Change[]): EditorState =>
  changes.toReversed().reduce((after, { command, payload }) => {
    if (command !== 'renamenode') return after;
    return followed(after, { command, payload: { from: payload.to, to: payload.from } });
  }, state);
