import type { AllowList } from './allow-list.ts';
import { said } from './flowchat.ts';
import type { Client, Command } from './message.ts';

/** The command that says which components a client can't use, and why; those who may bring in code can use all. */
export function lockedCommands(library: { readonly names: readonly string[] }, allowed: AllowList) {
  const run = ({ rights }: Client) => {
    const components = rights.has('code')
      ? []
      : library.names.flatMap(name => {
          const reason = allowed.reason(name);
          return reason === undefined ? [] : [{ name, reason }];
        });
    return said('locked', { components });
  };
  return new Map<string, Command>([['locked', { needs: 'protocol:component', run }]]);
}
