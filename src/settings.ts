import { parseArgs } from 'node:util';
import { LEVELS, type Level } from './log.ts';

/** What the server is told from outside, read and found good. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly graph: string;
  readonly data: string;
  /** Begins with a slash and ends without one; empty at the root. */
  readonly basePath: string;
  readonly corsOrigins: readonly string[];
  readonly trustProxy: boolean;
  readonly timing: boolean;
  /** Milliseconds. */
  readonly deadline: number;
  readonly limit: number;
  readonly logLevel: Level;
}

/** Whether a host is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const DEFAULTS = {
  PORT: '9090',
  HOST: '127.0.0.1',
  GRAPH: 'graphs/chat.fbp',
  DATA: 'data',
  BASE_PATH: '/',
  CORS_ORIGINS: '',
  TRUST_PROXY: 'off',
  TIMING: '',
  DEADLINE: '10',
  LIMIT: '1024',
  LOG_LEVEL: 'info',
};

type Name = keyof typeof DEFAULTS;

const flag = (name: string) => name.toLowerCase().replaceAll('_', '-');

/** Reads the environment and the flags of the same names, which win. Throws a sentence that names a wrong one. */
export function settings(env: Readonly<Record<string, string | undefined>>, args: readonly string[]): Settings {
  const flags = readFlags(args);
  const given = (name: Name): string => flags[flag(name)] ?? (env[name] || DEFAULTS[name]);
  const wrong = (name: Name, expected: string) => new Error(`${name} must be ${expected}, not "${given(name)}"`);

  const number = (name: Name, least: number, most: number, whole = true): number => {
    const value = Number(given(name));
    if (given(name).trim() === '' || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      throw wrong(name, `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
    }
    return value;
  };
  const onOff = (name: Name): boolean => {
    if (!['on', 'off'].includes(given(name))) throw wrong(name, 'on or off');
    return given(name) === 'on';
  };

  const level = (name: Name): Level => {
    const found = LEVELS.find(known => known === given(name));
    if (!found) throw wrong(name, `one of ${LEVELS.join(', ')}`);
    return found;
  };

  const text = (name: Name, expected: string): string => {
    if (given(name) === '') throw wrong(name, expected);
    return given(name);
  };

  const host = text('HOST', 'a name or an address');
  const basePath = given('BASE_PATH').replace(/\/+$/, '');
  if (!/^(\/[\w.~-]+)*$/.test(basePath)) throw wrong('BASE_PATH', 'a path such as /chat');
  const corsOrigins = given('CORS_ORIGINS')
    .split(/[\s,]+/)
    .filter(origin => origin !== '' && origin !== 'none');
  if (corsOrigins.some(origin => origin !== '*' && !isOrigin(origin))) {
    throw wrong('CORS_ORIGINS', 'none, *, or origins such as https://example.org with commas between');
  }
  return {
    port: number('PORT', 0, 65535),
    host,
    graph: text('GRAPH', 'the path of a file'),
    data: text('DATA', 'the path of a folder'),
    basePath,
    corsOrigins,
    trustProxy: onOff('TRUST_PROXY'),
    timing: given('TIMING') === '' ? isLoopback(host) : onOff('TIMING'),
    deadline: number('DEADLINE', 0.001, 3600, false) * 1000,
    limit: number('LIMIT', 1, 1_000_000),
    logLevel: level('LOG_LEVEL'),
  };
}

function readFlags(args: readonly string[]): Readonly<Record<string, string | undefined>> {
  const options = Object.fromEntries(Object.keys(DEFAULTS).map(name => [flag(name), { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    const known = Object.keys(options).map(name => `--${name}`);
    throw new Error(`${(error as Error).message.split(/\.\s/, 1)[0]}; the flags are ${known.join(', ')}`);
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
