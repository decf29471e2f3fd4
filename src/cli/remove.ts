import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  behaviourDatabase,
  closeBehaviourDatabase,
  hasBehaviourDatabase,
  setBehaviourDatabase,
} from '../behaviour/database.ts';
import { ACTIVE_REVISION_FILE, ActiveRevisionFile } from '../editor/deploy/active-revision.ts';
import { askServer } from '../editor/deploy/control-socket.ts';
import { readGraph } from '../fbp/read.ts';
import { readTextFile } from '../files/contents.ts';
import { lockFolder } from '../files/data-folder.ts';
import { normalName, ROOM_NAME } from '../model/name.ts';
import { visible, visibleLines } from '../model/text.ts';
import { distinctStores, storesOf } from '../runtime/stores.ts';
import { readSettings } from '../settings.ts';
import { databaseFile, setDatabase, setDataFolder } from '../store/open.ts';
import { carryOut } from '../store/operator-removal.ts';
import type { MessageSelection } from '../store/store.ts';

const USAGE = 'npm run remove -- --room ROOM | --message ID | --author NAME [--dry-run] [--graph FILE] [--data FOLDER]';
/** Limit of an id or a name, in characters. */
const MAX_LENGTH = 200;

/**
 * Removes messages for the operator, and prints how many will be and were removed. A running server does it and
 * notifies readers; otherwise this command does it itself. Rejects with a sentence.
 */
export async function removeCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { selection, isDry, flags } = readArgs(args);
  const { data, graph, database } = readSettings(env, flags);
  const found = await askServer(data, { command: 'count', selection });
  if (found !== undefined)
    return inTurn(found, isDry, async () => (await askServer(data, { command: 'remove', selection })) ?? GONE);
  if (!existsSync(data)) throw new Error(`there is no folder ${data}; name the server's with --data FOLDER`);
  const lock = lockFolder(data);
  try {
    setDataFolder(data, warn);
    setBehaviourDatabase(data, warn);
    // Opens it, so that it deletes its data about removed messages.
    if (hasBehaviourDatabase()) behaviourDatabase();
    setDatabase(database);
    const stores = databasesOf(data, graph);
    const order = { stores, selection };
    const act = () => carryOut({ ...order, isFinal: true, isAlone: true });
    await inTurn(await carryOut({ ...order, isFinal: false }), isDry, act);
  } finally {
    closeBehaviourDatabase();
    lock.close();
  }
}

const GONE = 'the server ended in the meantime; the same command removes it now';

/** Prints the number of found messages, then what was done, unless none was found. */
async function inTurn(found: string, isDry: boolean, act: () => Promise<string>): Promise<void> {
  console.log(visibleLines(found));
  const done = isDry ? found : await act();
  if (done !== found) console.log(visibleLines(done));
}

const warn = (sentence: string): void => console.error(visible(sentence));

interface Args {
  readonly selection: MessageSelection;
  readonly isDry: boolean;
  /** Flags for settings. */
  readonly flags: readonly string[];
}

function readArgs(args: readonly string[]): Args {
  const text = { type: 'string' as const };
  const several = { ...text, multiple: true as const };
  const options = {
    room: several,
    message: several,
    author: several,
    'dry-run': { type: 'boolean' as const },
    graph: text,
    data: text,
  };
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { room = [], message = [], author = [], 'dry-run': isDry = false, graph, data } = values;
    const selections: MessageSelection[] = [
      ...room.map(name => ({ room: name })),
      ...message.map(id => ({ message: id })),
      ...author.map(name => ({ author: name })),
    ];
    const [selection, second] = selections;
    if (!selection) throw new Error('this does not say what to remove');
    if (second) throw new Error('only one room, message or author can be removed at once');
    refuseOdd(selection);
    const flags = Object.entries({ graph, data }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`],
    );
    return { selection, isDry, flags };
  } catch (error) {
    const { message } = error as Error;
    const sentence = /dash/.test(message)
      ? 'what begins with a dash is written as --author=-x'
      : message.split('. ')[0];
    throw new Error(`${sentence}; write ${USAGE}`);
  }
}

/** Throws a sentence for values that no message can have. */
function refuseOdd(selection: MessageSelection): void {
  const [[option, value = '']] = Object.entries(selection) as [[string, string]];
  if (normalName(value) === '') throw new Error(`--${option} is empty`);
  if (value.length > MAX_LENGTH) throw new Error(`--${option} has more than ${MAX_LENGTH} characters`);
  if ('room' in selection && !ROOM_NAME.test(value))
    throw new Error(`${JSON.stringify(value)} is no name of a room, which has a to z, 0 to 9 and - only`);
}

/** The databases of the last live graph, and of its file, which the next server starts with. */
function databasesOf(data: string, graph: string): readonly string[] {
  const last = new ActiveRevisionFile(join(data, ACTIVE_REVISION_FILE), graph).load(warn);
  const stores = distinctStores({ ...last?.stores, ...prefixed(storesIn(graph, last !== undefined)) });
  const databases = stores.filter(url => !url.startsWith('memory:'));
  const [first] = stores;
  if (first === undefined) throw new Error(`${graph} names no store at STORE; choose another graph with --graph FILE`);
  if (databases.length === 0)
    throw new Error(`${first} ended with its server, and its messages with it; there is nothing to remove`);
  const there = databases.filter(url => !url.startsWith('sqlite:') || existsSync(databaseFile(url)));
  if (there.length === 0)
    throw new Error(
      `there is no ${databases.map(databaseFile).join(' nor ')}; name the server's folder with --data FOLDER`,
    );
  return there;
}

/** The stores in a graph's file. Throws a sentence if it can't be read, unless it is optional. */
function storesIn(graph: string, isOptional: boolean): Readonly<Record<string, string>> {
  try {
    return storesOf(readGraph(graph, readTextFile(graph)).graph);
  } catch (error) {
    if (isOptional) return {};
    throw new Error(`${graph} can't be read: ${(error as Error).message}; choose another with --graph FILE`);
  }
}

/** Keeps them apart from nodes of the same name in the live graph. */
const prefixed = (stores: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(stores).map(([node, url]) => [`file ${node}`, url]));
