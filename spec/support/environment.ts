/** What a process that a test starts has in its environment, whatever else the test gives it. */
export const ENVIRONMENT: Readonly<Record<string, string | undefined>> = {
  PATH: process.env.PATH,
  // What one process has compiled need not be compiled by the next.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};
