import type { Draft } from '../../public/editor/model/draft.ts';
import type { EditorGraph } from '../../public/editor/model/graph.ts';

/** A draft of the editor's page, with no edit on the way. */
export const begun = (confirmed: EditorGraph): Draft => ({ confirmed, pending: [], view: confirmed });
