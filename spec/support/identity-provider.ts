import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import Provider from 'oidc-provider';

/** A client that the provider knows, and what people come back by. */
export const CLIENT = { id: 'chat', secret: 'a secret of the chat' };

/** What a lying provider puts in place of its tokens. */
export type Lie = (claims: JWTPayload, issuer: string) => Promise<object> | object;

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** oidc-provider on loopback: whoever comes is the person who is there at the moment, without being asked. */
export class IdentityProvider {
  readonly issuer: string;
  /** What is said of who is there. */
  person: Readonly<Record<string, unknown>> & { sub: string } = { sub: 'nobody' };
  /** Answers the exchange of a code in place of the provider. */
  lie: Lie | undefined;
  /** Answers any request in place of the provider. */
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

  /** What the provider would say in a token, signed by its key unless another one is given. */
  sign(claims: JWTPayload, key: CryptoKey | Uint8Array = this.#key, header = { alg: 'RS256', kid: 'first' }) {
    return new SignJWT(claims).setProtectedHeader(header).sign(key);
  }

  /** Goes where the chat sends a browser, as far as the address by which it comes back. */
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

  /** Says yes to whatever the provider would ask. */
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
