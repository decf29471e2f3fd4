/** The package's API for programs that start a server, and packet types for components. */
export { jsonLog, type Log, lineLog } from './log.ts';
export type { RefusalCode } from './model/codes.ts';
export type * from './model/packets.ts';
export { type Running, serve } from './serve.ts';
export { readSettings, type Settings } from './settings.ts';
