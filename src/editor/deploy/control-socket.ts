import { chmodSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PersonOrder } from '../../accounts/accounts.ts';
import { removeFile } from '../../files/contents.ts';
import type { MessageSelection } from '../../store/store.ts';

/** The socket in DATA through which commands reach the server. */
const NAME = 'control.sock';
/** Length of a socket path that every system allows, in bytes. */
const LONGEST = 103;
/** Most characters of a request. */
const MAX_REQUEST_CHARACTERS = 2000;

/** A command's request to a server. */
export type ControlRequest =
  /** `number` is the revision to restore. */
  | { readonly command: 'back'; readonly number: number }
  | { readonly command: 'accept' }
  | { readonly command: 'person'; readonly order: PersonOrder }
  /** Removes messages; `count` only says how many. */
  | { readonly command: 'remove' | 'count'; readonly selection: MessageSelection };

/** The result of a command, with the command's name; older servers omit the name, as they had only two commands. */
type Answer = ({ readonly done: string } | { readonly error: string }) & {
  readonly command?: string | undefined;
};

/**
 * Serves commands on a socket in the folder `data`, which no other server may use; only its owner can connect. `run`
 * resolves or rejects with a sentence. Rejects with a sentence if the socket can't be created.
 */
export async function listenForCommands(
  data: string,
  run: (request: ControlRequest) => Promise<string>,
): Promise<{ close(): void }> {
  const path = join(data, NAME);
  const server = createServer(socket => void serve(socket, run));
  try {
    removeFile(path);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, () => {
        server.off('error', reject).unref();
        resolve();
      });
    });
    chmodSync(path, 0o600);
  } catch (error) {
    const another = Buffer.byteLength(path) > LONGEST ? 'one with a shorter path' : 'another';
    throw new Error(`${path} can't be made: ${(error as Error).message}; choose ${another} with DATA`);
  }
  return {
    close() {
      server.close();
    },
  };
}

/**
 * Sends a request to the server that uses the folder `data`. Resolves with its sentence, or undefined if none runs;
 * rejects with the sentence of a refusal.
 */
export async function askServer(data: string, request: ControlRequest): Promise<string | undefined> {
  const socket = createConnection(join(data, NAME));
  try {
    const answer = await asked(socket, request);
    if (answer && answer.command !== request.command && 'selection' in request)
      throw new Error(
        `the server that runs with ${data} is of an older version, which can't do this; stop it, and start this one`,
      );
    if (answer && 'error' in answer) throw new Error(answer.error);
    return answer?.done;
  } finally {
    socket.destroy();
  }
}

async function serve(socket: Socket, run: (request: ControlRequest) => Promise<string>): Promise<void> {
  socket.on('error', () => {});
  const line = await firstLine(socket);
  if (line === undefined || line.length > MAX_REQUEST_CHARACTERS) return void socket.destroy();
  let command: string | undefined;
  const answer = await Promise.resolve()
    .then(() => {
      const request = JSON.parse(line) as ControlRequest;
      ({ command } = request);
      return run(request);
    })
    .then(
      (done): Answer => ({ done, command }),
      (error: Error): Answer => ({ error: error.message, command }),
    );
  socket.end(`${JSON.stringify(answer)}\n`);
}

async function asked(socket: Socket, request: ControlRequest): Promise<Answer | undefined> {
  const isThere = await new Promise<boolean>(resolve => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  if (!isThere) return;
  socket.write(`${JSON.stringify(request)}\n`);
  const line = await firstLine(socket);
  if (line === undefined) throw new Error('the server ended before it was done; do it again');
  return JSON.parse(line) as Answer;
}

async function firstLine(socket: Socket): Promise<string | undefined> {
  for await (const line of createInterface(socket)) return line;
  return;
}
