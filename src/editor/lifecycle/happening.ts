import type { Graph } from '../../fbp.ts';
import type { GraphFile } from '../../files/graph-file.ts';
import type { Flow } from '../../flow.ts';
import type { Library } from '../../library.ts';
import type { DraftCode } from '../draft/code.ts';
import type { DraftFault } from '../draft/fault.ts';
import type { Objection } from '../protocol/allow-list.ts';
import type { Client } from '../protocol/message.ts';
import type { Confirmation } from './confirmation.ts';
import type { Publication } from './publication.ts';

/** What happens to the draft and to what is live. */
export type Happening =
  | { readonly kind: 'state' }
  /** The draft became another one in a way that single changes don't tell. */
  | { readonly kind: 'draft' }
  | { readonly kind: 'faults'; readonly faults: readonly DraftFault[] }
  /** What is drafted of components is something else; `by` has brought it in, and tells of it. */
  | { readonly kind: 'code'; readonly by?: Client }
  /** Something that whoever edits has to know. */
  | { readonly kind: 'notice'; readonly sentence: string };

export interface WorkspaceParts {
  readonly id: string;
  readonly flow: Flow;
  readonly publication: Publication;
  readonly confirmation: Confirmation;
  readonly code: DraftCode;
  /** With what is drafted. */
  readonly library: Library;
  readonly file: GraphFile;
  /** What in a graph only who may bring in code can make live. */
  objections(graph: Graph): readonly Objection[];
  /** Whether each revision that goes live is written to its file. */
  readonly autosave: boolean;
  happened(happening: Happening): void;
}
