import { beforeEach, describe, expect, it } from '@jest/globals';
import { setEdit } from '../../public/editor/model/edits.ts';
import { graphOf } from '../../public/editor/model/json.ts';
import { type EditorState, hasUnsaved, initialEditorState } from '../../public/editor/model/state.ts';
import { statusOf } from '../../public/editor/model/status.ts';
import { ConnectionLost } from '../../public/editor/net/connection.ts';
import type { EditorCore } from '../../public/editor/net/core.ts';
import { Editing } from '../../public/editor/net/editing.ts';
import { Publishing } from '../../public/editor/net/publishing.ts';
import { StateStore } from '../../public/ui/store.ts';
import { begun } from '../support/page-draft.ts';
import { unrefTimers } from '../support/timers.ts';
import { toldState } from '../support/told.ts';

// The order in which the editor's page sends what somebody does.

unrefTimers();

const graph = graphOf({ processes: { limit: { component: 'chat/LimitRate' } }, connections: [] });
const told = (version: number) =>
  statusOf(toldState({ live: { revision: 1 }, draft: { version, changes: version - 1 }, rights: ['watch', 'edit'] }));

/** The page without a picture, at a server that answers when it is told to. */
class Page {
  readonly store = new StateStore<EditorState>({
    ...initialEditorState('given'),
    link: { kind: 'live' },
    id: 'chat/chat',
    status: told(1),
    draft: begun(graph),
  });
  readonly sent: string[] = [];
  readonly said: string[] = [];
  readonly #waiting: { resolve(answer: object): void; reject(error: Error): void }[] = [];
  #version = 1;
  readonly editing: Editing;
  readonly publishing: Publishing;

  constructor() {
    const { store } = this;
    const update = (change: (state: EditorState) => EditorState) => store.update(change);
    const request = (name: string) => {
      this.sent.push(name);
      return new Promise<object>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    };
    const core = {
      get state() {
        return store.get();
      },
      store,
      update,
      derive: update,
      keepEdits: () => {},
      outdate: () => {},
      notify: (text: string) => this.said.push(text),
      became: () => {},
      connection: { request },
      ask: request,
      askOfDraft: async (name: string) => {
        await this.editing.settled();
        return request(name);
      },
    } as unknown as EditorCore & { editing: Editing };
    this.editing = new Editing(core);
    core.editing = this.editing;
    this.publishing = new Publishing(core);
  }

  get state(): EditorState {
    return this.store.get();
  }

  set(value: number): void {
    this.editing.edit(setEdit(this.state.draft!.view, { node: 'limit', port: 'rate' }, String(value)));
  }

  /** The server takes the oldest request, and tells what the draft is then. */
  answer(): void {
    this.#version += 1;
    this.#waiting.shift()!.resolve({ version: this.#version });
  }

  tell(): void {
    this.store.update(state => ({ ...state, status: told(this.#version) }));
  }

  loseConnection(): void {
    this.store.update(state => ({ ...state, link: { kind: 'offline', until: 0 } }));
    for (const { reject } of this.#waiting.splice(0)) reject(new ConnectionLost());
  }
}

const soon = () => new Promise(resolve => setTimeout(resolve));

let page: Page;
beforeEach(() => {
  page = new Page();
});

describe('publishing', () => {
  it('waits for edits that wait for their turn, and for what the server makes of them', async () => {
    // More than are sent at once.
    for (let value = 0; value < 1010; value += 1) page.set(value);
    const publishing = page.publishing.publish('', false);
    while (page.state.draft!.pending.length > 0) {
      expect(page.sent).not.toContain('flowchat:publish');
      for (let waiting = page.sent.length - (1010 - page.state.draft!.pending.length); waiting > 0; waiting -= 1)
        page.answer();
      await soon();
    }
    expect(page.sent).not.toContain('flowchat:publish');
    page.tell();
    await soon();
    expect(page.sent.filter(name => name === 'flowchat:edit')).toHaveLength(1010);
    expect(page.sent.at(-1)).toBe('flowchat:publish');
    page.answer();
    expect(await publishing).toEqual([]);
  });

  it('says that the connection is lost where edits could not be sent, which are kept', async () => {
    page.set(1);
    const publishing = page.publishing.publish('', false);
    page.loseConnection();
    expect(await publishing).toEqual(['the connection is lost']);
    expect(page.sent).toEqual(['flowchat:edit']);
    expect(hasUnsaved(page.state)).toBe(true);
  });
});

describe('what is about the draft', () => {
  const requests = {
    discard: () => page.publishing.discard(1),
    'roll back': () => page.publishing.rollBack(1, 1),
    test: () => page.publishing.test(),
    'no longer wait for the button': () => page.publishing.hold(false),
    save: () => page.publishing.save(),
    stop: () => page.publishing.run(false),
    accept: () => page.publishing.accept(),
  };

  beforeEach(() => {
    Object.assign(globalThis, { sessionStorage: { setItem: () => {} } });
  });

  it.each(Object.entries(requests))('does not overtake an edit: %s', async (_, act) => {
    page.set(1);
    void act();
    await soon();
    expect(page.sent).toEqual(['flowchat:edit']);
    page.answer();
    await soon();
    expect(page.sent).toEqual(['flowchat:edit']);
    page.tell();
    await soon();
    expect(page.sent).toHaveLength(2);
  });
});
