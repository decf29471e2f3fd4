import { once } from 'node:events';
import { WebSocket } from 'ws';

export const SECRET = 'a secret of benchmarks';

export type Ask = (protocol: string, command: string, payload: object) => Promise<Readonly<Record<string, unknown>>>;

/** Connects an editor that has SECRET to a server. What is asked rejects where it is refused. */
export async function connect(origin: string): Promise<{ ask: Ask; close(): void }> {
  const socket = new WebSocket(`${origin.replace(/\/$/, '').replace('http', 'ws')}/runtime`, 'noflo');
  const waiting = new Map<string, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  socket.on('message', data => {
    const { responseTo, command, payload } = JSON.parse(String(data));
    const asked = waiting.get(responseTo);
    if (command === 'error') asked?.reject(new Error(payload.message));
    else asked?.resolve(payload);
  });
  await once(socket, 'open');
  let count = 0;
  const ask: Ask = (protocol, command, payload) => {
    const requestId = String(++count);
    const asked = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    waiting.set(requestId, asked);
    socket.send(JSON.stringify({ protocol, command, payload, requestId, secret: SECRET }));
    return asked.promise;
  };
  return { ask, close: () => socket.close() };
}
