import { randomBytes } from 'node:crypto';
import { passkey } from '@better-auth/passkey';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { MAX_PASSWORD, MIN_PASSWORD } from '../model/limits.ts';
import { StoreFailed } from '../store/store.ts';
import { type AccountsDatabase, type AccountsPlace, openAccountsDatabase, type SharedAccounts } from './database.ts';
import { withHashedTokens } from './hashed-sessions.ts';

/** The library's functions that are used here, by their names there. */
type Call = (given: object) => Promise<unknown>;
/** What is used of the library. */
export interface Library {
  readonly api: Readonly<Record<string, Call>>;
  readonly $context: Promise<{
    readonly adapter: Rows;
    readonly internalAdapter: {
      deleteUserSessions(user: string): Promise<void>;
      findUserByEmail(email: string): Promise<{ readonly user: { readonly id: string } } | null>;
      deleteUser(user: string): Promise<void>;
      findAccounts(user: string): Promise<readonly { readonly providerId: string }[]>;
      createAccount(account: object): Promise<unknown>;
      updatePassword(user: string, hash: string): Promise<void>;
    };
    readonly password: { hash(password: string): Promise<string> };
  }>;
}

/** A condition that rows of a table meet; several hold together. */
interface RowCondition {
  readonly field: string;
  readonly operator?: 'gt' | 'lte';
  readonly value: string | number;
}

/** Tables of ours beside the library's, of which `OUR_TABLES` has the columns. All reject if the database can't be used. */
export interface Rows {
  create<Row>(given: { readonly model: string; readonly data: object }): Promise<Row>;
  findOne<Row>(given: { readonly model: string; readonly where: readonly RowCondition[] }): Promise<Row | null>;
  /** Returns how many there were. */
  updateMany(given: {
    readonly model: string;
    readonly where: readonly RowCondition[];
    readonly update: object;
  }): Promise<number>;
  deleteMany(given: { readonly model: string; readonly where: readonly RowCondition[] }): Promise<number>;
  /** Deletes a row and returns it; null if there is none, or somebody else was faster. */
  consumeOne<Row>(given: { readonly model: string; readonly where: readonly RowCondition[] }): Promise<Row | null>;
}

/** Who a cookie proves to be there. */
export interface SignedIn {
  /** Id of the session in the database. */
  readonly row: string;
  readonly person: string;
  /** Milliseconds since 1970, when the session ends, and when it began. */
  readonly until: number;
  readonly since: number;
}

/** What signing in comes to: cookies, or undefined if what was shown is wrong. */
type SignIn = Promise<{ readonly cookies: readonly string[]; readonly person: string } | undefined>;

interface CredentialsDeps {
  readonly at: AccountsPlace;
  /** 32 bytes or more, which sign cookies. */
  readonly secret: string;
  /** Scheme, host and port by which people reach the server; undefined where only this machine does. */
  readonly origin: string | undefined;
  /** The server's own port, unless the origin says another one: cookies of two servers on one host have different names. */
  readonly port?: string;
  /** Empty at the root. */
  readonly basePath: string;
}

/** Seconds that a session lives after it was used last, and after which its end is moved. */
const SESSION_S = 30 * 86_400;
const ROLLING_S = 86_400;

/** The library wants an address of everybody; nobody can send anything to this one. */
export const mailAddressOf = (person: string) => `${person.toLowerCase()}@place.invalid`;
const personOf = (address: string) => address.slice(0, address.indexOf('@'));

/**
 * Passwords, passkeys and sessions, kept by better-auth, which only this file and those of hashed sessions and the provider know. It
 * knows people by their ids alone; names and roles are the directory's.
 */
export class Credentials {
  /** The name of the cookie that proves a session. */
  readonly cookieName: string;
  readonly #library: Library;
  readonly #options: BetterAuthOptions;
  readonly #database: AccountsDatabase;
  readonly rows: Rows;

  private constructor(library: Library, rows: Rows, options: BetterAuthOptions, database: AccountsDatabase) {
    const { cookiePrefix, useSecureCookies } = options.advanced!;
    this.cookieName = `${useSecureCookies ? '__Secure-' : ''}${cookiePrefix}.session_token`;
    this.#library = library;
    this.rows = rows;
    this.#options = options;
    this.#database = database;
  }

  /** Opens or makes the database. Rejects if that can't be. */
  static async open({ at, secret, origin, port: own = '', basePath }: CredentialsDeps): Promise<Credentials> {
    const { protocol, hostname, port = '' } = new URL(origin ?? `http://localhost:${own}`);
    const options: BetterAuthOptions = {
      secret,
      baseURL: origin ?? 'http://localhost',
      basePath: `${basePath}/api/auth`,
      telemetry: { enabled: false },
      logger: { disabled: true },
      // Ours count by addresses that a proxy can't forge.
      rateLimit: { enabled: false },
      emailAndPassword: { enabled: true, minPasswordLength: MIN_PASSWORD, maxPasswordLength: MAX_PASSWORD },
      session: { expiresIn: SESSION_S, updateAge: ROLLING_S, cookieCache: { enabled: false } },
      advanced: {
        cookiePrefix: `flowchat${port && `-${port}`}${basePath.replaceAll('/', '-')}`,
        useSecureCookies: protocol === 'https:',
        defaultCookieAttributes: { path: `${basePath}/`, httpOnly: true, sameSite: 'lax' },
        ipAddress: { disableIpTracking: true },
      },
      plugins: [entry, passkey({ rpID: hostname, rpName: 'flowchat', ...(origin !== undefined && { origin }) })],
    };
    const database = await openAccountsDatabase(at, options);
    const hashing = { ...options, database: (given: BetterAuthOptions) => withHashedTokens(database.adapter(given)) };
    const library = betterAuth(hashing) as unknown as Library;
    return new Credentials(library, (await library.$context).adapter, hashing, database);
  }

  /** What processes that share the accounts do together; undefined if no other can. */
  get shared(): SharedAccounts | undefined {
    return this.#database.shared;
  }

  /** The library once more over the same database, with other plugins. */
  withPlugins(more: Pick<BetterAuthOptions, 'plugins' | 'databaseHooks' | 'account'>): Library {
    return betterAuth({ ...this.#options, ...more }) as unknown as Library;
  }

  /** Whose session the cookie of a request is; undefined if it is nobody's any more. Rejects with StoreFailed. */
  async session(cookie: string): Promise<SignedIn | undefined> {
    // It lasts longer only where the cookie does, too.
    const query = { disableRefresh: true };
    const asked = this.#library.api.getSession!({ headers: new Headers({ cookie }), query });
    const found = (await asked.catch((error: Error) => {
      throw this.#failed(error.message);
    })) as {
      readonly user: { readonly email: string };
      readonly session: { readonly id: string; readonly expiresAt: Date; readonly createdAt: Date };
    } | null;
    if (!found) return;
    const { id: row, expiresAt, createdAt } = found.session;
    const [until, since] = [expiresAt, createdAt].map(time => Number(new Date(time))) as [number, number];
    return { row, person: personOf(found.user.email), until, since };
  }

  /** Cookies that make a session last longer, once a day. */
  async refreshed(cookie: string): Promise<readonly string[]> {
    return cookiesOf(await this.#respond('getSession', { headers: new Headers({ cookie }) }));
  }

  /** Makes the account of a person, and a session. Without a password nobody knows it, and a passkey has to follow. */
  async create(person: string, password: string | undefined): Promise<readonly string[]> {
    const body = { email: mailAddressOf(person), password: password ?? randomPassword(), name: person };
    return cookiesOf(await this.#done('signUpEmail', { body }));
  }

  /** Signs in by a password. */
  async signIn(person: string, password: string): SignIn {
    const response = await this.#respond('signInEmail', { body: { email: mailAddressOf(person), password } });
    return response.ok ? { cookies: cookiesOf(response), person } : undefined;
  }

  /** Begins a session of a person by another one of theirs, which began at `since`, so that it proves no more than that. */
  async enter(person: string, since: number): Promise<readonly string[]> {
    // Whom the server of another page knows has no account yet.
    if ((await this.#user(person)) === undefined) await this.create(person, undefined);
    return cookiesOf(await this.#done('enter', { body: { address: mailAddressOf(person), since } }));
  }

  /** Costs as much as a wrong password, so that nobody learns who is there. */
  async pretend(password: string): Promise<void> {
    await (await this.#library.$context).password.hash(password.slice(0, MAX_PASSWORD));
  }

  /** Ends one session. Returns the cookies that are forgotten. */
  async signOut(cookie: string): Promise<readonly string[]> {
    const cookies = cookiesOf(await this.#done('signOut', { headers: new Headers({ cookie }) }));
    // The library tells nobody that it could not.
    if (await this.session(cookie)) throw new StoreFailed('the session could not be ended; try again');
    return cookies;
  }

  /** Ends all sessions of a person, gives them another password, or none that anybody knows, and begins a session. */
  async reset(person: string, password: string | undefined): Promise<readonly string[]> {
    const { internalAdapter, password: passwords } = await this.#library.$context;
    const user = await this.#user(person);
    if (user === undefined) return this.create(person, password);
    const next = password ?? randomPassword();
    const hash = await passwords.hash(next);
    const has = (await internalAdapter.findAccounts(user)).some(({ providerId }) => providerId === 'credential');
    // Who has only signed in elsewhere so far has no password that could be another one.
    if (has) await internalAdapter.updatePassword(user, hash);
    else
      await internalAdapter.createAccount({ userId: user, accountId: user, providerId: 'credential', password: hash });
    await internalAdapter.deleteUserSessions(user);
    return (await this.signIn(person, next))?.cookies ?? [];
  }

  /** Forgets all of a person. */
  async remove(person: string): Promise<void> {
    const user = await this.#user(person);
    if (user === undefined) return;
    const { internalAdapter } = await this.#library.$context;
    await internalAdapter.deleteUserSessions(user);
    await internalAdapter.deleteUser(user);
  }

  /** Begins or ends a ceremony of passkeys. Returns the library's answer with its cookies; undefined if it refuses, `stale` if one has to sign in anew. */
  async ceremony(
    step: 'registerOptions' | 'register' | 'signInOptions' | 'signIn' | 'list' | 'remove',
    headers: { readonly cookie: string; readonly origin: string },
    body: Readonly<Record<string, unknown>> = {},
  ): Promise<{ readonly body: unknown; readonly cookies: readonly string[] } | 'stale' | undefined> {
    const isQuery = step.endsWith('Options');
    const response = await this.#respond(CEREMONIES[step], {
      headers: new Headers(headers),
      ...(isQuery ? { query: {} } : step !== 'list' && { body }),
    });
    if (!response.ok) return response.status === 403 ? 'stale' : undefined;
    return { body: await response.json(), cookies: cookiesOf(response) };
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #user(person: string): Promise<string | undefined> {
    const { internalAdapter } = await this.#library.$context;
    return (await internalAdapter.findUserByEmail(mailAddressOf(person)))?.user.id;
  }

  async #respond(name: string, given: object): Promise<Response> {
    const response = (await this.#library.api[name]!({ ...given, asResponse: true })) as Response;
    if (response.status >= 500) throw this.#failed(`${name} says ${response.status}`);
    return response;
  }

  /** As `#respond`, where nothing is refused. */
  async #done(name: string, given: object): Promise<Response> {
    const response = await this.#respond(name, given);
    if (!response.ok) throw this.#failed(`${name} says ${response.status}`);
    return response;
  }

  /** The library tells neither what its database has said nor what to do about it. */
  #failed(said: string): StoreFailed {
    return new StoreFailed(`accounts can't be used: ${this.#database.fault() ?? said}`);
  }
}

const TEXT = { type: 'string', required: true } as const;
const TIME = { type: 'number', bigint: true, required: true } as const;

/** Our tables. A change of them needs no migration where it only adds what may be empty: the library makes what is missing. */
const OUR_TABLES = {
  deviceLink: {
    fields: {
      person: { ...TEXT, index: true },
      secret: { ...TEXT, unique: true },
      number: TEXT,
      state: TEXT,
      since: { ...TIME, required: false },
      until: { ...TIME, index: true },
    },
  },
  lentToken: {
    fields: { hash: { ...TEXT, unique: true }, person: { ...TEXT, index: true }, until: { ...TIME, index: true } },
  },
};

/** Begins sessions, and brings our tables. Only this file calls it, as the library answers no request itself. */
const entry = {
  id: 'flowchat',
  schema: OUR_TABLES,
  endpoints: {
    enter: createAuthEndpoint('/enter', { method: 'POST' }, async context => {
      const { internalAdapter } = context.context;
      const { address, since } = context.body as unknown as { readonly address: string; readonly since: number };
      const { user } = (await internalAdapter.findUserByEmail(address))!;
      const session = await internalAdapter.createSession(user.id, false, { createdAt: new Date(since) }, true);
      await setSessionCookie(context, { session, user });
      return context.json({});
    }),
  },
};

const CEREMONIES = {
  registerOptions: 'generatePasskeyRegistrationOptions',
  register: 'verifyPasskeyRegistration',
  signInOptions: 'generatePasskeyAuthenticationOptions',
  signIn: 'verifyPasskeyAuthentication',
  list: 'listPasskeys',
  remove: 'deletePasskey',
} as const;

const randomPassword = () => randomBytes(48).toString('base64url');

export const cookiesOf = (response: Response): readonly string[] => response.headers.getSetCookie();
