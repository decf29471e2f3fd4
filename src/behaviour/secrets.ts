import { join } from 'node:path';
import { readTextFile } from '../files/contents.ts';
import { hide } from '../files/data-folder.ts';

/** A secret's name: short and lower case, so that a secret itself is unlikely to look like one. */
const NAME = /^[a-z][a-z\d]{0,19}(-[a-z][a-z\d]{0,19}){0,5}$/;
const MAX_BYTES = 8192;

/** Sources of secrets. */
interface SecretSources {
  /** One file per secret, with its name. */
  readonly folder: string;
  /** Values by name; they take precedence. */
  readonly given: Readonly<Record<string, string>>;
}

let sources: SecretSources | undefined;

/** Call before the first graph is checked: `data` is the server's folder, `given` are values by name. */
export function setSecrets(data: string, given: Readonly<Record<string, string>>): void {
  sources = { folder: join(data, 'secrets'), given };
}

/**
 * Validates the setting of a secret and returns its name. Throws a sentence for an invalid name and, in a server, for a
 * missing secret. Sentences don't repeat an invalid name, as it may be a secret.
 */
export function secretName(port: string, value: unknown): string {
  if (typeof value !== 'string' || !NAME.test(value))
    throw new Error(
      `${port} takes the name of a secret in small letters, such as github-hook, and never the secret itself`,
    );
  if (sources) secretNamed(port, value);
  return value;
}

/** The value of a secret, to be read on each use. Throws a sentence without the value if it is missing or unusable. */
export function secretNamed(port: string, name: string): string {
  if (!sources) throw new Error(`${port}: only a server knows secrets; it is none`);
  const variable = `SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
  const file = join(sources.folder, name);
  const given = Object.hasOwn(sources.given, name) ? sources.given[name] : valueIn(port, file);
  if (given === undefined)
    throw new Error(`${port}: there is no secret ${name}; write it into ${file}, or start the server with ${variable}`);
  if (given === '' || /\p{Cc}/u.test(given))
    throw new Error(
      `${port}: the secret ${name} is ${given === '' ? 'empty' : 'more than one line'}; write it into ${file}, or into ${variable}`,
    );
  return given;
}

function valueIn(port: string, file: string): string | undefined {
  try {
    const text = readTextFile(file, MAX_BYTES).replace(/\r?\n$/, '');
    hide(file);
    return text;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new Error(`${port}: ${file} can't be read: ${code ?? message}`);
  }
}
