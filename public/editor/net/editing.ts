import { TokenBucket } from '../../../src/model/bucket.ts';
import { newKey } from '../../ui/socket.ts';
import { COLUMN_STEP } from '../model/card.ts';

import {
  addressableBy,
  changesWithin,
  conflictWithAll,
  type EditorChange,
  inverseOfAll,
  type Pending,
  rebase,
  withEdit,
  withoutEdit,
  withSentEdit,
} from '../model/draft.ts';
import { addNodeEdit, type Edit, moveEdit, pinEdit, removeEdit, renameNodeEdit } from '../model/edits.ts';
import { type CanvasPoint, keyWithin } from '../model/graph.ts';
import * as history from '../model/history.ts';
import { freePlace, placeFor } from '../model/layout.ts';
import { frameAround, type Level, levelAt, nameIn, pathIn } from '../model/level.ts';
import { nodeName } from '../model/names.ts';
import { editFault } from '../model/size-limits.ts';
import {
  afterRename,
  beforeRename,
  contentsOf,
  type EditorState,
  emptySelection,
  enteredSubgraph,
  isLive,
  isSettled,
  mayEdit,
  mayEditAt,
  ofNodes,
  withAcknowledged,
} from '../model/state.ts';
import { ConnectionLost } from './connection.ts';
import type { EditorCore } from './core.ts';
import { layOut } from './layouter.ts';

/** Runs actions in order: a burst at once, then `rate` per second. The server closes connections that send faster. */
class RateLimitedQueue {
  readonly #bucket = new TokenBucket(300, 1000);
  readonly #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  do(action: () => void): void {
    this.#waiting.push(action);
    this.#go();
  }

  /** Drops waiting actions. */
  clear(): void {
    this.#waiting.length = 0;
  }

  #go(): void {
    while (this.#waiting.length > 0 && this.#bucket.take()) this.#waiting.shift()!();
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#go(), 50);
  }
}

type Changes = readonly EditorChange[];

/** A change in the server's format. */
function wireChange({ within, command, payload }: EditorChange) {
  if (within === undefined) return { command, payload };
  return { command, payload: { ...payload, [command === 'clear' ? 'id' : 'graph']: within } };
}

/** Edits that remove the selected nodes and wires of open subgraphs, without duplicates. */
function innerRemovals(state: EditorState): readonly Edit[] {
  const { scene, selection } = state;
  const components = new Set<string>();
  return [...scene.frames].flatMap(([frame, { component, graph }]) => {
    const prefix = `${frame}/`;
    const nodes = new Set([...graph.nodes.keys()].filter(name => selection.nodes.has(prefix + name)));
    const edges = new Set([...graph.edges.keys()].filter(key => selection.edges.has(keyWithin(prefix, key))));
    if (nodes.size + edges.size === 0 || components.has(component) || !mayEditAt(state, frame)) return [];
    components.add(component);
    const { label, changes } = removeEdit(graph, nodes, edges);
    return [{ label, changes: changesWithin(changes, component) }];
  });
}

/**
 * Edits the draft. Edits are visible at once, are sent when connected, and are stored until the server accepts them.
 */
export class Editing {
  readonly #editor: EditorCore;
  readonly #queue = new RateLimitedQueue();

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /**
   * Makes an undoable edit of the graph on the canvas, of the open subgraph `frame`, or of the graphs that its changes
   * name; returns whether it was possible.
   */
  edit({ label, changes: given }: Edit, frame = ''): boolean {
    const { state } = this.#editor;
    if (given.length === 0 || !state.draft || !mayEdit(state)) return false;
    const meant = this.#componentAt(frame);
    const changes = given.flatMap(change => (change.within === undefined ? changesWithin([change], meant) : change));
    const fault = editFault(changes);
    if (fault) {
      this.#editor.notify(`could not ${label}: ${fault}`, 'bad');
      return false;
    }
    const entry = {
      id: newKey(),
      label,
      forth: changes,
      back: inverseOfAll(state.draft.view, contentsOf(state), changes),
    };
    this.#editor.outdate('edit');
    this.#editor.update(state => ({ ...state, history: history.recorded(state.history, entry) }));
    this.#bring({ entry: entry.id, label, changes, inverse: entry.back });
    return true;
  }

  /**
   * Adds a node at a canvas point, or beside the selection, to the open subgraph `frame` or the graph on the canvas;
   * returns its name there.
   */
  add(component: string, at?: CanvasPoint, frame = ''): string {
    const { state } = this.#editor;
    const { graph, places, cards, drawn, origin } = levelAt(state, frame);
    const name = nodeName(component, graph.nodes);
    const beside = places.get(nameIn(frame, [...state.selection.nodes].at(-1) ?? '')) ?? [...places.values()].at(-1);
    const wanted =
      (at && placeFor(name, { x: at.x - origin.x, y: at.y - origin.y }, places, cards, drawn)) ??
      (beside ? { x: beside.x + COLUMN_STEP, y: beside.y } : { x: 0, y: 0 });
    this.place(addNodeEdit(name, component, freePlace(wanted, places, cards)), frame);
    this.#editor.select(ofNodes(pathIn(frame, name)));
    return pathIn(frame, name);
  }

  rename(from: string, to: string): void {
    this.edit(renameNodeEdit(from, to));
  }

  /** Stores the positions of dragged nodes, without the shift that open subgraphs cause. */
  drag(dragged: ReadonlyMap<string, CanvasPoint>): void {
    const { state } = this.#editor;
    const { frames } = state.scene;
    const opened = [...dragged].toSorted(([a], [b]) => Number(frames.has(b)) - Number(frames.has(a)));
    this.#moveIn(opened, ({ places, cards, drawn, origin }, own) => {
      const kept = new Map(places);
      for (const [name, { x, y }] of own)
        kept.set(name, placeFor(name, { x: x - origin.x, y: y - origin.y }, kept, cards, drawn));
      return new Map(own.map(([name]) => [name, kept.get(name)!]));
    });
  }

  /** Moves canvas nodes by a distance. */
  nudge(names: Iterable<string>, by: CanvasPoint): void {
    this.#moveIn(
      [...names].map(name => [name, by]),
      ({ places }, own) =>
        new Map(
          own.flatMap(([name]) => {
            const place = places.get(name);
            return place ? [[name, { x: place.x + by.x, y: place.y + by.y }] as const] : [];
          }),
        ),
    );
  }

  /** Moves canvas nodes, each in its own graph, to computed positions. Makes a single edit. */
  #moveIn(
    moved: readonly (readonly [path: string, CanvasPoint])[],
    find: (level: Level, own: readonly (readonly [name: string, CanvasPoint])[]) => ReadonlyMap<string, CanvasPoint>,
  ): void {
    const { state } = this.#editor;
    const byFrame = Map.groupBy(moved, ([path]) => frameAround(state, path));
    const label = moved.length === 1 ? `move ${moved[0]![0]}` : `move ${moved.length} nodes`;
    const changes = [...byFrame].flatMap(([frame, nodes]): Changes => {
      if (!mayEditAt(state, frame)) return [];
      const level = levelAt(state, frame);
      const own = nodes.map(([path, point]) => [nameIn(frame, path), point] as const);
      const edit = this.#pinned(moveEdit(level.graph, find(level, own)), frame);
      return changesWithin(edit.changes, this.#componentAt(frame));
    });
    this.edit({ label, changes });
  }

  /** Lays all nodes out automatically. */
  async arrange(): Promise<void> {
    const { graph, cards } = this.#editor.state;
    this.edit(moveEdit(graph, await layOut(graph, cards), 'lay out'));
  }

  deleteSelected(): void {
    const { state } = this.#editor;
    const { graph, selection } = state;
    const edits = [removeEdit(graph, selection.nodes, selection.edges), ...innerRemovals(state)];
    const [only, ...more] = edits.filter(({ changes }) => changes.length > 0);
    if (!only) return;
    const changes = [only, ...more].flatMap(each => each.changes);
    this.edit(more.length > 0 ? { label: 'delete things', changes } : only);
    this.#editor.select(emptySelection);
  }

  undo(): void {
    const step = history.undone(this.#editor.state.history);
    if (step) this.#step(step, step.entry.back, step.entry.forth, 'undo', 'undid');
  }

  redo(): void {
    const step = history.redone(this.#editor.state.history);
    if (step) this.#step(step, step.entry.forth, step.entry.back, 'do again', 'redone');
  }

  /**
   * Resolves once the server has accepted all edits, and has sent the resulting state. Await it before a request about
   * the draft, which would otherwise overtake waiting edits. Rejects with ConnectionLost.
   */
  async settled(): Promise<void> {
    for (;;) {
      const { state } = this.#editor;
      if (isSettled(state)) return;
      if (!isLive(state)) throw new ConnectionLost();
      await this.#editor.store.changed();
    }
  }

  /** Sends all pending edits after connecting. */
  resend(): void {
    this.#queue.clear();
    for (const { id } of this.#editor.state.draft?.pending ?? []) this.#queue.do(() => this.#send(id));
  }

  /** Makes an edit that may place nodes. */
  place(edit: Edit, frame = ''): boolean {
    return this.edit(this.#pinned(edit, frame), frame);
  }

  /** Once one node has a position, all others are pinned where they are shown. */
  #pinned({ label, changes }: Edit, frame: string): Edit {
    const { graph, places } = levelAt(this.#editor.state, frame);
    const own = new Set(
      changes.flatMap(({ command, payload }) =>
        command === 'changenode' || command === 'addnode' || command === 'removenode' ? [payload.id] : [],
      ),
    );
    if (own.size === 0) return { label, changes };
    const loose = [...graph.nodes.values()].filter(({ name, metadata }) => !('x' in metadata) && !own.has(name));
    const pinned = pinEdit(new Map(loose.flatMap(({ name }) => (places.has(name) ? [[name, places.get(name)!]] : []))));
    return { label, changes: [...pinned, ...changes] };
  }

  /** The component of an open subgraph, or of the graph on the canvas; undefined for the main graph. */
  #componentAt(frame: string): string | undefined {
    const { state } = this.#editor;
    return frame ? state.scene.frames.get(frame)?.component : enteredSubgraph(state);
  }

  /**
   * Undoes or redoes a whole edit. An edit that conflicts is removed from the history, so that it does not block the
   * others.
   */
  #step(step: history.HistoryStep, meant: Changes, inverse: Changes, verb: string, said: string): void {
    const { state } = this.#editor;
    if (!state.draft || !mayEdit(state)) return;
    const changes = rebase(state.draft.view, meant, inverse);
    const { id, label } = step.entry;
    const waiting = state.draft.pending.find(({ entry, sent }) => entry === id && !sent);
    const reason = waiting
      ? undefined
      : conflictWithAll(state.draft.view, contentsOf(state), changes, addressableBy(state.components));
    if (reason) {
      this.#forget(id, `could not ${verb} "${label}": ${reason}`);
      return;
    }
    this.#editor.outdate('edit');
    this.#editor.update(state => ({ ...state, history: step.history }));
    if (waiting) this.#drop(waiting);
    else this.#bring({ entry: id, label: `${verb} "${label}"`, changes, inverse });
    this.#editor.notify(`${said}: ${label}`, 'info', 'edit');
  }

  #bring(edit: Pick<Pending, 'entry' | 'label' | 'changes' | 'inverse'>): void {
    const id = newKey();
    this.#editor.derive(state => {
      const draft = state.draft && withEdit(state.draft, { ...edit, id, sent: false });
      return edit.changes.reduce(afterRename, { ...state, draft });
    });
    this.#editor.keepEdits();
    if (this.#editor.state.link.kind === 'live') this.#queue.do(() => this.#send(id));
  }

  /** Drops a pending edit. */
  #drop({ id, changes }: Pending): void {
    this.#editor.derive(state =>
      beforeRename({ ...state, draft: state.draft && withoutEdit(state.draft, id) }, changes),
    );
    this.#editor.keepEdits();
  }

  #forget(entry: string, sentence: string): void {
    this.#editor.update(state => ({ ...state, history: history.without(state.history, entry) }));
    this.#editor.keepEdits();
    this.#editor.notify(sentence, 'bad');
  }

  #send(id: string): void {
    const { connection, state } = this.#editor;
    const pending = state.draft?.pending.find(each => each.id === id);
    if (!pending || state.link.kind !== 'live') return;
    const { changes } = pending;
    this.#editor.update(state => ({ ...state, draft: state.draft && withSentEdit(state.draft, id) }));
    connection.request('flowchat:edit', { changes: changes.map(wireChange) }, id).then(
      ({ version }) => {
        this.#editor.update(state => withAcknowledged(state, id, version));
        this.#editor.keepEdits();
      },
      (error: Error) => {
        if (error instanceof ConnectionLost) return;
        this.#drop(pending);
        this.#forget(pending.entry, `could not ${pending.label}: ${error.message}`);
      },
    );
  }
}
