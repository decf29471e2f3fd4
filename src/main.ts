// Imported first, to run before the rest is loaded.
import './node24.cjs';
import { visibleLines } from './model/text.ts';

// Each command imports only what it needs: a check or an export starts in half of a server's time.

/** Runs a command line. */
export async function command([name, ...args]: readonly string[]): Promise<void> {
  try {
    if (name === 'check') await (await import('./cli/check.ts')).checkCommand(args);
    else if (name === 'manifest') await (await import('./cli/check.ts')).manifest();
    else if (name === 'export' || name === 'import')
      await (await import('./cli/transfer.ts')).transfer(name, args, process.env);
    else if (name === 'revisions') await (await import('./cli/revisions.ts')).revisions(args, process.env);
    else if (name === 'remove') await (await import('./cli/remove.ts')).removeCommand(args, process.env);
    else if (name === 'person') await (await import('./cli/person.ts')).personCommand(args, process.env);
    else await (await import('./cli/start.ts')).startCommand(name === undefined ? [] : [name, ...args], process.env);
  } catch (error) {
    console.error(visibleLines((error as Error).message));
    process.exit(1);
  }
}

if (import.meta.main) await command(process.argv.slice(2));
