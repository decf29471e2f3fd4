import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replacePrivate } from '../files/contents.ts';
import { hide } from '../files/data-folder.ts';
import type { EmbedSettings, ProviderSettings } from '../settings.ts';
import { open, sharedSecret } from '../store/open.ts';
import type { Accounts } from './accounts.ts';
import type { Credentials } from './credentials.ts';
import type { Provider } from './provider.ts';

interface Given {
  readonly data: string;
  /** Scheme, host and port by which people reach the server; undefined where only this machine does. */
  readonly origin: string | undefined;
  readonly basePath: string;
  readonly provider?: ProviderSettings | undefined;
  readonly embed?: EmbedSettings | undefined;
  /** Where people and rooms are. */
  readonly store: string;
  /** Scheme, host and port of the server itself. */
  readonly url: string;
  hashAddress(address: string): string;
  /** Called with the name of the place, whenever it gets one. */
  called(name: string): void;
  /** Called with the ids of people who have another name or role, have joined or have gone. */
  peopleChanged(ids: string[]): void;
  /** Who may do what by the live graph; undefined if that can't be set from here. */
  rulesNow(): string | undefined;
  /** Makes other rules live. Rejects with a sentence if that can't be. */
  publishRules(rules: string): Promise<void>;
  warn(sentence: string): void;
}

/** Milliseconds that another server may take where people sign in there. */
const PROVIDER_PATIENCE_MS = 10_000;

/** The secret of this server's accounts in DATA, which is made at the first start. Throws a sentence if it can't be kept. */
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

/** A key for one purpose, of that secret. */
const keyFor = (secret: string, purpose: string): Buffer => createHmac('sha256', secret).update(purpose).digest();

/**
 * The key by which addresses are hashed. Processes that share a store have the same, so that a caller is the same at each
 * of them; where people can be banned by it, it outlives the process.
 */
export function addressKeyOf({ accounts, data }: { readonly accounts: boolean; readonly data: string }): () => Buffer {
  const own = accounts ? keyFor(accountsSecret(data), 'addresses') : randomBytes(32);
  let shared: Buffer | undefined;
  return () => {
    const secret = shared ? undefined : sharedSecret();
    if (secret !== undefined) shared = keyFor(secret, 'addresses');
    return shared ?? own;
  };
}

/** Opens people's accounts; only here their library is loaded. Rejects with a sentence if that can't be. */
export async function openAccounts(given: Given): Promise<Accounts> {
  const { data, origin, basePath, url, hashAddress, warn } = given;
  const [{ Credentials }, { AccountKeeper }, { answerAccount, isOwn }, { carryOutOrder }, { PeopleLog }] =
    await Promise.all([
      import('./credentials.ts'),
      import('./keeper.ts'),
      import('./endpoints.ts'),
      import('./people-endpoints.ts'),
      import('./audit.ts'),
    ]);
  const file = join(data, 'accounts.db');
  if (given.store.startsWith('postgres:'))
    warn(
      `passwords, passkeys and sessions are in ${file}, for this process alone, while people are in ${given.store}; run one process with ACCOUNTS=on, as who has signed in here is a guest at others`,
    );
  const secret = accountsSecret(data);
  const store = open(given.store);
  try {
    const directory = await store.directory();
    const credentials = await Credentials.open({ file, secret, origin, port: new URL(url).port, basePath }).catch(
      (error: Error) => {
        throw new Error(
          `${file} can't be opened: ${error.message}; put a backup in its place, or move it away, and everybody gets a new link`,
        );
      },
    );
    const place = `${origin ?? url}${basePath}/`;
    const provider = given.provider && (await openProvider(given.provider, credentials, place, warn));
    const deps = {
      directory,
      credentials,
      provider,
      embed: given.embed && new (await import('./embed.ts')).EmbedTokens(given.embed, warn),
      rules: given.provider?.rules ?? [],
      audit: new PeopleLog(data, warn),
      data,
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

/** What signs people in elsewhere; its part of the library is loaded only here. */
async function openProvider(
  settings: ProviderSettings,
  credentials: Credentials,
  place: string,
  warn: (sentence: string) => void,
): Promise<Provider> {
  const { Provider } = await import('./provider.ts');
  return new Provider({
    settings,
    credentials,
    place: place.replace(/\/$/, ''),
    patienceMs: PROVIDER_PATIENCE_MS,
    warn,
  });
}
