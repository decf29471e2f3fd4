import { cards } from '../model/card.ts';
import { type EditorGraph, nodePath } from '../model/graph.ts';
import { graphOf } from '../model/json.ts';
import type { Places } from '../model/layout.ts';
import type { SubgraphContent } from '../model/scene.ts';
import { ofNodes } from '../model/state.ts';
import type { EditorCore } from './core.ts';
import { layOut } from './layouter.ts';

/** Opens and closes subgraphs in place. Only this page knows which ones are open. */
export class SubgraphLoader {
  readonly #editor: EditorCore;

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** Opens or closes a subgraph node, by its path. */
  async toggle(path: string): Promise<void> {
    const { open, scene, components } = this.#editor.state;
    const component = scene.graph.nodes.get(path)?.component ?? '';
    if (scene.frames.has(path)) return this.#show(new Set([...open].filter(each => each !== path)));
    if (!components.get(component)?.subgraph || !(await this.load(component))) return;
    this.#show(new Set([...this.#editor.state.open, path]));
  }

  /** Opens the subgraphs around a node and selects it; or the innermost of them that exists. */
  async reveal(path: string): Promise<void> {
    // Paths begin in the main graph.
    this.#editor.subgraphs.leave();
    const names = path.split('/');
    const paths = names.map((_, index) => nodePath(names.slice(0, index), names[index]!));
    for (const outer of paths.slice(0, -1)) if (!this.#editor.state.scene.frames.has(outer)) await this.toggle(outer);
    const { nodes } = this.#editor.state.scene.graph;
    const shown = paths.findLast(each => nodes.has(each));
    if (shown !== undefined) this.#editor.select(ofNodes(shown));
  }

  /** Loads the content of a component unless it is known; returns whether it is known now. */
  async load(component: string): Promise<boolean> {
    return this.#editor.state.subgraphs.has(component) || this.#fetch(component);
  }

  /** Reloads the known content of components, and loads that of further ones. Drops removed ones. */
  async reload(more: Iterable<string>): Promise<void> {
    const wanted = new Set([...this.#editor.state.subgraphs.keys(), ...more]);
    if (wanted.size === 0) return;
    const found = await Promise.all(
      [...wanted].map(async component => {
        const { connection } = this.#editor;
        const answer = await connection.request('component:getsource', { name: component }).catch(() => undefined);
        const graph = answer && this.#read(component, answer.code);
        return graph ? [[component, { graph, automatic: await this.#laidOut(graph) }] as const] : [];
      }),
    );
    const subgraphs = new Map(found.flat());
    this.#editor.update(state => ({ ...state, subgraphs }));
    for (const { component } of this.#editor.state.entered)
      if (!subgraphs.has(component)) this.#editor.subgraphs.gone(component);
  }

  /** Reloads the content of a component, or of all known ones. */
  refresh(component?: string): void {
    for (const known of this.#editor.state.subgraphs.keys())
      if (component === undefined || component === known) void this.#fetch(known);
  }

  #show(open: ReadonlySet<string>): void {
    this.#editor.derive(state => ({ ...state, open }));
    this.#editor.watching.follow();
  }

  /** Loads the content of a component; returns whether it is known now. */
  async #fetch(component: string): Promise<boolean> {
    const answer = await this.#editor.ask('component:getsource', { name: component });
    const graph = answer && this.#read(component, answer.code);
    if (!graph) return false;
    // Updated at once if it is known, as it would lack edits that are accepted during the layout.
    const before = this.#editor.state.subgraphs.get(component);
    if (before) this.#take(component, { ...before, graph });
    const automatic = await this.#laidOut(graph);
    const now = before && this.#editor.state.subgraphs.get(component);
    if (!before || now) this.#take(component, { graph: now?.graph ?? graph, automatic });
    return true;
  }

  #take(component: string, content: SubgraphContent): void {
    this.#editor.derive(state => ({ ...state, subgraphs: new Map(state.subgraphs).set(component, content) }));
  }

  #laidOut(graph: EditorGraph): Promise<Places> {
    return layOut(graph, cards(graph, this.#editor.state.components));
  }

  #read(component: string, code: string): EditorGraph | undefined {
    try {
      return graphOf(JSON.parse(code));
    } catch {
      this.#editor.notify(`the inside of ${component} can't be shown; its source is no graph`, 'bad');
    }
  }
}
