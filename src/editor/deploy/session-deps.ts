import type { GraphFile } from '../../files/graph-file.ts';
import type { Graph } from '../../model/graph.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Objection } from '../draft/allow-list.ts';
import type { CodeDraft } from '../draft/code-draft.ts';
import type { DraftFault } from '../draft/examine.ts';
import type { Client } from '../message.ts';
import type { Confirmation } from './confirmation.ts';
import type { Deployer } from './deployer.ts';

/** What happens to the draft and to what is live. */
export type GraphEvent =
  | { readonly kind: 'state' }
  /** The draft became another one in a way that single changes don't tell. */
  | { readonly kind: 'draft' }
  | { readonly kind: 'faults'; readonly faults: readonly DraftFault[] }
  /** What is drafted of components is something else; `by` has brought it in, and tells of it. */
  | { readonly kind: 'code'; readonly by?: Client }
  /** Something that whoever edits has to know. */
  | { readonly kind: 'notice'; readonly sentence: string };

export interface DraftSessionDeps {
  readonly id: string;
  readonly runtime: Runtime;
  readonly deployer: Deployer;
  readonly confirmation: Confirmation;
  readonly code: CodeDraft;
  /** With what is drafted. */
  readonly library: Registry;
  readonly file: GraphFile;
  /** What in a graph only who may bring in code can make live. */
  objections(graph: Graph): readonly Objection[];
  /** Whether each revision that goes live is written to its file. */
  readonly autosave: boolean;
  emit(event: GraphEvent): void;
}
