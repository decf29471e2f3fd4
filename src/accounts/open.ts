import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replacePrivate } from '../files/contents.ts';
import { hide } from '../files/data-folder.ts';
import type { EmbedSettings, OidcSettings } from '../settings.ts';
import { databaseVariables, open, sharedSecret } from '../store/open.ts';
import { StoreFailed } from '../store/store.ts';
import { parseStoreUrl } from '../store/url.ts';
import type { Accounts } from './accounts.ts';
import type { Credentials } from './credentials.ts';
import type { OidcSignIn } from './oidc.ts';

interface Given {
  readonly data: string;
  /** Public origin; undefined if only local. */
  readonly origin: string | undefined;
  readonly basePath: string;
  readonly provider?: OidcSettings | undefined;
  readonly embed?: EmbedSettings | undefined;
  /** The store with people and rooms. */
  readonly store: string;
  /** The server's own origin. */
  readonly url: string;
  hashAddress(address: string): string;
  /** Called with the server's name when it changes. */
  called(name: string): void;
  /** Called with the ids of people who changed their name or role, joined or left. */
  peopleChanged(ids: string[]): void;
  /** The access rules of the live graph; undefined if they can't be set from here. */
  rulesNow(): string | undefined;
  /** Publishes other access rules. Rejects with a sentence on failure. */
  publishRules(rules: string): Promise<void>;
  warn(sentence: string): void;
}

/** Timeout of an OpenID provider in milliseconds. */
const PROVIDER_PATIENCE_MS = 10_000;

/** Pause between attempts to reach an unavailable database, in milliseconds. */
const AWAY_PAUSE_MS = 500;

/** The secret of this server's accounts in DATA, generated on first use. Throws a sentence if it can't be saved. */
function accountsSecret(data: string): string {
  const file = join(data, 'auth-secret');
  try {
    hide(file);
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length >= 32) return secret;
    throw new Error('it holds no good secret; delete it, and everybody signs in anew');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Error(`${file} can't be used: ${(error as Error).message}`);
    const secret = randomBytes(32).toString('base64url');
    replacePrivate(file, `${secret}\n`);
    return secret;
  }
}

/** Derives a key for one purpose from that secret. */
const keyFor = (secret: string, purpose: string): Buffer => createHmac('sha256', secret).update(purpose).digest();

/**
 * The key for hashing addresses. Processes that share a store use the same key, so that a caller is the same at each;
 * with accounts it is permanent, as bans use the hashes.
 */
export function addressKeyOf({ accounts, data }: { readonly accounts: boolean; readonly data: string }): () => Buffer {
  let own: Buffer | undefined;
  let shared: Buffer | undefined;
  return () => {
    const secret = shared ? undefined : sharedSecret();
    if (secret !== undefined) shared = keyFor(secret, 'addresses');
    if (shared) return shared;
    own ??= accounts ? keyFor(accountsSecret(data), 'addresses') : randomBytes(32);
    return own;
  };
}

/** Opens people's accounts, and loads their library. Rejects with a sentence on failure. */
export async function openAccounts(given: Given): Promise<Accounts> {
  const { data, origin, basePath, url, hashAddress, warn } = given;
  const [
    { Credentials },
    { AccountKeeper },
    { answerAccount, isOwn },
    { carryOutOrder },
    { PeopleLog },
    { SharedPeopleLog },
  ] = await Promise.all([
    import('./credentials.ts'),
    import('./keeper.ts'),
    import('./endpoints.ts'),
    import('./people-endpoints.ts'),
    import('./audit.ts'),
    import('./shared-audit.ts'),
  ]);
  const file = join(data, 'accounts.db');
  const store = open(given.store);
  try {
    const directory = await onceThere(() => store.directory(), warn);
    const shared = await store.sharedSecret();
    const named = parseStoreUrl(given.store);
    const at =
      named.kind === 'postgres' && shared !== undefined
        ? {
            postgres: named.name,
            variables: databaseVariables(),
            secret: keyFor(shared, 'accounts').toString('base64url'),
          }
        : { file, secret: accountsSecret(data) };
    const credentials = await Credentials.open({
      at,
      secret: at.secret,
      origin,
      port: new URL(url).port,
      basePath,
    }).catch((error: Error) => {
      if ('postgres' in at) throw error;
      throw new Error(
        `${file} can't be opened: ${error.message}; put a backup in its place, or move it away, and everybody gets a new link`,
      );
    });
    if ('postgres' in at && existsSync(file))
      warn(
        `${file} is not used, as accounts are in ${given.store} with those of all processes; whoever could sign in by it gets a new link by "npm run person -- reset NAME"; then delete it`,
      );
    const { shared: together } = credentials;
    const place = `${origin ?? url}${basePath}/`;
    const provider = given.provider && (await openOidc(given.provider, credentials, place, warn));
    const deps = {
      directory,
      credentials,
      provider,
      embed: given.embed && new (await import('./embed.ts')).EmbedTokens(given.embed, warn),
      rules: given.provider?.rules ?? [],
      audit: together ? new SharedPeopleLog(together.schema, together.ask, warn) : new PeopleLog(data, warn),
      data,
      setupCode: shared === undefined ? undefined : keyFor(shared, 'setup').toString('base64url').slice(0, 32),
      place,
      hashAddress,
      called: given.called,
      peopleChanged: given.peopleChanged,
      rulesNow: given.rulesNow,
      publishRules: given.publishRules,
      warn,
    };
    const answers = { isOwn, answer: answerAccount, order: carryOutOrder };
    return new AccountKeeper(deps, answers, () => store.close());
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Waits for an unavailable database, with a warning. Rejects at once for a permanent error. */
async function onceThere<T>(work: () => Promise<T>, warn: (sentence: string) => void): Promise<T> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreFailed) || !error.isTransient) throw error;
      if (!isTold) warn(`the start waits for the database, as people's accounts are there: ${error.message}`);
      await sleep(AWAY_PAUSE_MS);
    }
  }
}

/** Opens the OpenID provider, and loads its part of the library. */
async function openOidc(
  settings: OidcSettings,
  credentials: Credentials,
  place: string,
  warn: (sentence: string) => void,
): Promise<OidcSignIn> {
  const { OidcSignIn } = await import('./oidc.ts');
  return new OidcSignIn({
    settings,
    credentials,
    place: place.replace(/\/$/, ''),
    patienceMs: PROVIDER_PATIENCE_MS,
    warn,
  });
}
