import jsonata from 'jsonata';
import { RE2JS } from 're2js';

const MAX_LENGTH = 4000;
/** Limits of an evaluation: milliseconds, nested calls, and items of a list. */
const TIMEOUT_MS = 50;
const MAX_DEPTH = 200;
const MAX_ITEMS = 10_000;
/** Limit of repeated evaluations when the machine was slow. */
const MAX_TRIES = 10;
/** JSONata's code for a timeout. */
const TIMED_OUT = 'D1012';
/** Limits of a result: characters and depth. */
const MAX_TEXT = 64_000;
const MAX_NESTING = 50;

/** Evaluates an expression on a packet. Rejects with a sentence if that fails, takes too long or becomes too large. */
type Expression = (packet: unknown) => Promise<unknown>;

/** Compiled regular expressions by JSONata's literal, as each evaluation creates the literals again. */
const linear = new WeakMap<RegExp, RE2JS>();

/** A regular expression for JSONata that matches in linear time. */
class LinearRegExp {
  lastIndex = 0;
  readonly #expression: RE2JS;

  constructor(literal: RegExp) {
    const { source, flags } = literal;
    const of = (flag: string, value: number) => (flags.includes(flag) ? value : 0);
    const known = linear.get(literal);
    this.#expression = known ?? RE2JS.compile(source, of('i', RE2JS.CASE_INSENSITIVE) | of('m', RE2JS.MULTILINE));
    if (!known) linear.set(literal, this.#expression);
  }

  exec(text: string): object | null {
    const matcher = this.#expression.matcher(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) return null;
    this.lastIndex = matcher.end();
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, at) => matcher.group(at) ?? undefined);
    return Object.assign(groups, { index: matcher.start() });
  }
}

/** Parses a JSONata expression. Throws a sentence if it is invalid. */
export function expression(port: string, text: string): Expression {
  if (text.length > MAX_LENGTH) throw new Error(`${port} has more than ${MAX_LENGTH} characters`);
  let made: jsonata.Expression;
  try {
    made = jsonata(text, {
      timeout: TIMEOUT_MS,
      stack: MAX_DEPTH,
      sequence: MAX_ITEMS,
      RegexEngine: LinearRegExp as unknown as RegExpConstructor,
    });
    checkExpressions(made.ast());
  } catch (error) {
    throw new Error(`${port} is no JSONata expression: ${messageOf(error)}`);
  }
  // JSONata's own function makes any number of blanks before it checks limits.
  made.registerFunction('pad', pad, '<s-ns?:s>');
  // JSONata's timeout uses wall-clock time; an evaluation that was delayed by other processes is repeated.
  const evaluate = async (packet: unknown, tries = MAX_TRIES): Promise<unknown> => {
    // The first evaluation doesn't measure processor time, which needs a system call.
    const began = tries === MAX_TRIES ? undefined : process.threadCpuUsage();
    try {
      return await made.evaluate(packet);
    } catch (error) {
      if ((error as { code?: unknown }).code !== TIMED_OUT || tries === 1) throw error;
      const used = began && process.threadCpuUsage(began);
      if (used && used.user + used.system > 1000 * TIMEOUT_MS) throw error;
      return evaluate(packet, tries - 1);
    }
  };
  return async packet => {
    try {
      return plain(await evaluate(packet));
    } catch (error) {
      throw new Error(`${port} failed: ${messageOf(error)}`);
    }
  };
}

/** Throws for a regular expression that the linear engine doesn't support. */
function checkExpressions(node: unknown, seen = new Set<unknown>()): void {
  if (typeof node !== 'object' || node === null || seen.has(node)) return;
  seen.add(node);
  if (node instanceof RegExp) new LinearRegExp(node);
  else for (const part of Object.values(node)) checkExpressions(part, seen);
}

function pad(text: string, width: number, filling = ' '): string {
  const most = Math.min(Math.abs(width), MAX_TEXT);
  return width < 0 ? text.padStart(most, filling) : text.padEnd(most, filling);
}

/** A result as frozen plain data, like packets. Throws a sentence if it is too large, or no data. */
function plain(value: unknown, depth = 0, size = { text: 0 }): unknown {
  if (depth > MAX_NESTING) throw new Error(`it made something that nests more than ${MAX_NESTING} deep`);
  size.text += typeof value === 'string' ? value.length : 1;
  if (size.text > MAX_TEXT) throw new Error(`it made more than ${MAX_TEXT} characters`);
  if (typeof value === 'function') throw new Error('it made a function');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(Array.from(value, each => plain(each, depth + 1, size)));
  const entries = Object.entries(value).map(([name, each]): [string, unknown] => {
    size.text += name.length;
    return [name, plain(each, depth + 1, size)];
  });
  return Object.freeze(Object.fromEntries(entries.filter(([, each]) => each !== undefined)));
}

/** JSONata's truth: not 0, missing, or empty. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTrue);
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

const messageOf = (error: unknown): string => {
  const { message } = Object(error) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
};

/** Runs work in order, one at a time; a failure does not affect later work. */
export function oneByOne(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return work => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
}
