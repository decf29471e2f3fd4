import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const digest = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();

/** The head of a value in CBOR, as short as it can be. */
const head = (major: number, size: number) => {
  if (size < 24) return Buffer.of((major << 5) | size);
  return size < 256 ? Buffer.of((major << 5) | 24, size) : Buffer.of((major << 5) | 25, size >> 8, size & 255);
};
const bytes = (value: Uint8Array) => Buffer.concat([head(2, value.length), value]);
const word = (value: string) => Buffer.concat([head(3, value.length), Buffer.from(value)]);

/** A software passkey without user verification. */
export class Passkey {
  readonly #origin: string;
  readonly #id = randomBytes(16);
  readonly #key: KeyObject;
  readonly #point: readonly Buffer[];

  constructor(origin: string) {
    this.#origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.#point = [x, y].map(each => Buffer.from(each, 'base64url'));
  }

  /** A page's answer to the options for adding a passkey. */
  added({ challenge }: { readonly challenge: string }): object {
    const [x, y] = this.#point as [Buffer, Buffer];
    // An ES256 key of the curve P-256.
    const key = Buffer.concat([Buffer.of(0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21), bytes(x), Buffer.of(0x22), bytes(y)]);
    const size = Buffer.of(this.#id.length >> 8, this.#id.length);
    const data = Buffer.concat([this.#data(0x45), Buffer.alloc(16), size, this.#id, key]);
    const parts = [Buffer.of(0xa3), word('fmt'), word('none'), word('attStmt'), Buffer.of(0xa0), word('authData')];
    const attestationObject = text(Buffer.concat([...parts, bytes(data)]));
    return this.#answer({ clientDataJSON: text(this.#client('webauthn.create', challenge)), attestationObject });
  }

  /** A page's answer to the options for signing in. */
  used({ challenge }: { readonly challenge: string }): object {
    const client = this.#client('webauthn.get', challenge);
    const data = this.#data(0x05);
    const signature = text(sign('sha256', Buffer.concat([data, digest(client)]), this.#key));
    return this.#answer({ clientDataJSON: text(client), authenticatorData: text(data), signature });
  }

  #client(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.#origin, crossOrigin: false }));
  }

  #data(flags: number): Buffer {
    return Buffer.concat([digest(new URL(this.#origin).hostname), Buffer.of(flags, 0, 0, 0, 0)]);
  }

  #answer(response: object): object {
    const id = text(this.#id);
    return { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
  }
}
