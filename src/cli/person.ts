import { parseArgs } from 'node:util';
import type { PersonOrder } from '../accounts/accounts.ts';
import { askServer } from '../editor/deploy/control-socket.ts';
import { visibleLines } from '../model/text.ts';
import { readSettings } from '../settings.ts';

const ACTS = ['list', 'reset', 'owner', 'ban', 'unban'] as const;
const USAGE = 'npm run person -- list | reset NAME | owner NAME | ban NAME | unban NAME [--data FOLDER]';

/** Carries out the operator's order about people, by the running server. Rejects with a sentence. */
export async function personCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { order, flags } = readArgs(args);
  const { data } = readSettings(env, flags);
  const done = await askServer(data, { command: 'person', order });
  if (done === undefined)
    throw new Error(`no server runs with ${data}; start it with ACCOUNTS=on, or name its folder with --data FOLDER`);
  console.log(visibleLines(done));
}

function readArgs(args: readonly string[]): { readonly order: PersonOrder; readonly flags: readonly string[] } {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { data: { type: 'string' } },
    allowPositionals: true,
    strict: false,
  });
  const [act, name = '', ...more] = positionals;
  const known = ACTS.find(each => each === act);
  if (!known || more.length > 0 || (known === 'list') !== (name === ''))
    throw new Error(`this does not say what to do about whom; write ${USAGE}`);
  return { order: { act: known, name }, flags: typeof values.data === 'string' ? [`--data=${values.data}`] : [] };
}
