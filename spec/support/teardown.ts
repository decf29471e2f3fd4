import { rmSync } from 'node:fs';

/** Runs once after all tests: takes away what the setup has made for them. */
export default function teardown(): void {
  const made = process.env.FLOWCHAT_TESTS;
  if (made) rmSync(made, { recursive: true, force: true });
}
