import { join } from 'node:path';
import { newId } from '../../src/store/message.ts';
import { prepareCommit } from '../../src/store/sqlite-commit.ts';
import { migrate, openDatabase } from '../../src/store/sqlite-schema.ts';
import { broadcasting } from '../support/broadcast.ts';

/** Keeps each post in a transaction of its own, in the main thread, and is on the disk with it before it answers. */
const file = join(process.env.DATA!, 'each.db');
const db = openDatabase(file, 1000);
migrate(db, file);
const commit = prepareCommit(db);

broadcasting(({ room, author, text }) => {
  commit([{ kind: 'message', room, author, text, id: newId(), key: null }]);
});
