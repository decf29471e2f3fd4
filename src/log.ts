import { fstatSync, writeSync } from 'node:fs';
import { pino } from 'pino';
import { visible } from './model/text.ts';

/** Log levels in increasing detail. */
export const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** Fields of a log line. Never put a token, body or address here. */
export interface Fields {
  readonly node?: string | undefined;
  /** The question's id. */
  readonly request?: string | undefined;
  readonly error?: Error;
  readonly [name: string]: unknown;
}

/** One sentence, or several for separate lines. */
type Sentence = string | readonly string[];

/** Logs sentences for people, with fields for machines. */
export interface Log {
  debug(sentence: Sentence, fields?: Fields): void;
  info(sentence: Sentence, fields?: Fields): void;
  warn(sentence: Sentence, fields?: Fields): void;
  error(sentence: Sentence, fields?: Fields): void;
}

/**
 * Writes lines to stderr. A line that can't be written, as the disk is full or the reader gone, is lost without
 * affecting later ones.
 */
function stderr(): { write(line: string): void } {
  if (!fstatSync(2).isFile()) return process.stderr.on('error', () => {});
  // Node's stream for a file stops after its first error.
  return {
    write(line) {
      try {
        writeSync(2, line);
      } catch {}
    },
  };
}

/** Logs JSON lines to stderr, with the sentence as `msg`. */
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

/** Logs by calling `write` with each sentence, and the stack of an error. Control characters are escaped. */
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

/** An error's stack with escaped control characters, as its message may come from outside; Node's own line breaks stay. */
function visibleStack({ name, message, stack = `${name}: ${message}` }: Error): string {
  const [head, ...frames] = stack.split(/\n(?= {4}at )/);
  return [visible(head!), ...frames.map(frame => visible(frame))].join('\n');
}

/** An error's fields without those that its thrower attached, as they may be private. */
function errorFields({ name, message, stack, code }: NodeJS.ErrnoException) {
  return { name, message, stack, ...(code !== undefined && { code }) };
}
