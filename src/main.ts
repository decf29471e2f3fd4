import { visibleLines } from './model/visible.ts';

// Each command loads what it needs and no more: a check or an export starts in half of a server's time.

async function command([name, ...args]: readonly string[]): Promise<void> {
  try {
    if (name === 'check') await (await import('./cli/check.ts')).check(args);
    else if (name === 'manifest') await (await import('./cli/manifest.ts')).manifest();
    else if (name === 'export' || name === 'import')
      await (await import('./transfer.ts')).transfer(name, args, process.env);
    else if (name === 'revisions') await (await import('./revisions/command.ts')).revisions(args, process.env);
    else await (await import('./cli/start.ts')).start(name === undefined ? [] : [name, ...args], process.env);
  } catch (error) {
    console.error(visibleLines((error as Error).message));
    process.exit(1);
  }
}

if (import.meta.main) await command(process.argv.slice(2));
