import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, end } from './child.ts';

/** Servers that are no part of flowchat's packages; a benchmark compares with those that are installed. */
export type Native = 'nchan' | 'mosquitto';

const PAGE_BYTES = 4096;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The module nchan of an installed nginx. */
function nchanModule(): string | undefined {
  const told = execFileSync('sh', ['-c', 'nginx -V 2>&1 || true'], { encoding: 'utf8' });
  const folder = /--modules-path=(\S+)/.exec(told)?.[1];
  const module = folder && join(folder, 'ngx_nchan_module.so');
  return module && existsSync(module) ? module : undefined;
}

/** One process that keeps messages in memory: posts as flowchat takes them, subscribers of the lobby at `/`. */
function nginx(module: string, port: number): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    kind => `${kind}_temp_path ${folder}/${kind};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `load_module ${module};
     daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; worker_rlimit_nofile 20000;
     events { worker_connections 20000; }
     http {
       access_log off; keepalive_requests 1000000; ${temporary.join(' ')}
       server {
         listen 127.0.0.1:${port};
         location ~ ^/api/rooms/(\\w+)/messages$ { nchan_publisher; nchan_channel_id $1; }
         location = / { nchan_subscriber websocket; nchan_channel_id lobby; nchan_subscriber_first_message newest; }
       }
     }`,
  );
  return ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')];
}

function mosquitto(port: number): readonly string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'flowchat-bench-')), 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\nlog_type none\n`);
  return ['mosquitto', '-c', file];
}

function commandOf(which: Native, port: number): readonly string[] | undefined {
  if (which === 'mosquitto') return spawnable('mosquitto') ? mosquitto(port) : undefined;
  const module = spawnable('nginx') && nchanModule();
  return module ? nginx(module, port) : undefined;
}

const spawnable = (command: string) => execFileSync('sh', ['-c', `command -v ${command} || true`]).length > 0;

/** Starts an installed server; undefined if it is not installed. */
export async function native(which: Native): Promise<Child | undefined> {
  const port = await freePort();
  const command = commandOf(which, port);
  if (!command) return undefined;
  const process_ = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
  await listening(port);
  const { pid } = process_;
  const proc = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  return {
    port,
    // Both work in one thread.
    cpu: async () => Number(proc('schedstat').split(' ')[0]) / 1000,
    memory: async () => Number(proc('statm').split(' ')[1]) * PAGE_BYTES,
    stop: () => end(process_),
  };
}

async function listening(port: number): Promise<void> {
  for (let attempts = 0; attempts < 100; attempts++) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.destroy();
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`nothing listens at port ${port}`);
}
