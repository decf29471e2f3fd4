import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import Provider from 'oidc-provider';

/** The client that the provider knows. */
export const CLIENT = { id: 'chat', secret: 'a secret of the chat' };

/** Makes the tokens of a lying provider. */
export type Lie = (claims: JWTPayload, issuer: string) => Promise<object> | object;

/** An unused port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Signs in the configured person without a form. */
export class IdentityProvider {
  readonly issuer: string;
  /** Claims about the configured person. */
  person: Readonly<Record<string, unknown>> & { sub: string } = { sub: 'nobody' };
  /** Replaces the provider's answer to the exchange of a code. */
  lie: Lie | undefined;
  /** Replaces the provider's answer to any request. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly #server: Server;
  readonly #key: CryptoKey;
  #nonce = '';

  private constructor(server: Server, issuer: string, key: CryptoKey) {
    this.#server = server;
    this.issuer = issuer;
    this.#key = key;
  }

  static async start(redirect: string): Promise<IdentityProvider> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const server = createServer();
    const port = await freePort();
    const issuer = `http://localhost:${port}`;
    const identity = new IdentityProvider(server, issuer, privateKey);
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [redirect],
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'first', alg: 'RS256', use: 'sig' }] },
      cookies: { keys: ['a key of cookies'] },
      conformIdTokenClaims: false,
      ttl: { Interaction: 60, Session: 60, Grant: 60, AccessToken: 60, IdToken: 60 },
      claims: {
        openid: ['sub'],
        profile: ['name', 'preferred_username', 'groups'],
        email: ['email', 'email_verified'],
      },
      findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => identity.person }),
      interactions: { url: () => '/interaction' },
      features: { devInteractions: { enabled: false } },
    });
    const answer = provider.callback();
    server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
      const url = new URL(request.url!, issuer);
      if (identity.instead?.(request, response)) return;
      if (url.pathname === '/auth') identity.#nonce = url.searchParams.get('nonce') ?? identity.#nonce;
      if (url.pathname === '/interaction') return identity.#interact(provider, request, response);
      if (url.pathname === '/token' && identity.lie) return identity.#liesTo(request, response);
      answer(request, response);
    });
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
    return identity;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  /** Signs claims as the provider does, by its key unless another one is given. */
  sign(claims: JWTPayload, key: CryptoKey | Uint8Array = this.#key, header = { alg: 'RS256', kid: 'first' }) {
    return new SignJWT(claims).setProtectedHeader(header).sign(key);
  }

  /** Follows the redirects from the chat, up to the address of the return. */
  async visit(url: string): Promise<URL> {
    let at = new URL(url);
    const cookies = new Map<string, string>();
    while (at.origin === this.issuer) {
      const response = await fetch(at, {
        redirect: 'manual',
        headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
        cookies.set(name!, value!);
      }
      const next = response.headers.get('location');
      if (next === null) throw new Error(`${at.pathname} answers ${response.status}: ${await response.text()}`);
      at = new URL(next, at);
    }
    return at;
  }

  /** Accepts every request for consent. */
  async #interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params } = await provider.interactionDetails(request, response);
    const { sub: accountId } = this.person;
    if (prompt.name === 'login') return provider.interactionFinished(request, response, { login: { accountId } });
    const grant = new provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope!);
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  }

  async #liesTo(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const now = Math.floor(Date.now() / 1000);
    const { issuer: iss, person } = this;
    const claims = { iss, aud: CLIENT.id, iat: now, exp: now + 60, nonce: this.#nonce, ...person };
    const tokens = await this.lie!(claims, iss);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ access_token: 'x', token_type: 'Bearer', ...tokens }));
  }
}
