import { type readTyped, refusalOf, type ToldSettings } from '../model/form.ts';
import { RequestRefused } from './connection.ts';
import type { EditorCore } from './core.ts';

type Values = ReturnType<typeof readTyped>['values'];

/** The settings page: loads it, and saves changed values. */
export class SettingsForm {
  readonly #editor: EditorCore;

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** Shows the page instead of the graph, or the graph again. */
  show(isShown: boolean): void {
    this.#editor.update(state => ({ ...state, showsSettings: isShown }));
    if (isShown) void this.load();
  }

  /** Loads the settings as they are now. */
  async load(): Promise<void> {
    const settings = await this.#editor.ask('flowchat:settings', {});
    if (settings) this.#take(settings);
  }

  /** Publishes values. Returns the refusal; undefined on success. */
  async save(values: Values, force: boolean): Promise<ReturnType<typeof refusalOf> | undefined> {
    const { connection, editing, state } = this.#editor;
    try {
      await editing.settled();
      this.#take(await connection.request('flowchat:set', { values, force }));
    } catch (error) {
      const payload = error instanceof RequestRefused ? error.payload : { message: (error as Error).message };
      // Somebody else may have changed a value.
      if (payload.code === 'draft-changed') await this.load();
      return refusalOf(payload, state.settings ?? { revision: null, nodes: [] });
    }
  }

  #take(settings: ToldSettings): void {
    this.#editor.update(state => ({ ...state, settings }));
  }
}
