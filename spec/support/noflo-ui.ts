import { Editor, type Told } from './editor.ts';

/** An end of a wire as the protocol names it. */
export interface At {
  readonly node: string;
  readonly port: string;
}

/** Edits the server's graph by the messages that noflo-ui sends, in its order and with its odd fields. */
export class NofloUi {
  readonly editor: Editor;
  graph = '';
  /** Messages of the graph protocol that it has sent. */
  edits = 0;

  private constructor(editor: Editor) {
    this.editor = editor;
  }

  /** Opens the live graph. */
  static async open(origin: string): Promise<NofloUi> {
    const editor = await Editor.connect(origin);
    const ui = new NofloUi(editor);
    const { graph, namespace } = await editor.ask('runtime', 'getruntime');
    ui.graph = graph;
    await editor.ask('component', 'getsource', { name: graph });
    await editor.ask('component', 'list');
    await editor.ask('component', 'list');
    await editor.ask('network', 'getstatus', { graph });
    const names = [...new Set(editor.replies('component:component').map(({ name }) => String(name)))];
    for (const name of names.filter(name => name.startsWith(`${namespace}/`) || !name.includes('/'))) {
      await editor.ask('component', 'getsource', { name });
    }
    return ui;
  }

  /** Sends one message, and waits for its acknowledgement. */
  async edit(command: string, payload: Told): Promise<void> {
    this.edits += 1;
    await this.editor.ask('graph', command, { ...payload, graph: this.graph });
  }

  async place(id: string, x: number, y: number): Promise<void> {
    const metadata = { label: id, x, y, width: 72, height: 72 };
    await this.edit('changenode', { id, metadata, selected: false });
  }

  /** Moves a node as the mouse does; often each step of it is sent with the place where it ended. */
  async drag(id: string, x: number, y: number): Promise<void> {
    for (let step = 1; step <= 11; step += 1) await this.place(id, x + 36 * step, y + 18 * step);
    await this.place(id, x + 36 * 11, y + 18 * 11);
  }

  /** Exports a port, under one name and then another, and takes it back. */
  async exported(node: string, port: string): Promise<void> {
    await this.edit('addoutport', { public: 'extra', node, port, metadata: { x: 1800, y: 400 } });
    await this.edit('renameoutport', { from: 'extra', to: 'more' });
    await this.edit('removeoutport', { public: 'more' });
  }

  async add(id: string, component: string): Promise<void> {
    await this.edit('addnode', { id, component, metadata: { label: id, x: 36, y: 36 } });
  }

  async connect(src: At, tgt: At): Promise<void> {
    await this.edit('addedge', { src, tgt, metadata: { route: 0 } });
  }

  async disconnect(src: At, tgt: At): Promise<void> {
    await this.edit('removeedge', { src, tgt });
  }

  /**
   * Changes a setting, which takes two messages, and two more once the field is left; each removal names the value that
   * the editor knew.
   */
  async set(tgt: At, data: string, before?: string): Promise<void> {
    for (const known of [before, data]) {
      await this.edit('removeinitial', { src: known === undefined ? {} : { data: known }, tgt });
      await this.edit('addinitial', { src: { data }, tgt, metadata: {} });
    }
  }

  /** Takes a group away, and puts it back as its button for undo does. */
  async regroup(name: string, nodes: readonly string[], metadata: Told): Promise<void> {
    await this.edit('changegroup', { name, metadata });
    await this.edit('removegroup', { name });
    await this.edit('addgroup', { name, nodes, metadata });
    await this.edit('changegroup', { name, metadata });
  }

  /** Deletes a node with its wires, by four messages where it has one. */
  async delete(id: string, wires: readonly (readonly [At, At])[]): Promise<void> {
    for (const [src, tgt] of wires) {
      await this.edit('changeedge', { src, tgt, metadata: {} });
      await this.disconnect(src, tgt);
    }
    await this.edit('changenode', { id, metadata: {}, selected: false });
    await this.edit('removenode', { id, component: '', metadata: {}, selected: false });
  }
}
