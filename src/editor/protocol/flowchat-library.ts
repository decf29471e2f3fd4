import type { Library } from '../../library.ts';
import type { AllowList } from './allow-list.ts';
import { said } from './flowchat.ts';
import type { Client, Command, Message } from './message.ts';

/** The command that says of each component what the protocol has no field for: its settings, and why a client can't use it. */
export function libraryCommands(library: Library, allowed: AllowList): ReadonlyMap<string, Command> {
  const run = async ({ rights }: Client): Promise<Message> => {
    const components = (await library.all()).map(({ name, inports }) => {
      const locked = rights.has('code') ? undefined : allowed.reason(name);
      const settings = inports.filter(({ control }) => control).map(port => port.name);
      return { name, settings, ...(locked !== undefined && { locked }) };
    });
    return said('library', { components });
  };
  return new Map([['library', { needs: 'protocol:component', run }]]);
}
