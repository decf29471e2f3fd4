import { outboxIfUsed } from '../../behaviour/outbox.ts';
import { Refused } from '../../model/payload.ts';
import { type Client, commandsOf, messageOf, type ProtocolCommand, type SubProtocol } from '../message.ts';
import { type IsPrivate, traceWithoutPrivateText } from '../watch/private-text.ts';
import type { RateMeter } from '../watch/rates.ts';
import type { Trace, Traces } from '../watch/traces.ts';

/** Ways that a client is told of in a second; the others can be found. */
const MAX_PER_SECOND = 50;
/** Kept ways that a client is told of at first, and how many characters of JSON they may have. */
const MAX_RECENT = 100;
const MAX_CHARACTERS = 1024 * 1024;

/** The commands that watch what runs: figures, and what happened to questions. */
export class WatchCommands implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  /** What ends the watching, by who watches. */
  readonly #rates = new Map<Client, () => void>();
  readonly #traces = new Map<Client, () => void>();

  /** `looked` is called when somebody begins or ends to look into private rooms. */
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

/** Ends what a client watched, and begins anew where there is what to begin. */
function restart(
  kept: Map<Client, () => void>,
  client: Client,
  begin: ((client: Client) => () => void) | undefined,
): void {
  kept.get(client)?.();
  kept.delete(client);
  if (begin) kept.set(client, begin(client));
}

/** Passes at most so many a second on. */
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

/** The most deliveries that an editor is told of. */
const MAX_LISTED = 200;

/** The commands that show what waits to be delivered to other servers, and try it again or give it up by hand. */
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
