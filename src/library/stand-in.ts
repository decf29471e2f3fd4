import { registerHooks } from 'node:module';

/** Gives whoever imports a URL a text in place of what its file holds, also where there is no file. Returns what ends it. */
export function standIn(url: string, source: string): () => void {
  const format = new URL(url).pathname.endsWith('.ts') ? 'module-typescript' : 'module';
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === url ? { url, format, shortCircuit: true } : next(specifier, context),
    load: (asked, context, next) => (asked === url ? { format, source, shortCircuit: true } : next(asked, context)),
  });
  return () => hooks.deregister();
}
