import { outboxIfUsed } from '../../behaviour/outbox.ts';
import { Refused } from '../../model/refused.ts';
import { type Client, commandsOf, messageOf, type ProtocolCommand, type SubProtocol } from '../message.ts';
import { type IsPrivate, traceWithoutPrivateText } from '../watch/private-text.ts';
import type { RateMeter } from '../watch/rates.ts';
import type { Trace, Traces } from '../watch/traces.ts';

/** Limit of traces per second that a client gets unasked; it can search for the others. */
const MAX_PER_SECOND = 50;
/** Limits of stored traces that a client gets at first: their number, and their characters of JSON. */
const MAX_RECENT = 100;
const MAX_CHARACTERS = 1024 * 1024;

/** The commands that watch the live graph: rates and traces. */
export class WatchCommands implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  /** Functions that end a client's watching. */
  readonly #rates = new Map<Client, () => void>();
  readonly #traces = new Map<Client, () => void>();

  /** `looked` is called when somebody starts or stops viewing private rooms. */
  constructor(rates: RateMeter, traces: Traces, isPrivate: IsPrivate, looked: () => void) {
    const shownTo = (client: Client) => (trace: Trace) =>
      client.seesPrivate ? trace : traceWithoutPrivateText(trace, isPrivate);
    const sendRates = (client: Client) => rates.listen(figures => client.push(messageOf('flowchat:rates', figures)));
    const sendTraces = (client: Client) =>
      traces.listen(sparingly(trace => client.push(messageOf('flowchat:way', shownTo(client)(trace)))));
    this.commands = commandsOf('flowchat', {
      rates: ({ on }, client) => {
        restart(this.#rates, client, on ? sendRates : undefined);
        return messageOf('flowchat:rates', { edges: [], nodes: [] });
      },
      ways: ({ on }, client) => {
        restart(this.#traces, client, on ? sendTraces : undefined);
        return messageOf('flowchat:ways', {
          ways: on ? traces.recent(MAX_RECENT, MAX_CHARACTERS).map(shownTo(client)) : [],
        });
      },
      find: ({ text }, client) => messageOf('flowchat:ways', { ways: traces.find(text, shownTo(client)) }),
      look: ({ on }, client) => {
        client.seesPrivate = on;
        looked();
        return messageOf('flowchat:look', { on });
      },
    });
  }

  leave(client: Client): void {
    restart(this.#rates, client, undefined);
    restart(this.#traces, client, undefined);
  }
}

/** Ends a client's watching, and starts it again if wanted. */
function restart(
  kept: Map<Client, () => void>,
  client: Client,
  begin: ((client: Client) => () => void) | undefined,
): void {
  kept.get(client)?.();
  kept.delete(client);
  if (begin) kept.set(client, begin(client));
}

/** Limits the rate of emitted traces. */
function sparingly(emit: (trace: Trace) => void): (trace: Trace) => void {
  let second = 0;
  let sent = 0;
  return trace => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) sent = 0;
    second = now;
    sent += 1;
    if (sent <= MAX_PER_SECOND) emit(trace);
  };
}

/** Limit of listed deliveries. */
const MAX_LISTED = 200;

/** The commands that list pending deliveries to other servers, and retry or discard them. */
export function outboxCommands(): ReadonlyMap<string, ProtocolCommand> {
  const told = () => {
    const outbox = outboxIfUsed();
    const counts = outbox?.counts() ?? { waiting: 0, failed: 0 };
    return messageOf('flowchat:outbox', { ...counts, deliveries: outbox?.list(MAX_LISTED) ?? [] });
  };
  const changed = (count: number | undefined) => {
    if (!count) throw new Refused('none of these deliveries is in the outbox any more; look at it again');
    return told();
  };
  return commandsOf('flowchat', {
    outbox: told,
    retry: ({ deliveries }) => changed(outboxIfUsed()?.retry(deliveries)),
    giveup: ({ deliveries }) => changed(outboxIfUsed()?.drop(deliveries)),
  });
}
