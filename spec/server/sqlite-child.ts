import type { Worker } from 'node:worker_threads';
import { open, setDataFolder } from '../../src/store/open.ts';

/** A process that uses a store as its parent says, so that the parent can kill it, or take its disk or its thread away. */
const [, , folder = '', url = ''] = process.argv;
let thread: Worker | undefined;
process.on('worker', worker => {
  thread = worker;
});

const say = (message: object) => process.send?.(message);
const saying = (error: Error) => ({ failed: `${error.name}: ${error.message}` });

setDataFolder(folder);
const store = open(url);

async function flood(name: string): Promise<void> {
  for (let i = 0; ; i++) {
    const key = `${name}-${i}`;
    // A kill must not lose what the parent has to know of what it may find stored.
    await new Promise(written => process.send?.({ sent: key }, written));
    const { message } = await store.append({ room: `room-${i % 2}`, author: name, text: key, key });
    say({ kept: key, room: message.room, seq: message.seq, id: message.id, time: message.time });
  }
}

const commands: Readonly<Record<string, (argument: string) => Promise<object>>> = {
  append: async text => ({ kept: await store.append({ room: 'a', author: 'ann', text, key: text }) }),
  read: async () => ({ read: await store.read('a', { limit: 99 }) }),
  health: async () => ({ health: store.health() ?? 'well' }),
  lose: async () => ({ lost: await thread?.terminate() }),
  flood: async name => flood(name).then(() => ({})),
};

process.on('message', ({ command, argument = '' }: { command: string; argument?: string }) => {
  commands[command]?.(argument).then(say, error => say(saying(error)));
});
process.on('disconnect', () => process.exit());
store.epoch().then(
  epoch => say({ open: epoch }),
  error => {
    say(saying(error));
    process.exit();
  },
);
