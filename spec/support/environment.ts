import { join } from 'node:path';
import { ROOT } from './source.ts';

/** What a process that a test starts has in its environment, whatever else the test gives it. */
export const ENVIRONMENT: Readonly<Record<string, string | undefined>> = {
  PATH: process.env.PATH,
  // What one process has compiled need not be compiled by the next.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};

/**
 * The same for the server of a project's folder. Each copy of the project has a link to the cache, and a file is known there
 * by where it is relative to that link, so that all copies find what the first has compiled.
 */
export function environmentOf(root: string): Readonly<Record<string, string | undefined>> {
  if (root === ROOT || ENVIRONMENT.NODE_COMPILE_CACHE === undefined) return ENVIRONMENT;
  return { ...ENVIRONMENT, NODE_COMPILE_CACHE: join(root, COMPILED), NODE_COMPILE_CACHE_PORTABLE: '1' };
}

/** The link to the cache in the copy of a project. */
export const COMPILED = '.compiled';
