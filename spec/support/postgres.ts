import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import pg from 'pg';
import { freePort, type Machine, machine, provided } from './machine.ts';
import { ROOT } from './source.ts';

const CURE = 'install it ("apt-get install postgresql" on Debian)';
/** Where Debian puts a version's programs. */
const VERSIONS = '/usr/lib/postgresql';

/** The folder of PostgreSQL's programs; undefined if it is not installed. */
function programs({ env, runs }: Machine): string | undefined {
  const versions = listed(VERSIONS).toSorted((one, other) => Number(other) - Number(one));
  const folders = [...versions.map(version => join(VERSIONS, version, 'bin')), ...(env.PATH ?? '').split(delimiter)];
  return folders.find(folder => folder !== '' && runs(join(folder, 'initdb')) && runs(join(folder, 'postgres')));
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * The folder of PostgreSQL's programs; installs them by apt-get if missing. Throws a sentence with the cure on failure.
 */
export const providePostgres = (here: Machine, say: (line: string) => void): string =>
  provided(here, say, {
    name: 'PostgreSQL',
    packages: ['postgresql'],
    cure: CURE,
    find: () => programs(here),
    prepare: withoutServer,
  });

/** Prevents Debian's package from starting a server. */
function withoutServer(): () => void {
  const file = '/etc/postgresql-common/createcluster.d/flowchat.conf';
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'create_main_cluster = false\n');
  return () => rmSync(file, { force: true });
}

/** PostgreSQL refuses to run as root. */
function identity(): { uid?: number; gid?: number } {
  if (!machine.root) return {};
  const [uid, gid] = ['-u', '-g'].map(flag => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
  return { uid: uid!, gid: gid! };
}

/** A folder owned by PostgreSQL's user. */
function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-postgres-'));
  const { uid, gid } = identity();
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

/**
 * The data folder of a new server. Made once per version of PostgreSQL, as that takes longer than most tests, and
 * cached.
 */
function emptyData(programs: string): string {
  const version = execFileSync(join(programs, 'postgres'), ['-V'], { encoding: 'utf8' });
  const kept = join(ROOT, 'node_modules/.cache', version.trim().replaceAll(/[^\w.]+/g, '-'));
  if (existsSync(kept)) return kept;
  const folder = ownFolder();
  const made = join(folder, 'data');
  const options = ['--no-sync', '-U', 'flowchat', '-A', 'trust', '-E', 'UTF8', '--locale=C'];
  execFileSync(join(programs, 'initdb'), ['-D', made, ...options], { ...identity(), cwd: folder, stdio: 'pipe' });
  const own = `${kept}-${process.pid}`;
  mkdirSync(dirname(own), { recursive: true });
  copy(made, own);
  rmSync(folder, { recursive: true });
  try {
    renameSync(own, kept);
  } catch (error) {
    rmSync(own, { recursive: true });
    // Another process may have been faster.
    if (!existsSync(kept)) throw error;
  }
  return kept;
}

/** Copies a folder with owners and permissions. */
const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to]);

/** Starts PgBouncer before a server. Returns its DATABASE_URL, and a function to stop it. */
export async function pooled(server: PostgresServer, mode: string): Promise<{ readonly url: string; stop(): void }> {
  const program = provided(machine, console.log, {
    name: 'PgBouncer',
    packages: ['pgbouncer'],
    cure: 'install it ("apt-get install pgbouncer" on Debian)',
    find: () => (machine.runs('/usr/sbin/pgbouncer') ? '/usr/sbin/pgbouncer' : undefined),
  });
  const [folder, port] = [ownFolder(), await freePort()];
  const file = join(folder, 'pgbouncer.ini');
  const settings = [
    `listen_addr=127.0.0.1`,
    `listen_port=${port}`,
    'auth_type=any',
    `pool_mode=${mode}`,
    'unix_socket_dir=',
  ];
  const database = `* = host=127.0.0.1 port=${server.port} user=flowchat`;
  writeFileSync(file, ['[databases]', database, '[pgbouncer]', ...settings, ''].join('\n'));
  const child = spawn(program, [file], { ...identity(), stdio: 'ignore' });
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `postgres://flowchat@127.0.0.1:${port}/postgres`, stop };
}

/** A separate PostgreSQL server, whose data is deleted when it stops. */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #programs: string;
  readonly #settings: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(folder: string, programs: string, port: number, settings: readonly string[]) {
    this.#folder = folder;
    this.#programs = programs;
    this.port = port;
    this.#settings = settings;
  }

  /** Makes and starts one; `settings` are lines of its configuration. A power failure may break it, unless one of them is `fsync=on`. */
  static async start(...settings: readonly string[]): Promise<PostgresServer> {
    const found = programs(machine);
    if (!found) throw new Error(`the tests need PostgreSQL, which is not here; ${CURE}`);
    const folder = ownFolder();
    const server = new PostgresServer(folder, found, await freePort(), ['fsync=off', ...settings]);
    copy(emptyData(found), server.data);
    await server.run();
    return server;
  }

  get data(): string {
    return join(this.#folder, 'data');
  }

  /** Its DATABASE_URL. */
  get url(): string {
    return `postgres://flowchat@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts it again with its data. */
  async run(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', 'max_connections=60', ...this.#settings].flatMap(line => [
      '-c',
      line,
    ]);
    const args = ['-D', this.data, '-k', '', '-p', String(this.port), ...settings];
    const child = spawn(join(this.#programs, 'postgres'), args, {
      ...identity(),
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr?.setEncoding('utf8').on('data', text => {
        said = (said + text).slice(-10_000);
        if (said.includes('ready to accept')) resolve();
      });
      child.once('exit', code => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)));
    });
  }

  /** Makes and starts a standby; if it is synchronous, this one acknowledges nothing that the standby does not have. */
  async standby(isSync = true): Promise<PostgresServer> {
    const folder = ownFolder();
    const standby = new PostgresServer(folder, this.#programs, await freePort(), this.#settings);
    const args = [
      '-D',
      standby.data,
      '-R',
      '--no-sync',
      '-c',
      'fast',
      '-h',
      '127.0.0.1',
      '-p',
      String(this.port),
      '-U',
      'flowchat',
    ];
    execFileSync(join(this.#programs, 'pg_basebackup'), args, { ...identity(), cwd: folder, stdio: 'pipe' });
    await standby.run();
    if (isSync) await this.set('synchronous_standby_names', '*');
    return standby;
  }

  /** Changes a line of its configuration while it runs. */
  async set(setting: string, value: string): Promise<void> {
    await this.ask(`ALTER SYSTEM SET ${setting} = '${value}'`);
    await this.ask('SELECT pg_reload_conf()');
  }

  /** Runs a query as the operator. */
  async ask(text: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Sends a signal to all of its processes. */
  signal(signal: NodeJS.Signals): void {
    for (const each of this.#processes()) process.kill(Number(each), signal);
  }

  /** CPU milliseconds that it and its processes have used, those that have ended too. */
  cpu(): number {
    const ticks = this.#processes().flatMap(pid => statOf(pid)?.slice(11, 15).map(Number) ?? []);
    return ticks.reduce((sum, each) => sum + each, 0) * 10;
  }

  #processes(): readonly string[] {
    const pid = String(this.#child!.pid);
    // A stopped one would not be asked for its children.
    return [pid, ...readdirSync('/proc').filter(name => /^\d+$/.test(name) && statOf(name)?.[1] === pid)];
  }

  /** Kills one of the processes that serve a connection; all the others are ended then, too, and what was not written is recovered. */
  async killBackend(): Promise<void> {
    const [{ pid } = {}] = await this.ask(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'flowchat' AND query LIKE '%keep%'`,
    );
    process.kill(Number(pid), 'SIGKILL');
  }

  /** Ends it in order and starts it again. */
  async restart(): Promise<void> {
    const exit = once(this.#child!, 'exit');
    this.#child!.kill('SIGINT');
    await exit;
    await this.run();
  }

  /** Kills it at once. */
  async kill(): Promise<void> {
    const exit = once(this.#child!, 'exit');
    this.signal('SIGKILL');
    await exit;
  }

  async stop(): Promise<void> {
    if (this.#child && this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGQUIT');
      await exit;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What Linux says of a process after its name: its state, its parent and so on; undefined if it has ended. */
function statOf(pid: string): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  } catch {
    return undefined;
  }
}
