import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import Koa from 'koa';
import { ComponentLoader } from 'noflo';

/** The least that any server made of Koa, NoFlo, SQLite and two threads is, before it has a line of its own. */
const threads = [1, 2].map(
  () => new Worker("require('node:worker_threads').parentPort.on('message', () => {})", { eval: true }),
);
const held = [new DatabaseSync(':memory:'), new ComponentLoader(import.meta.dirname), ...threads];
new Koa().listen(0, () => console.log(`ready with ${held.length}`));
process.once('SIGTERM', () => process.exit());
