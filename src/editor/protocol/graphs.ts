import { empty } from '../../fbp/empty.ts';
import { Draft } from '../draft/draft.ts';
import { AllowList } from './allow-list.ts';
import { type Client, type Payload, Refused } from './message.ts';
import { name, optionalText } from './payload.ts';

const MOST_SKETCHES = 100;

/** The server's own graph, which all editors share. */
export interface Main {
  readonly draft: Draft;
  /** Differs after each change of the draft. */
  readonly version: number;
  /** Hears of each change of the draft, and whether it runs as before. */
  changed(client: Client, onlyLooks?: boolean): void;
  /** Why a client may not throw the draft away at the moment; nothing where it may. */
  mayClear(client: Client): string | undefined;
}

/** Which graph a message means: the server's own one, or a sketch, which only the client that made it knows. */
export class Graphs {
  readonly main: Main;
  /** Which components may come into any of the graphs without the right to bring in code. */
  readonly allowed: AllowList;
  readonly #sketches = new Map<Client, Map<string, Draft>>();

  constructor(main: Main, allowed = new AllowList()) {
    this.main = main;
    this.allowed = allowed;
  }

  /** The graph with this id; nothing where this client knows none. */
  find(client: Client, id: string): Draft | undefined {
    return id === this.main.draft.id ? this.main.draft : this.#sketches.get(client)?.get(id);
  }

  /** The graph that a message names in its field `graph`. Throws Refused, in the words that the protocol's own tests want. */
  named(client: Client, payload: Payload): Draft {
    if (!optionalText(payload, 'graph')) throw new Refused('No graph specified');
    const id = name(payload, 'graph');
    const draft = this.find(client, id);
    if (draft) return draft;
    this.#refuseOwn(id);
    throw new Refused('Requested graph not found');
  }

  /** Begins a sketch, anew where there is one of this id. Throws Refused where there can't be one. */
  sketch(client: Client, id: string): Draft {
    this.#refuseOwn(id);
    const sketches = this.#sketches.get(client) ?? new Map<string, Draft>();
    if (!sketches.has(id) && sketches.size >= MOST_SKETCHES) {
      throw new Refused(`there are ${MOST_SKETCHES} sketches already; take one of them`);
    }
    const draft = new Draft(id, empty(`${id}.json`));
    this.#sketches.set(client, sketches.set(id, draft));
    return draft;
  }

  /** Forgets a client's sketches. */
  leave(client: Client): void {
    this.#sketches.delete(client);
  }

  /** Graphs in the server's own namespace are its files. */
  #refuseOwn(id: string): void {
    const { id: main } = this.main.draft;
    if (!id.startsWith(`${main.split('/')[0]}/`)) return;
    throw new Refused(`${id} can't be changed here, only ${main} can; change its file, or send its source`);
  }
}
