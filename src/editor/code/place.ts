import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

/** What is wrong with a module, and where. */
export interface Mistake {
  readonly sentence: string;
  /** Both from 1 on. */
  readonly place?: { readonly line: number; readonly column: number };
}

/** A stack that shows the source begins with the line's number; after some of the source follows a mark below the column. */
const LINE = /:(\d+)\n/;
const MARK = /^([ \t]*)\^/m;

/** Says where a text is no TypeScript that Node can strip to JavaScript; nothing where it is. */
export function typeScriptMistake(code: string): Mistake | undefined {
  try {
    // A tab is shown as several spaces, and the mark is below those.
    stripTypeScriptTypes(code.replaceAll('\t', ' '));
  } catch (error) {
    const { message, stack = '' } = error as Error;
    return withoutGuesses(marked(message, stack), code);
  }
}

const TOKEN = /[\p{L}$_][\p{L}\p{N}$_]*|\d[\w.]*|\S/uy;

/** Says what the parser met, in place of the list of all that it would have taken. It marks no place at the code's end. */
function withoutGuesses({ sentence, place }: Mistake, code: string): Mistake {
  if (!/expected/i.test(sentence)) return place ? { sentence, place } : { sentence };
  const lines = code.split('\n');
  TOKEN.lastIndex = place ? place.column - 1 : 0;
  const [token] = (place && TOKEN.exec(lines[place.line - 1] ?? '')) ?? [];
  if (place && token) return { sentence: `unexpected \`${token}\``, place };
  const last = code.trimEnd().split('\n');
  return { sentence: 'unexpected end of the code', place: { line: last.length, column: last.at(-1)!.length + 1 } };
}

/**
 * Says where a text is no module in JavaScript; nothing where it is. Node tells the place only to who starts it, so a
 * process is started, and a file is written to the current folder.
 */
export function javaScriptMistake(code: string): Mistake | undefined {
  writeFileSync('checked.mjs', code);
  const { stderr, status } = spawnSync(process.execPath, ['--check', 'checked.mjs'], { encoding: 'utf8', env: {} });
  const [, message] = /^(?:SyntaxError): (.*)$/m.exec(stderr) ?? [];
  if (status !== 0 && message !== undefined) return marked(message, stderr);
}

/** What was thrown, and where in the module at `url`, as far as its stack says so. */
export function mistake(thrown: unknown, url: string): Mistake {
  if (!(thrown instanceof Error)) return { sentence: String(thrown) };
  const { message, stack = '' } = thrown;
  if (stack.startsWith(`${url}:`)) return marked(message, stack);
  const at = stack.indexOf(`${url}:`);
  const [, line, column] = at < 0 ? [] : (/^:(\d+):(\d+)/.exec(stack.slice(at + url.length)) ?? []);
  return line ? { sentence: message, place: { line: Number(line), column: Number(column) } } : { sentence: message };
}

function marked(sentence: string, stack: string): Mistake {
  const line = LINE.exec(stack);
  const mark = line && MARK.exec(stack.slice(line.index + line[0].length));
  return mark ? { sentence, place: { line: Number(line[1]), column: mark[1]!.length + 1 } } : { sentence };
}
