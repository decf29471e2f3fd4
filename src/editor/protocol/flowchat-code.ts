import type { Components } from './component.ts';
import { said } from './flowchat.ts';
import type { Command, Message, Payload } from './message.ts';

/** The command that tries a component's source out before it is brought in. */
export function codeCommands(components: Components): ReadonlyMap<string, Command> {
  return new Map<string, Command>([
    ['check', { needs: 'component:setsource', run: (_, payload) => check(components, payload) }],
  ]);
}

async function check(components: Components, payload: Payload): Promise<Message> {
  const results = (await components.check(payload)).map(({ name, wrong }) => {
    return { name, passed: wrong === undefined, ...(wrong !== undefined && { message: wrong }) };
  });
  const passed = results.filter(result => result.passed).length;
  return said('tested', { passed, failed: results.length - passed, results });
}
