import { fstatSync, writeSync } from 'node:fs';
import { visible } from './model/text.ts';

/** Log levels in increasing detail. */
export const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** Fields of a log line. Never put tokens, bodies or addresses here. */
interface Fields {
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
 * Writes lines to stderr. A line that can't be written, because the disk is full or the reader has gone, is lost
 * without affecting later ones.
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

/** A log without lines below `level`. */
function upTo(level: LogLevel, write: (level: LogLevel, sentences: readonly string[], fields: Fields) => void): Log {
  const line = (of: LogLevel) =>
    LEVELS.indexOf(of) > LEVELS.indexOf(level)
      ? () => {}
      : (message: Sentence, fields: Fields = {}) => write(of, [message].flat(), fields);
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

/** Logs JSON lines to stderr, with the sentence as `msg`. */
export function jsonLog(level: LogLevel): Log {
  const out = stderr();
  return upTo(level, (level, sentences, { error, ...fields }) => {
    const sentence = sentences.join('\n');
    const line = {
      level,
      time: new Date().toISOString(),
      ...fields,
      ...(error && { error: errorFields(error) }),
      msg: error ? `${sentence}: ${error.message}` : sentence,
    };
    out.write(`${JSON.stringify(line)}\n`);
  });
}

/** Logs by calling `write` with each sentence, and the stack of an error. Control characters are escaped. */
export function lineLog(write: (line: string) => void, level: LogLevel = 'info'): Log {
  return upTo(level, (_, sentences, { error }) => {
    const sentence = sentences.map(visible).join('\n');
    write(error ? `${sentence}: ${visibleStack(error)}` : sentence);
  });
}

/** An error's stack with escaped control characters, as its message may come from outside; Node's own line breaks stay. */
function visibleStack({ name, message, stack = `${name}: ${message}` }: Error): string {
  const [head, ...frames] = stack.split(/\n(?= {4}at )/);
  return [visible(head!), ...frames.map(frame => visible(frame))].join('\n');
}

/** An error's fields without those that its thrower attached, as they may be private. */
function errorFields({ name, message, stack, code }: NodeJS.ErrnoException) {
  const fields = { name: String(name), message: String(message), stack: String(stack) };
  return typeof code === 'string' ? { ...fields, code } : fields;
}
