import { newKey } from '../../chat/net/key.ts';
import type { Change } from '../model/change.ts';
import { acknowledged, edited, type Pending, refused } from '../model/draft.ts';
import { addNode, type Edit, move, paste, remove, renameNode } from '../model/edits.ts';
import { part } from '../model/graph.ts';
import * as history from '../model/history.ts';
import { inverseAll } from '../model/inverse.ts';
import { fields, graphOf, jsonOf, text } from '../model/json.ts';
import { freePlace } from '../model/layout.ts';
import { nodeName } from '../model/names.ts';
import { called, obstacle } from '../model/obstacle.ts';
import type { Point } from '../model/point.ts';
import { placeFor } from '../model/room.ts';
import { mayEdit, nothing } from '../model/state.ts';
import { faultsOf } from '../model/status.ts';
import { Lost } from './connection.ts';
import type { Editor } from './editor.ts';
import { layOut } from './layouter.ts';
import { Pace } from './pace.ts';

/** Where the draft is edited. Edits are seen at once, sent when there is a connection, and kept until the server has taken them. */
export class Desk {
  readonly #editor: Editor;
  readonly #pace = new Pace();
  #copied = '';

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** Makes an edit, which can be undone. */
  edit({ label, changes }: Edit): void {
    const { state } = this.#editor;
    if (changes.length === 0 || !state.draft || !mayEdit(state)) return;
    const back = inverseAll(state.draft.view, changes);
    this.#editor.update(state => ({
      ...state,
      history: history.recorded(state.history, { label, forth: changes, back }),
    }));
    this.#bring(changes);
  }

  /** Adds a node at a place of the picture, or beside what is selected; returns its name. */
  add(component: string, at?: Point): string {
    const { graph, places, cards, scene, selection } = this.#editor.state;
    const name = nodeName(component, graph.nodes);
    const beside = places.get([...selection.nodes].at(-1) ?? '') ?? [...places.values()].at(-1);
    const wanted =
      (at && placeFor(name, at, places, cards, scene.cards)) ??
      (beside ? { x: beside.x + 320, y: beside.y } : { x: 0, y: 0 });
    const added = addNode(name, component, freePlace(wanted, places, cards));
    this.edit({ ...added, changes: [...this.#pinned(), ...added.changes] });
    this.#editor.select({ nodes: new Set([name]), edges: new Set() });
    return name;
  }

  rename(from: string, to: string): void {
    this.edit(renameNode(from, to));
    this.#editor.select({ nodes: new Set([to]), edges: new Set() });
  }

  /** Keeps nodes where a hand has dragged them on the picture, which open subgraphs have moved others on. */
  drag(dragged: ReadonlyMap<string, Point>): void {
    const { places, cards, scene } = this.#editor.state;
    const frames = [...dragged].toSorted(([a], [b]) => Number(scene.frames.has(b)) - Number(scene.frames.has(a)));
    const kept = new Map(places);
    for (const [name, at] of frames) kept.set(name, placeFor(name, at, kept, cards, scene.cards));
    this.move(new Map([...dragged.keys()].map(name => [name, kept.get(name)!])));
  }

  /** Puts nodes at places. */
  move(places: ReadonlyMap<string, Point>): void {
    const moved = move(places, places.size === 1 ? `move ${[...places.keys()][0]}` : `move ${places.size} nodes`);
    this.edit({ ...moved, changes: [...this.#pinned(new Set(places.keys())), ...moved.changes] });
  }

  /** Lays all nodes out anew. */
  async arrange(): Promise<void> {
    const { graph, cards } = this.#editor.state;
    this.edit(move(await layOut(graph, cards), 'lay out'));
  }

  deleteSelected(): void {
    const { graph, scene, selection } = this.#editor.state;
    const inner = [...selection.nodes].find(name => !graph.nodes.has(name));
    if (inner) {
      const { component } = scene.frames.get(scene.parents.get(inner)!)!;
      this.#editor.notify(`${inner} is in ${component}, and is deleted there`, 'bad');
    }
    this.edit(remove(graph, selection.nodes, selection.edges));
    this.#editor.select(nothing);
  }

  undo(): void {
    const step = history.undone(this.#editor.state.history);
    if (step) this.#step(step.history, step.entry.back, `undid: ${step.entry.label}`);
  }

  redo(): void {
    const step = history.redone(this.#editor.state.history);
    if (step) this.#step(step.history, step.entry.forth, `did again: ${step.entry.label}`);
  }

  /** What is selected as .fbp text. */
  async copy(): Promise<string> {
    const { graph, selection } = this.#editor.state;
    const answer = await this.#editor.ask('flowchat', 'text', { graph: jsonOf(part(graph, selection.nodes)) });
    this.#copied = text(fields(answer).text);
    return this.#copied;
  }

  /** Brings .fbp text in; without one, what was copied last. */
  async paste(given: string): Promise<void> {
    const { state } = this.#editor;
    const words = given.trim() || this.#copied;
    if (!words || !mayEdit(state)) return;
    const answer = fields(await this.#editor.ask('flowchat', 'parse', { text: words }));
    const [fault] = faultsOf(answer.faults);
    if (fault) return this.#editor.notify(`this can't be pasted: ${fault.sentence}`, 'bad');
    const pasted = graphOf(answer.graph);
    if (pasted.nodes.size === 0) return;
    const inside = await layOut(
      pasted,
      new Map([...pasted.nodes.keys()].flatMap(name => state.cards.get(name) ?? []).map(card => [card.name, card])),
    );
    const bottom = Math.max(0, ...[...state.places].map(([name, { y }]) => y + (state.cards.get(name)?.height ?? 0)));
    const left = Math.min(0, ...[...state.places.values()].map(({ x }) => x));
    const placed = new Map(
      [...pasted.nodes.keys()].map((name, index) => {
        const { x, y } = inside.get(name) ?? { x: index * 300, y: 0 };
        return [name, { x: left + x, y: bottom + 80 + y }];
      }),
    );
    const { graph } = this.#editor.state;
    const edit = paste(graph, pasted, placed);
    this.edit({ ...edit, changes: [...this.#pinned(), ...edit.changes] });
    const added = edit.changes.flatMap(({ command, payload }) => (command === 'addnode' ? [payload.id] : []));
    this.#editor.select({ nodes: new Set(added), edges: new Set() });
  }

  /** Sends again what has not been acknowledged, after a connection was lost. */
  resend(): void {
    this.#pace.clear();
    for (const pending of this.#editor.state.draft?.pending ?? []) this.#pace.do(() => this.#send(pending));
  }

  /** As soon as a hand has placed one node, the others stay where they are seen. */
  #pinned(but: ReadonlySet<string> = new Set()): readonly Change[] {
    const { graph, places } = this.#editor.state;
    const loose = [...graph.nodes.values()].filter(({ name, metadata }) => !('x' in metadata) && !but.has(name));
    return move(new Map(loose.flatMap(({ name }) => (places.has(name) ? [[name, places.get(name)!]] : [])))).changes;
  }

  #step(next: history.History, changes: readonly Change[], said: string): void {
    const { draft } = this.#editor.state;
    if (!draft || !mayEdit(this.#editor.state)) return;
    this.#editor.update(state => ({ ...state, history: next }));
    const impossible: string[] = [];
    for (const change of changes) {
      const reason = obstacle(this.#editor.state.draft!.view, change);
      if (reason) impossible.push(`could not ${called(change)}: ${reason}`);
      else this.#bring([change]);
    }
    for (const sentence of impossible) this.#editor.notify(sentence, 'bad');
    this.#editor.notify(said);
  }

  #bring(changes: readonly Change[]): void {
    for (const change of changes) this.#editor.insides.follow(change);
    const pending = changes.map((change): Pending => ({ id: newKey(), change }));
    this.#editor.derive(state => (state.draft ? { ...state, draft: edited(state.draft, pending) } : state));
    if (this.#editor.state.link.kind === 'live') for (const each of pending) this.#pace.do(() => this.#send(each));
  }

  #send({ id, change }: Pending): void {
    const { connection, state } = this.#editor;
    connection.request('graph', change.command, { ...change.payload, graph: state.id }, id).then(
      () => this.#editor.update(state => (state.draft ? { ...state, draft: acknowledged(state.draft, id) } : state)),
      (error: Error) => {
        if (error instanceof Lost) return;
        this.#editor.derive(state => (state.draft ? { ...state, draft: refused(state.draft, id) } : state));
        this.#editor.notify(`could not ${called(change)}: ${error.message}`, 'bad');
      },
    );
  }
}
