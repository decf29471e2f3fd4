import { result } from '../testing/tests.ts';
import type { Components } from './component.ts';
import type { Command, Message, Payload } from './message.ts';
import { tested } from './tested.ts';

/** The command that tries a component's source out before it is brought in. */
export function codeCommands(components: Components): ReadonlyMap<string, Command> {
  return new Map<string, Command>([
    ['check', { needs: 'component:setsource', run: (_, payload) => check(components, payload) }],
  ]);
}

async function check(components: Components, payload: Payload): Promise<Message> {
  const results = await components.check(payload);
  return tested(results.map(({ name, wrong }) => result(name, wrong)));
}
