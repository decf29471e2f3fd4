import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Probe } from './fuzz-probe.ts';
import { Project } from './project.ts';
import { folder, graph } from './server.ts';

export const SECRET = 'the editor 7a1f may edit';
export const VIEW_SECRET = 'the viewer 3c9e may look';

/** What a server is started with. */
interface Given {
  /** Whether editors may submit code. */
  readonly code?: boolean;
  /** Other settings. */
  readonly given?: Readonly<Record<string, string>>;
  /** Changes the project, or its data, before the start. */
  prepare?(target: Target): void;
}

/** A whole server in a process of its own, in a copy of the project. */
export class Target {
  readonly project = new Project({ startable: true });
  readonly data = folder();
  readonly file: string;
  readonly #child: ChildProcess;
  #said = '';

  private constructor({ code, given = {}, prepare }: Given) {
    this.file = graph(join(this.project.root, 'graphs'), { BURST: '1000000', RATE: '1000000' });
    prepare?.(this);
    const env = {
      PORT: '0',
      DATA: join(this.data.path, 'data'),
      GRAPH: 'graphs/chat.fbp',
      TRUST_PROXY: 'on',
      EDITOR_SECRET: SECRET,
      EDITOR_VIEW_SECRET: VIEW_SECRET,
      EDITOR_CODE: code ? 'on' : 'off',
      ...given,
    };
    const probe = join(import.meta.dirname, 'fuzz-probe.ts');
    this.#child = spawn(process.execPath, ['-r', './src/node24.cjs', '--import', probe, 'src/main.ts'], {
      cwd: this.project.root,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', text => {
        this.#said += text;
      });
    }
  }

  static async start(given: Given = {}): Promise<Target> {
    const target = new Target(given);
    while (target.url === '') {
      if (!target.isAlive) throw new Error(`it ended: ${target.said}`);
      await sleep(20);
    }
    return target;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All output of its log and terminal. */
  get said(): string {
    return this.#said;
  }

  get url(): string {
    return /ready at (\S+)\/ /.exec(this.#said)?.[1] ?? '';
  }

  async probe(): Promise<Probe> {
    this.#child.send('probe');
    const [probe] = await once(this.#child, 'message');
    return probe as Probe;
  }

  /** Every file of the project, but for its packages, with what it holds. */
  get sources(): Readonly<Record<string, string>> {
    return contents(this.project.root, ['node_modules']);
  }

  /** Every file outside the project that it may have written. */
  get written(): Readonly<Record<string, string>> {
    return contents(this.data.path);
  }

  async stop(): Promise<void> {
    if (this.isAlive) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    }
    this.project.remove();
    this.data.remove();
  }
}

function contents(root: string, except: readonly string[] = []): Record<string, string> {
  const names = readdirSync(root).filter(name => !except.includes(name));
  const files = names
    .flatMap(name =>
      statSync(join(root, name)).isDirectory()
        ? readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map(file => join(name, file))
        : [name],
    )
    .filter(file => statSync(join(root, file), { throwIfNoEntry: false })?.isFile());
  return Object.fromEntries(files.map(file => [file, readFileSync(join(root, file), 'latin1')]));
}

interface Answer {
  readonly command: string;
  readonly payload: Record<string, unknown>;
}

/** A connection that sends many messages and stores the received ones. */
export class Sender {
  readonly frames: string[] = [];
  readonly #socket: WebSocket;
  #ended: string | undefined;
  #marks = 0;
  #heard: () => void = () => {};

  constructor(url: string, from = '10.0.0.1') {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/runtime`, ['noflo'], {
      headers: { 'X-Forwarded-For': from },
    });
    this.#socket.on('error', () => {});
    this.#socket.on('message', bytes => {
      this.frames.push(String(bytes));
      this.#heard();
    });
    this.#socket.on('close', (code, reason) => {
      this.#ended = `${code} ${reason}`;
      this.#heard();
    });
  }

  async open(): Promise<this> {
    await once(this.#socket, 'open');
    return this;
  }

  send(frame: string | Uint8Array): void {
    this.#socket.send(frame);
  }

  /** Resolves when everything sent so far was handled. Throws if the connection ends before. */
  async done(secret?: string): Promise<void> {
    await this.ask('runtime', 'getruntime', {}, secret);
  }

  /** The payload of the reply. Throws if it is an error. */
  async ask(protocol: string, command: string, payload: object, secret?: string): Promise<Record<string, unknown>> {
    const { command: answer, payload: answered } = await this.answer(protocol, command, payload, secret);
    if (answer === 'error') throw new Error(`${protocol}:${command} is refused: ${answered.message}`);
    return answered;
  }

  /** The reply, also if it is an error. */
  async answer(protocol: string, command: string, payload: object, secret?: string): Promise<Answer> {
    this.#marks += 1;
    const requestId = `mark ${this.#marks}`;
    const from = this.frames.length;
    this.send(JSON.stringify({ protocol, command, payload, requestId, secret }));
    for (let at = from; ; at += 1) {
      while (at >= this.frames.length) {
        if (this.#ended !== undefined) throw new Error(`the connection was ended: ${this.#ended}`);
        await new Promise<void>(resolve => {
          this.#heard = resolve;
        });
      }
      if (!this.frames[at]?.includes(`"${requestId}"`)) continue;
      return JSON.parse(this.frames[at]!) as Answer;
    }
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** Asks the chat over and over, reading and posting, until it is ended. */
export class Chatter {
  /** `METHOD STATUS`, and how often. */
  readonly heard = new Map<string, number>();
  readonly #url: string;
  #isOver = false;
  readonly #over: Promise<void>;

  constructor(url: string) {
    this.#url = `${url}/api/rooms/fuzz/messages`;
    this.#over = this.#talk();
  }

  /** What it received since the last call. */
  take(): Readonly<Record<string, number>> {
    const heard = Object.fromEntries(this.heard);
    this.heard.clear();
    return heard;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#over;
  }

  async #talk(): Promise<void> {
    const body = JSON.stringify({ author: 'ann', text: 'hello' });
    while (!this.#isOver) {
      await this.#ask('GET', {});
      await this.#ask('POST', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      await sleep(40);
    }
  }

  async #ask(method: string, init: RequestInit): Promise<void> {
    const status = await fetch(this.#url, init).then(
      async response => {
        await response.text();
        return String(response.status);
      },
      error => `no answer: ${error.message}`,
    );
    const key = `${method} ${status}`;
    this.heard.set(key, (this.heard.get(key) ?? 0) + 1);
  }
}
