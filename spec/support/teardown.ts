import { rmSync } from 'node:fs';

/** Runs once after all tests: takes away what the setup has made for them. */
export default function teardown(): void {
  const compiled = process.env.NODE_COMPILE_CACHE;
  if (compiled) rmSync(compiled, { recursive: true, force: true });
}
