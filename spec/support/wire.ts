import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { until } from './chat.ts';

/** A TCP connection whose raw bytes can be read as text. */
export class Wire {
  readonly socket: Socket;
  #text = '';
  #closed = false;

  constructor(port: number, ...lines: readonly string[]) {
    this.socket = connect(port, '127.0.0.1').setEncoding('latin1');
    this.socket.on('data', text => {
      this.#text += text;
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.#closed = true;
    });
    this.socket.write([...lines, '', ''].join('\r\n'));
  }

  /** Everything received so far, as Latin-1: one character per byte. */
  get text(): string {
    return this.#text;
  }

  /** Everything received after the header. */
  get body(): string {
    const end = this.#text.indexOf('\r\n\r\n');
    return end < 0 ? '' : this.#text.slice(end + 4);
  }

  /** Waits until this text, or a match of the pattern, was received. */
  async says(words: string | RegExp): Promise<void> {
    const isSaid = () => (typeof words === 'string' ? this.#text.includes(words) : words.test(this.#text));
    await until(isSaid, () => this.#text.slice(-2000));
  }

  async closed(): Promise<void> {
    await until(
      () => this.#closed,
      () => 'it is open',
    );
  }
}

/** A frame as a client sends it; masked with zeros, it stays readable. */
export function frame(opcode: number, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as string);
  const head =
    bytes.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | bytes.length])
      : Buffer.alloc(bytes.length < 65_536 ? 4 : 10);
  if (bytes.length >= 126) {
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (head.length === 4 ? 126 : 127);
    if (head.length === 4) head.writeUInt16BE(bytes.length, 2);
    else head.writeBigUInt64BE(BigInt(bytes.length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), bytes]);
}

/** The lines with which a client asks for a WebSocket. */
export const handshake = (path = '/api/socket', ...more: readonly string[]) => [
  `GET ${path} HTTP/1.1`,
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ...more,
];

interface Said {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A WebSocket whose frames are read one after the other. */
export class Line {
  readonly socket: WebSocket;
  readonly #said: Said[] = [];
  /** The first frame of the server. */
  hello: Said | undefined;
  #closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(origin: string, headers: Readonly<Record<string, string>>) {
    this.socket = new WebSocket(`${origin.replace('http', 'ws')}/api/socket`, { headers });
    this.socket.on('message', bytes => {
      const said = JSON.parse(String(bytes)) as Said;
      if (this.hello) this.#said.push(said);
      else this.hello = said;
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code, reason) => {
      this.#closed = { code, reason: String(reason) };
    });
  }

  static async open(origin: string, headers: Readonly<Record<string, string>> = {}): Promise<Line> {
    const line = new Line(origin, headers);
    await until(() => line.socket.readyState === WebSocket.OPEN || line.#closed !== undefined);
    return line;
  }

  say(content: unknown): void {
    this.socket.send(typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  }

  /** The next frame after the first. */
  async next(): Promise<Said> {
    await until(
      () => this.#said.length > 0 || this.#closed !== undefined,
      () => 'nothing came',
    );
    const said = this.#said.shift();
    if (!said) throw new Error(`it was closed with ${JSON.stringify(this.#closed)}`);
    return said;
  }

  /** What comes back for a frame. */
  async ask(content: unknown): Promise<Said> {
    this.say(content);
    return this.next();
  }

  async closed(): Promise<{ readonly code: number; readonly reason: string }> {
    await until(() => this.#closed !== undefined);
    return this.#closed!;
  }

  drop(): void {
    this.socket.terminate();
  }
}
