import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Timeout for output of the program in milliseconds, for a busy machine. */
const PATIENCE = 45_000;

/** The server as `npm start` runs it, in a process of its own. */
export class Program {
  readonly #child: ChildProcess;
  readonly #data = mkdtempSync(join(tmpdir(), 'flowchat-data-'));
  #said = '';
  #heard = 0;
  #url = '';

  private constructor(root: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, ['-r', './src/node24.cjs', 'src/main.ts'], {
      cwd: root,
      env: { PATH: process.env.PATH, PORT: '0', DATA: this.#data, DEADLINE: '60', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface(stream).on('line', line => {
        this.#said += `${sentence(line)}\n`;
      });
    }
  }

  /** Starts the server of a project's folder and waits until it is ready. */
  static async start(root: string, env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const program = new Program(root, env);
    try {
      program.#url = (await program.says(/ready at (\S+)\//))[1]!;
      return program;
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  /** Waits for new output on stdout or stderr. */
  async says(words: RegExp): Promise<RegExpExecArray> {
    const patience = performance.now() + PATIENCE;
    for (;;) {
      const found = words.exec(this.#said.slice(this.#heard));
      if (found) {
        this.#heard += found.index + found[0].length;
        return found;
      }
      if (this.#child.exitCode !== null) throw new Error(`it ended with ${this.#child.exitCode}: ${this.#said}`);
      if (performance.now() > patience) throw new Error(`it did not say ${words}, but: ${this.#said}`);
      await sleep(10);
    }
  }

  /** Where it answers, without a slash at the end. */
  get url(): string {
    return this.#url;
  }

  /** All of its output. */
  get said(): string {
    return this.#said;
  }

  async ask(path: string, init?: RequestInit): Promise<{ status: number; body: unknown }> {
    const response = await fetch(this.#url + path, init);
    return { status: response.status, body: await response.json() };
  }

  /** Kills it at once. */
  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
    rmSync(this.#data, { recursive: true, force: true });
  }

  /** Stops it; resolves to its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
      await exit;
      clearTimeout(timer);
    }
    rmSync(this.#data, { recursive: true, force: true });
    return this.#child.exitCode;
  }
}

/** The sentence of a log line, if it is JSON. */
function sentence(line: string): string {
  return line.startsWith('{"') ? String((JSON.parse(line) as { msg: string }).msg) : line;
}
