import type { Level } from './log.ts';
import { type Environment, Given, isOldName, readFlags } from './settings/given.ts';
import { type Address, isLoopback } from './settings/host.ts';

export { isLoopback } from './settings/host.ts';

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
  /** Names by which we may be asked beside our own; `*.example.org` for all below one, `*` for all. */
  readonly allowedHosts: readonly string[];
  readonly timing: boolean;
  /** Where /metrics is: beside everything else, nowhere, or at an address of its own. */
  readonly metricsAt: 'here' | 'nowhere' | Address;
  /** Milliseconds. */
  readonly deadline: number;
  readonly limit: number;
  /** Milliseconds that the event loop may be stuck before the process ends; 0 is for ever. */
  readonly watchdog: number;
  /** Connections that may be open at the same time, and those of one address among them. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly logLevel: Level;
  /** What is taken for now and should be changed, a sentence each. */
  readonly warnings: readonly string[];
  /** Whether the server can be edited at all. */
  readonly editor: boolean;
  /** May edit. Where there is none, one is made and kept in `data`. */
  readonly editorSecret: string | undefined;
  /** May watch only. Where there is none, nobody may only watch. */
  readonly editorViewSecret: string | undefined;
  /** Whether `editorSecret` may bring in source, which is to run code on this machine. */
  readonly editorCode: boolean;
  /** Components such as `objects/Extend`, or libraries such as `objects`, that may be used without that right. */
  readonly editorComponents: readonly string[];
  /** Origins, beside the known ones, whose pages may connect to the editor's door. */
  readonly editorOrigins: readonly string[];
  /** Where a noflo-ui is; without a slash at its end. */
  readonly editorUi: string;
  /** Whether each live revision is saved to the graph's file by itself. */
  readonly editorSave: boolean;
}

/** Reads the environment and the flags of the same names, which win. Throws a sentence that names a wrong one. */
export function settings(env: Environment, args: readonly string[]): Settings {
  const flags = readFlags(args);
  const given = new Given(env, flags);
  const host = given.host('HOST');
  return {
    port: given.number('PORT', 0, 65535),
    host,
    graph: given.text('GRAPH', 'the path of a file'),
    data: given.text('DATA', 'the path of a folder'),
    basePath: basePath(given),
    corsOrigins: given.origins('CORS_ORIGINS', ['*']),
    trustProxy: given.onOff('TRUST_PROXY'),
    allowedHosts: given.hosts('ALLOWED_HOSTS'),
    timing: given.value('TIMING') === '' ? isLoopback(host) : given.onOff('TIMING'),
    metricsAt: given.place('METRICS', host),
    deadline: given.number('DEADLINE', 0.001, 3600, false) * 1000,
    limit: given.number('LIMIT', 1, 1_000_000),
    watchdog: given.number('WATCHDOG', 0, 3600) * 1000,
    connections: given.number('CONNECTIONS', 1, 1_000_000),
    connectionsPerAddress: given.number('CONNECTIONS_PER_ADDRESS', 1, 1_000_000),
    logLevel: given.level('LOG_LEVEL'),
    warnings:
      isOldName(env) || flags.editor !== undefined
        ? ['EDITOR is called FLOW_EDITOR now; EDITOR names a text editor to every shell']
        : [],
    ...editorSettings(given),
  };
}

function basePath(given: Given): string {
  const path = given.value('BASE_PATH').replace(/(?<!\/)\/+$/, '');
  if (!/^(\/[\w.~-]+)*$/.test(path)) throw given.wrong('BASE_PATH', 'a path such as /chat');
  return path;
}

function editorSettings(given: Given) {
  const editorSecret = given.secret('EDITOR_SECRET');
  const editorViewSecret = given.secret('EDITOR_VIEW_SECRET');
  if (editorSecret !== undefined && editorSecret === editorViewSecret) {
    throw new Error('EDITOR_VIEW_SECRET must differ from EDITOR_SECRET; who may only watch could edit');
  }
  return {
    editor: given.onOff('FLOW_EDITOR'),
    editorSecret,
    editorViewSecret,
    editorCode: given.onOff('EDITOR_CODE'),
    editorComponents: given.components('EDITOR_COMPONENTS'),
    editorOrigins: given.origins('EDITOR_ORIGINS'),
    editorUi: given.page('EDITOR_UI'),
    editorSave: given.onOff('EDITOR_SAVE'),
  };
}
