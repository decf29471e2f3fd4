import { fstatSync, writeSync } from 'node:fs';
import { pino } from 'pino';
import { visible } from './model/text.ts';

/** How much is logged, the least first. */
export const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** What belongs to a sentence. Never a token, a body or an address. */
export interface Fields {
  readonly node?: string | undefined;
  /** The id of the question. */
  readonly request?: string | undefined;
  readonly error?: Error;
  readonly [name: string]: unknown;
}

/** A sentence, or several, each on a line of its own. */
export type Sentence = string | readonly string[];

/** Takes down, in sentences for people, what happens; the fields are for machines. */
export interface Log {
  debug(sentence: Sentence, fields?: Fields): void;
  info(sentence: Sentence, fields?: Fields): void;
  warn(sentence: Sentence, fields?: Fields): void;
  error(sentence: Sentence, fields?: Fields): void;
}

/** Where lines go. What can't be written, because a disk is full or nobody reads any more, is lost, and the rest is not. */
function stderr(): { write(line: string): void } {
  if (!fstatSync(2).isFile()) return process.stderr.on('error', () => {});
  // The stream of a file would write nothing more after its first error.
  return {
    write(line) {
      try {
        writeSync(2, line);
      } catch {}
    },
  };
}

/** A log of JSON lines on stderr, the sentence as `msg`. */
export function jsonLog(level: LogLevel): Log {
  const out = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { error: errorFields },
    },
    stderr(),
  );
  const line =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: Sentence, fields: Fields = {}) => {
      const sentence = [message].flat().join('\n');
      out[level](fields, fields.error ? `${sentence}: ${fields.error.message}` : sentence);
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

/** A log that gives each sentence to a function, with the stack where there is an error; nothing in it moves a terminal. */
export function lineLog(write: (line: string) => void, level: LogLevel = 'info'): Log {
  const line = (of: LogLevel) =>
    LEVELS.indexOf(of) > LEVELS.indexOf(level)
      ? () => {}
      : (message: Sentence, { error }: Fields = {}) => {
          const sentence = [message].flat().map(visible).join('\n');
          write(error ? `${sentence}: ${visibleStack(error)}` : sentence);
        };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

/** An error's stack, whose message may have come from a stranger; the ends of its lines are Node's own. */
function visibleStack({ name, message, stack = `${name}: ${message}` }: Error): string {
  const [head, ...frames] = stack.split(/\n(?= {4}at )/);
  return [visible(head!), ...frames.map(frame => visible(frame))].join('\n');
}

/** What is told of an error: nothing that its thrower has attached, as that may be private. */
function errorFields({ name, message, stack, code }: NodeJS.ErrnoException) {
  return { name, message, stack, ...(code !== undefined && { code }) };
}
