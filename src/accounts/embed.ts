import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import type { EmbedSettings } from '../settings.ts';
import type { Claims } from './external-identity.ts';
import { refusedWith } from './people.ts';

/** Asymmetric signatures only: whoever can verify HS256 can also forge it. */
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
/** Maximal age of a token in seconds, so that an old one is useless to a thief. */
const MAX_AGE_S = 300;
/** Tolerated difference of two servers' clocks in seconds. */
const TOLERANCE_S = 10;
/** Timeout in milliseconds, and limit in bytes, for fetching keys. */
const KEYS_TIMEOUT_MS = 5000;
const MAX_KEYS_BYTES = 256 * 1024;
/** Milliseconds until keys are fetched again, for an unknown key id and in general. */
const COOLDOWN_MS = 10_000;
const MAX_KEYS_AGE_MS = 600_000;
const MAX_SUBJECT = 255;

/** Verifies tokens by which the server of an embedding page identifies its users. */
export class EmbedTokens {
  readonly #settings: EmbedSettings;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  readonly #warn: (sentence: string) => void;

  constructor(settings: EmbedSettings, warn: (sentence: string) => void) {
    this.#settings = settings;
    this.#warn = warn;
    this.#keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
      timeoutDuration: KEYS_TIMEOUT_MS,
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: MAX_KEYS_AGE_MS,
      [customFetch]: fetchKeys,
    });
  }

  /** The claims of a valid token, or a refusal. */
  async read(token: string): Promise<{ readonly claims: Claims } | ReturnType<typeof refusedWith>> {
    const { issuer, audience } = this.#settings;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        maxTokenAge: MAX_AGE_S,
        clockTolerance: TOLERANCE_S,
        requiredClaims: ['exp', 'iat', 'sub'],
      });
      const { sub } = payload;
      if (typeof sub === 'string' && sub !== '' && sub.length <= MAX_SUBJECT)
        return { claims: { ...payload, iss: issuer, sub } };
      return refusedWith('provider-refused', `the token's sub must be a text of 1 to ${MAX_SUBJECT} characters`);
    } catch (error) {
      if (isOfToken(error as Error))
        return refusedWith('provider-refused', `the token is not taken: ${(error as Error).message}`);
      this.#warn(`the keys at ${this.#settings.jwksUrl} can't be had: ${(error as Error).message}`);
      return refusedWith('provider-failed', 'the keys that tokens are checked by cannot be had at the moment');
    }
  }
}

/** Whether an error is caused by the token, not by the key server. */
const isOfToken = (error: Error) =>
  [
    errors.JWTClaimValidationFailed,
    errors.JWTExpired,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
  ].some(kind => error instanceof kind);

/** Fetches the keys; rejects an oversized response. */
async function fetchKeys(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_KEYS_BYTES) throw new Error(`the answer has more than ${MAX_KEYS_BYTES / 1024} KiB`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status });
}
