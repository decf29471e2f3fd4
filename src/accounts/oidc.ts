import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getOAuthState } from 'better-auth/api';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { decodeJwt } from 'jose';
import type { OidcSettings } from '../settings.ts';
import { inTime } from '../time-limit.ts';
import { type Credentials, cookiesOf, type Library, mailAddressOf } from './credentials.ts';
import { type Claims, type Entered, type Entering, externalId } from './external-identity.ts';
import { refusedWith } from './people.ts';

type Refused = ReturnType<typeof refusedWith>;

/** State of a sign-in that its return needs. */
interface Leaving {
  /** The hash of an invitation. */
  readonly invite?: string | undefined;
  /** The page to return to. */
  readonly to?: string | undefined;
}

/** Decides whether somebody may enter; `invite` is the hash of an invitation. */
type Admit = (claims: Claims, invite: string | undefined) => Promise<Entered>;

/** A running sign-in. */
interface Attempt {
  readonly admit: Admit;
  entered?: Entered;
  to?: string | undefined;
  /** Set once the caller has given up. */
  isOver?: boolean;
}

const attempts = new AsyncLocalStorage<Attempt>();

interface OidcDeps {
  readonly settings: OidcSettings;
  readonly credentials: Credentials;
  /** Where the provider redirects to: the public origin with BASE_PATH, without a trailing slash. */
  readonly place: string;
  /** Timeout of the provider in milliseconds. */
  readonly patienceMs: number;
  warn(sentence: string): void;
}

/** Signs people in by OpenID Connect. */
export class OidcSignIn {
  readonly #deps: OidcDeps;
  readonly #id: string;
  #library: Promise<Library> | undefined;

  /** Throws a sentence if the client secret can't be read. */
  constructor(deps: OidcDeps) {
    this.#deps = deps;
    // Derived from the issuer, so that subjects of a former provider are never confused with those of a new one.
    this.#id = `oidc-${createHash('sha256').update(deps.settings.issuer).digest('hex').slice(0, 16)}`;
    secretOf(deps.settings);
  }

  /** The provider's URL for signing in, and cookies that identify the browser on its return. */
  async begin(leaving: Leaving): Promise<{ readonly url: string; readonly cookies: readonly string[] } | Refused> {
    const { place, warn } = this.#deps;
    try {
      const library = await this.#inTime(this.#open());
      const body = {
        provider: this.#id,
        callbackURL: `${place}/`,
        errorCallbackURL: `${place}/`,
        disableRedirect: true,
        additionalData: leaving,
      };
      const response = (await this.#inTime(library.api.signInSocial!({ body, asResponse: true }))) as Response;
      if (!response.ok) throw new Error(`the answer was ${response.status}`);
      return { url: ((await response.json()) as { readonly url: string }).url, cookies: cookiesOf(response) };
    } catch (error) {
      this.#library = undefined;
      warn(`nobody can sign in at ${this.#deps.settings.issuer}: ${(error as Error).message}`);
      return FAILED;
    }
  }

  /** Completes a sign-in: verifies it, and checks that the person may enter. On failure nothing was created. */
  async finish(
    cookie: string,
    query: Readonly<Record<string, string>>,
    admit: Admit,
  ): Promise<({ readonly entered: Entering; readonly cookies: readonly string[] } | Refused) & Pick<Leaving, 'to'>> {
    const attempt: Attempt = { admit };
    try {
      const library = await this.#inTime(this.#open());
      const request = {
        method: 'GET',
        params: { id: this.#id },
        query,
        headers: new Headers({ cookie }),
        asResponse: true,
      };
      const response = (await this.#inTime(
        attempts.run(attempt, () => library.api.callbackOAuth!(request)),
      )) as Response;
      const { entered, to } = attempt;
      if (entered && !('person' in entered)) return { ...entered, to };
      const fault = new URL(response.headers.get('location') ?? '/', this.#deps.place).searchParams.get('error');
      if (entered && fault === null && response.status < 400) return { entered, to, cookies: cookiesOf(response) };
      this.#deps.warn(`signing in at ${this.#deps.settings.issuer} was refused: ${fault ?? response.status}`);
      return REFUSED;
    } catch (error) {
      attempt.isOver = true;
      this.#deps.warn(`${this.#deps.settings.issuer} gave no answer: ${(error as Error).message}`);
      return FAILED;
    }
  }

  /** Applies the provider's timeout. */
  #inTime<T>(work: Promise<T>): Promise<T> {
    const { patienceMs } = this.#deps;
    return inTime(work, patienceMs, () => {
      throw new Error(`it took longer than ${patienceMs / 1000} s`);
    });
  }

  /** Loads the provider's configuration once; retries after a failure. */
  #open(): Promise<Library> {
    this.#library ??= this.#load();
    this.#library.catch(() => {
      this.#library = undefined;
    });
    return this.#library;
  }

  async #load(): Promise<Library> {
    const { settings, credentials, place } = this.#deps;
    const { issuer, clientId, scopes } = settings;
    const clientSecret = secretOf(settings);
    const plugin = genericOAuth({
      config: [
        {
          providerId: this.#id,
          discoveryUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
          clientId,
          ...(clientSecret !== undefined && { clientSecret, authentication: 'basic' as const }),
          redirectURI: `${place}/api/auth/callback/oidc`,
          scopes: [...scopes],
          pkce: true,
          requireIdTokenVerification: true,
          getUserInfo: async ({ idToken }) => this.#admitted(idToken),
        },
      ],
    });
    const library = credentials.withPlugins({
      plugins: [plugin],
      // The address is made of issuer and subject, so that accounts with equal addresses belong to the same person.
      account: {
        updateAccountOnSignIn: false,
        accountLinking: { trustedProviders: [this.#id], requireLocalEmailVerified: false },
      },
      // The provider's tokens are not needed afterwards.
      databaseHooks: {
        account: {
          create: {
            before: async account => ({
              data: { ...account, accessToken: null, refreshToken: null, idToken: null } as typeof account,
            }),
          },
        },
      },
    });
    await library.$context;
    return library;
  }

  /** The account for a verified token, if the person may enter. The library calls this before it creates anything. */
  async #admitted(idToken: string | undefined) {
    const attempt = attempts.getStore();
    const claims = idToken === undefined ? undefined : (decodeJwt(idToken) as Claims);
    if (!attempt || !claims || claims.iss !== this.#deps.settings.issuer || attempt.isOver) return null;
    const { invite, to } = ((await getOAuthState()) ?? {}) as Leaving;
    attempt.to = to;
    attempt.entered = await attempt.admit(claims, invite);
    if (!('person' in attempt.entered)) return null;
    const email = mailAddressOf(externalId(claims));
    return { id: claims.sub, sub: claims.sub, name: attempt.entered.person.id, email, emailVerified: true };
  }
}

const FAILED = refusedWith('provider-failed', 'the server where you sign in gives no answer; try again later');
const REFUSED = refusedWith('provider-refused', 'signing in there did not work; try again');

/** The client secret. Throws a sentence if its file can't be read. */
function secretOf({ secret, secretFile }: OidcSettings): string | undefined {
  if (secretFile === undefined) return secret;
  try {
    return readFileSync(secretFile, 'utf8').trim();
  } catch (error) {
    throw new Error(`the file of OIDC_CLIENT_SECRET_FILE can't be read: ${(error as Error).message}`);
  }
}
