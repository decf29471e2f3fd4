import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, graph } from './server.ts';
import { ROOT } from './source.ts';

/** The server as a process of its own that can be killed, and started again at the same port with the same data. */
export class RestartableServer {
  readonly origin: string;
  readonly #port: number;
  readonly #folder = folder();
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  /** `settings` are those of the graph's initial packets. */
  constructor(
    port: number,
    settings: Readonly<Record<string, string>> = {},
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#port = port;
    this.#env = env;
    this.origin = `http://127.0.0.1:${port}`;
    graph(this.#folder.path, { BURST: '1000000', RATE: '1000000', ...settings });
  }

  get data(): string {
    return this.#folder.path;
  }

  /** Changes the graph's file by hand. */
  edit(from: string, to: string): void {
    const file = join(this.#folder.path, 'chat.fbp');
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  }

  /** Starts it; resolves when it is ready. */
  async start(): Promise<void> {
    const { path } = this.#folder;
    const flags = ['--port', String(this.#port), '--data', path, '--graph', join(path, 'chat.fbp')];
    const child = spawn(process.execPath, ['-r', join(ROOT, 'src/node24.cjs'), join(ROOT, 'src/main.ts'), ...flags], {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', text => {
          said += text;
          if (said.includes('is ready at')) resolve();
        });
      }
      child.once('exit', code => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Kills it at once. */
  async kill(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  remove(): void {
    this.#folder.remove();
  }
}
