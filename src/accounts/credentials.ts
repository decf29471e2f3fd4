import { randomBytes } from 'node:crypto';
import { passkey } from '@better-auth/passkey';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { MAX_PASSWORD, MIN_PASSWORD } from '../model/limits.ts';
import { StoreFailed } from '../store/store.ts';
import { type AccountsDatabase, type AccountsPlace, openAccountsDatabase, type SharedAccounts } from './database.ts';
import { withHashedTokens } from './hashed-sessions.ts';

/** Functions of the library, by their names there. */
type Call = (given: object) => Promise<unknown>;
/** The parts of the library that are used here. */
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

/** A condition on rows of a table; several are combined by AND. */
interface RowCondition {
  readonly field: string;
  readonly operator?: 'gt' | 'lte';
  readonly value: string | number;
}

/**
 * Access to our tables beside the library's; their columns are in `OUR_TABLES`. Calls reject if the database can't be
 * used.
 */
export interface Rows {
  create<Row>(given: { readonly model: string; readonly data: object }): Promise<Row>;
  findOne<Row>(given: { readonly model: string; readonly where: readonly RowCondition[] }): Promise<Row | null>;
  /** Returns the number of changed rows. */
  updateMany(given: {
    readonly model: string;
    readonly where: readonly RowCondition[];
    readonly update: object;
  }): Promise<number>;
  deleteMany(given: { readonly model: string; readonly where: readonly RowCondition[] }): Promise<number>;
  /** Deletes and returns a row; null if it is missing, or was deleted concurrently. */
  consumeOne<Row>(given: { readonly model: string; readonly where: readonly RowCondition[] }): Promise<Row | null>;
}

/** The session that a cookie proves. */
export interface SignedIn {
  /** Id of the session in the database. */
  readonly row: string;
  readonly person: string;
  /** End and start of the session, in milliseconds since 1970. */
  readonly until: number;
  readonly since: number;
}

/** The result of signing in: cookies, or undefined if the proof is wrong. */
type SignIn = Promise<{ readonly cookies: readonly string[]; readonly person: string } | undefined>;

interface CredentialsDeps {
  readonly at: AccountsPlace;
  /** At least 32 bytes, for signing cookies. */
  readonly secret: string;
  /** Public origin; undefined if only local. */
  readonly origin: string | undefined;
  /** The server's own port, if the origin has no port: makes cookie names of several servers on one host distinct. */
  readonly port?: string;
  /** Empty at the root. */
  readonly basePath: string;
}

/** Lifetime of a session after its last use in seconds, and the interval of extending it. */
const SESSION_S = 30 * 86_400;
const ROLLING_S = 86_400;

/** The library requires a mail address; this domain can't receive mail. */
export const mailAddressOf = (person: string) => `${person.toLowerCase()}@place.invalid`;
const personOf = (address: string) => address.slice(0, address.indexOf('@'));

/**
 * Passwords, passkeys and sessions, stored by better-auth. Only this file, database.ts and oidc.ts use
 * better-auth. It knows people by id only; names and roles are in the directory.
 */
export class Credentials {
  /** The name of the session cookie. */
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

  /** Opens or creates the database. Rejects on failure. */
  static async open({ at, secret, origin, port: own = '', basePath }: CredentialsDeps): Promise<Credentials> {
    const { protocol, hostname, port = '' } = new URL(origin ?? `http://localhost:${own}`);
    const options: BetterAuthOptions = {
      secret,
      baseURL: origin ?? 'http://localhost',
      basePath: `${basePath}/api/auth`,
      telemetry: { enabled: false },
      logger: { disabled: true },
      // Our own limits use addresses that clients behind a proxy can't forge.
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

  /** Functions across processes that share the accounts; undefined if no other process can. */
  get shared(): SharedAccounts | undefined {
    return this.#database.shared;
  }

  /** A second instance of the library on the same database, with other plugins. */
  withPlugins(more: Pick<BetterAuthOptions, 'plugins' | 'databaseHooks' | 'account'>): Library {
    return betterAuth({ ...this.#options, ...more }) as unknown as Library;
  }

  /** The session of a request's cookie; undefined if it has ended. Rejects with StoreFailed. */
  async session(cookie: string): Promise<SignedIn | undefined> {
    // A session is extended only together with its cookie.
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

  /** Cookies that extend a session, at most once a day. */
  async refreshed(cookie: string): Promise<readonly string[]> {
    return cookiesOf(await this.#respond('getSession', { headers: new Headers({ cookie }) }));
  }

  /** Creates a person's account and a session. Without a password, a random one is set, and a passkey has to follow. */
  async create(person: string, password: string | undefined): Promise<readonly string[]> {
    const body = { email: mailAddressOf(person), password: password ?? randomPassword(), name: person };
    return cookiesOf(await this.#done('signUpEmail', { body }));
  }

  /** Signs in with a password. */
  async signIn(person: string, password: string): SignIn {
    const response = await this.#respond('signInEmail', { body: { email: mailAddressOf(person), password } });
    return response.ok ? { cookies: cookiesOf(response), person } : undefined;
  }

  /**
   * Starts another session of a person from one that began at `since`; it inherits that time, and so proves no more.
   */
  async enter(person: string, since: number): Promise<readonly string[]> {
    // A person who came by an embedding page has no account yet.
    if ((await this.#user(person)) === undefined) await this.create(person, undefined);
    return cookiesOf(await this.#done('enter', { body: { address: mailAddressOf(person), since } }));
  }

  /** Takes as long as checking a wrong password, so that timing doesn't reveal who has an account. */
  async pretend(password: string): Promise<void> {
    await (await this.#library.$context).password.hash(password.slice(0, MAX_PASSWORD));
  }

  /** Ends a session. Returns cookies that delete the session cookie. */
  async signOut(cookie: string): Promise<readonly string[]> {
    const cookies = cookiesOf(await this.#done('signOut', { headers: new Headers({ cookie }) }));
    // The library ignores a failure to end the session.
    if (await this.session(cookie)) throw new StoreFailed('the session could not be ended; try again');
    return cookies;
  }

  /** Ends all sessions of a person, sets a new or random password, and starts a session. */
  async reset(person: string, password: string | undefined): Promise<readonly string[]> {
    const { internalAdapter, password: passwords } = await this.#library.$context;
    const user = await this.#user(person);
    if (user === undefined) return this.create(person, password);
    const next = password ?? randomPassword();
    const hash = await passwords.hash(next);
    const has = (await internalAdapter.findAccounts(user)).some(({ providerId }) => providerId === 'credential');
    // People who only signed in at another provider have no password yet.
    if (has) await internalAdapter.updatePassword(user, hash);
    else
      await internalAdapter.createAccount({ userId: user, accountId: user, providerId: 'credential', password: hash });
    await internalAdapter.deleteUserSessions(user);
    return (await this.signIn(person, next))?.cookies ?? [];
  }

  /** Deletes all data of a person. */
  async remove(person: string): Promise<void> {
    const user = await this.#user(person);
    if (user === undefined) return;
    const { internalAdapter } = await this.#library.$context;
    await internalAdapter.deleteUserSessions(user);
    await internalAdapter.deleteUser(user);
  }

  /**
   * Starts or completes a passkey ceremony. Returns the library's answer with its cookies; undefined if it refuses,
   * `stale` if a new sign-in is needed.
   */
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

  /** As `#respond`, for calls that can't be refused. */
  async #done(name: string, given: object): Promise<Response> {
    const response = await this.#respond(name, given);
    if (!response.ok) throw this.#failed(`${name} says ${response.status}`);
    return response;
  }

  /** The library hides the database's error and the cure. */
  #failed(said: string): StoreFailed {
    return new StoreFailed(`accounts can't be used: ${this.#database.fault() ?? said}`);
  }
}

const TEXT = { type: 'string', required: true } as const;
const TIME = { type: 'number', bigint: true, required: true } as const;

/** Our tables. Adding nullable columns needs no migration: the library creates missing columns. */
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

/**
 * A plugin that starts sessions and adds our tables. Only this file calls it, as the library serves no requests itself.
 */
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
