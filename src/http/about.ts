import { createHash } from 'node:crypto';
import type { About } from '../model/chat.ts';
import type { Declarations } from '../runtime/declarations.ts';

/** A document with its ETag. */
export interface TaggedJson {
  readonly body: string;
  readonly etag: string;
}

interface LiveGraph {
  readonly number: number;
  readonly declarations: Declarations;
}

interface LiveAboutDeps {
  readonly version: string;
  readonly basePath: string;
  /** Whether people can have accounts; features that need them are only listed then. */
  readonly accounts: boolean;
  /** The OpenID provider, if any. */
  readonly provider?: { readonly label: string } | undefined;
  warn(sentence: string): void;
}

/** Limit of faults of declarations per log entry. */
const MAX_TOLD = 10;
/** Limit of remembered faults; beyond it, old ones are logged again. */
const MAX_REMEMBERED = 10_000;

/** What the live graph offers: `GET /api/about` and /openapi.json, each made once per revision. */
export class LiveAbout {
  readonly #deps: LiveAboutDeps;
  #live: LiveGraph | undefined;
  #about: About | undefined;
  #title = 'flowchat';
  #isWatched = false;
  #openapi: TaggedJson | undefined;
  /** Faults that were logged already. */
  readonly #told = new Set<string>();

  constructor(deps: LiveAboutDeps) {
    this.#deps = deps;
  }

  /** Call when a revision is live. Returns the new state, or undefined if it is unchanged. */
  update(live: LiveGraph): About | undefined {
    const { limits, isLive, faults } = live.declarations;
    const routes = this.#routes(live);
    const can = new Set(routes.flatMap(({ can }) => can ?? []));
    if (isLive) can.add('live');
    const { accounts, provider } = this.#deps;
    const watched = this.#isWatched && { watched: true as const };
    const people = {
      ...watched,
      ...(accounts && { accounts: true as const }),
      ...(provider && { provider: provider.label }),
    };
    const about = { title: this.#title, revision: live.number, limits, can: [...can], ...people };
    const before = this.#about;
    this.#live = live;
    this.#about = about;
    this.#openapi = undefined;
    this.#warn(faults);
    return before && alike(before, about) ? undefined : about;
  }

  /** Call when the server was named. Returns the new state, or undefined if it is unchanged. */
  called(title: string): About | undefined {
    if (this.#title === title) return;
    this.#title = title;
    this.#about &&= { ...this.#about, title };
    return this.#about;
  }

  /**
   * Call when somebody starts or stops viewing private rooms. Returns the new state, or undefined if it is unchanged.
   */
  watched(isOn: boolean): About | undefined {
    if (!this.#about || this.#isWatched === isOn) return;
    this.#isWatched = isOn;
    const { watched: _, ...rest } = this.#about;
    this.#about = { ...rest, ...(isOn && { watched: true as const }) };
    return this.#about;
  }

  /** The live graph's features and limits; undefined until a revision was live. */
  get now(): About | undefined {
    return this.#about;
  }

  /** The live graph's features and limits, with the identity of the caller, and whether they may edit the graph. */
  about(who: NonNullable<About['who']>, mayEdit = false): TaggedJson {
    const about = this.#about ?? { title: this.#title, revision: 0, limits: {}, can: [] };
    return tagged(JSON.stringify({ ...about, who, ...(mayEdit && { editor: true }) } satisfies About));
  }

  /** The description of the API. */
  async openapi(): Promise<TaggedJson> {
    const { openapi } = await import('./openapi.ts');
    if (!this.#openapi) {
      const { version, basePath } = this.#deps;
      const faults: string[] = [];
      const routes = this.#live ? this.#routes(this.#live) : [];
      this.#openapi = tagged(JSON.stringify(openapi(version, basePath, routes, fault => faults.push(fault))));
      this.#warn(faults);
    }
    return this.#openapi;
  }

  #routes({ declarations }: LiveGraph): Declarations['routes'] {
    return declarations.routes.filter(({ tag }) => this.#deps.accounts || tag !== 'people');
  }

  /** Logs each fault once, over all revisions. */
  #warn(faults: readonly string[]): void {
    const fresh = faults.filter(fault => !this.#told.has(fault));
    for (const fault of fresh.slice(0, MAX_TOLD)) this.#deps.warn(fault);
    if (fresh.length > MAX_TOLD) this.#deps.warn(`${fresh.length - MAX_TOLD} more declarations can't be taken`);
    if (this.#told.size > MAX_REMEMBERED) this.#told.clear();
    for (const fault of fresh) this.#told.add(fault);
  }
}

/** Whether two states differ in their revision only. */
function alike(one: About, other: About): boolean {
  const said = ({ limits, can }: About) => JSON.stringify([Object.entries(limits).toSorted(), can.toSorted()]);
  return said(one) === said(other);
}

function tagged(body: string): TaggedJson {
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}
