import { execFileSync } from 'node:child_process';
import { provide } from './browser.ts';
import { machine } from './machine.ts';
import { providePostgres } from './postgres.ts';

/** Runs once before all tests: sees to it that there is a browser, a page to open in it, and PostgreSQL. */
export default function setup(): void {
  const say = (line: string) => console.error(line);
  provide(machine, say);
  providePostgres(machine, say);
  execFileSync(process.execPath, ['public/build.ts'], { cwd: `${import.meta.dirname}/../..`, stdio: 'inherit' });
}
