import type { AnswerPayloads, ClientMessageName, ClientPayloads } from '../../../src/model/editor-protocol.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import type { Edit } from '../model/edits.ts';
import type { EditorGraph } from '../model/graph.ts';
import type { EditorState, Notice, Panel, Selection } from '../model/state.ts';
import type { MessageTrace } from '../model/traces.ts';
import type { EditorConnection } from './connection.ts';
import type { EditStorage } from './storage.ts';

/** Shared parts of the editor page: state, connection, and calls between its modules. */
export interface EditorCore {
  readonly state: EditorState;
  readonly store: { changed(): Promise<void> };
  readonly connection: EditorConnection;
  readonly editStorage: EditStorage;
  readonly editing: {
    resend(): void;
    settled(): Promise<void>;
    edit(edit: Edit): boolean;
    place(edit: Edit, frame?: string): boolean;
  };
  readonly subgraphLoader: { load(component: string): Promise<boolean>; reload(more: Iterable<string>): Promise<void> };
  readonly subgraphs: { leave(count?: number): void; gone(component: string): void };
  readonly publishing: { readonly holds: boolean };
  readonly settings: { load(): Promise<void> };
  readonly watching: {
    follow(): void;
    resume(): void;
    passed(payload: ServerPayloads['network:data']): void;
    went(trace: MessageTrace): void;
  };

  update(change: (state: EditorState) => EditorState): void;
  derive(change: (state: EditorState) => EditorState): void;
  keepEdits(): void;
  select(selection: Selection): void;
  show(panel: Panel | undefined): void;
  preview(title?: string, graph?: EditorGraph): void;
  notify(text: string, kind?: Notice['kind'], until?: Notice['until']): void;
  outdate(by: 'edit' | number): void;
  ask<Name extends ClientMessageName>(
    name: Name,
    payload: ClientPayloads[Name],
  ): Promise<AnswerPayloads[Name] | undefined>;
  askOfDraft: EditorCore['ask'];
  learnt(payload: ServerPayloads['component:component']): void;
  learnTraits(): Promise<void>;
  took(payload: ServerPayloads['flowchat:state']): void;
  became(json: unknown): void;
  met(version: string): void;
}
