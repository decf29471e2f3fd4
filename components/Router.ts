import { Component } from 'noflo';
import { findPath, methodAt, ROUTES_BY_PORT, type RouterPort, roomNameFault } from '../src/model/chat-paths.ts';
import { refusal } from '../src/model/codes.ts';
import type { Question, Refusal } from '../src/model/packets.ts';

/** An outport for questions, and why it may stay unwired. */
const WAY = { datatype: 'object', schema: 'chat/question', open: 'Router answers 404 or 405 itself' } as const;

/** The outport for a question, or the refusal: 404 for an unknown path, 405 for an unknown method. */
export function route(
  question: Question,
  wired: (port: RouterPort) => boolean,
): { port: RouterPort; to: Question } | Refusal {
  const { id, method, path } = question;
  const found = findPath(path);
  const port = methodAt(found, method)?.port;
  if (port && wired(port))
    return { port, to: found.params ? Object.freeze({ ...question, params: found.params }) : question };
  const Allow = Object.keys(found.methods)
    .filter(name => wired(found.methods[name]!.port))
    .join(', ');
  if (Allow !== '') return refusal(id, 'method-not-allowed', `${path} takes ${Allow}, not ${method}`, { Allow });
  const fault = roomNameFault(path);
  return fault ? refusal(id, 'room-invalid', fault) : refusal(id, 'not-found', `there is nothing at ${path}`);
}

/**
 * Sends each question to the node that answers it, by path and method. An unwired outport counts as an unknown path.
 */
export const getComponent = () => {
  const component: Component = new Component({
    description: 'Sends each question on its way, by path and method',
    icon: 'code-fork',
    inPorts: { in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' } },
    outPorts: {
      show: { ...WAY, description: 'Question for messages' },
      send: { ...WAY, description: 'Question that brings a message' },
      edit: { ...WAY, description: 'Question that brings a new text for a message' },
      // NoFlo reserves "remove".
      delete: { ...WAY, description: 'Question that removes a message' },
      react: { ...WAY, description: 'Question that adds a reaction to a message, or takes it back' },
      rooms: {
        ...WAY,
        description: 'Question for the list of rooms, or one that makes a room or changes who is in it',
      },
      subscribe: { ...WAY, description: 'Question for what comes from now on' },
      people: { ...WAY, description: 'Question about people, which the accounts answer once Responder has it' },
      review: { ...WAY, description: 'Question of a moderator about what waits, or was reported' },
      report: { ...WAY, description: 'Question that reports a message' },
      missing: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 404 or 405' },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      const routed = route(input.getData('in'), port => component.outPorts.ports[port]!.isAttached());
      if (!('port' in routed)) return output.sendDone({ missing: routed });
      // `sendDone({ [port]: … })` would cost as much as a whole node.
      output.sendIP(routed.port, routed.to);
      output.done();
    },
  });
  return Object.assign(component, { routes: () => ROUTES_BY_PORT });
};
