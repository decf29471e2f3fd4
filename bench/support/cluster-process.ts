import { newId } from '../../src/store/message.ts';
import { open, setDatabase } from '../../src/store/open.ts';
import { type PostingOrder, TEXT } from './cluster-processes.ts';

// A process of several that keep messages in one schema of PostgreSQL.

setDatabase(process.env);
const store = open(process.argv[2]!);
await store.opened();

process.on('message', async ({ writers, ms }: PostingOrder) => {
  const end = performance.now() + ms;
  let count = 0;
  const writer = async () => {
    while (performance.now() < end) {
      await store.append({ room: 'lobby', author: 'ann', text: TEXT, key: newId() });
      count++;
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: writers }, writer));
  const { user, system } = process.cpuUsage(before);
  process.send?.({ count, cpu: user + system });
});
process.on('disconnect', () => process.exit());
process.send?.({});
