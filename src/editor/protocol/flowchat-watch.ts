import type { Rates } from '../watching/rates.ts';
import type { Way, Ways } from '../watching/ways.ts';
import { said } from './flowchat.ts';
import type { Client, Command, SubProtocol } from './message.ts';
import { text } from './payload.ts';

/** Ways that a client is told of in a second; the others can be found. */
const MOST_A_SECOND = 50;
/** Kept ways that a client is told of at first, and how many characters of JSON they may have. */
const MOST_RECENT = 100;
const MOST_CHARACTERS = 1024 * 1024;

/** The commands that watch what runs: figures, and what happened to questions. */
export class WatchCommands implements SubProtocol {
  readonly commands: ReadonlyMap<string, Command>;
  /** What ends the watching, by who watches. */
  readonly #rates = new Map<Client, () => void>();
  readonly #ways = new Map<Client, () => void>();

  constructor(rates: Rates, ways: Ways) {
    const tellRates = (client: Client) => rates.listen((edges, nodes) => client.push(said('rates', { edges, nodes })));
    const tellWays = (client: Client) => ways.listen(sparingly(way => client.push(said('way', { ...way }))));
    this.commands = new Map<string, Command>([
      [
        'rates',
        {
          needs: 'network:data',
          run: (client, { on }) => {
            turn(this.#rates, client, on === true ? tellRates : undefined);
            return said('rates', { edges: [], nodes: [] });
          },
        },
      ],
      [
        'ways',
        {
          needs: 'network:data',
          run: (client, { on }) => {
            turn(this.#ways, client, on === true ? tellWays : undefined);
            return said('ways', { ways: on === true ? ways.recent(MOST_RECENT, MOST_CHARACTERS) : [] });
          },
        },
      ],
      [
        'find',
        { needs: 'network:data', run: (_, payload) => said('ways', { ways: ways.find(text(payload, 'text')) }) },
      ],
    ]);
  }

  leave(client: Client): void {
    turn(this.#rates, client, undefined);
    turn(this.#ways, client, undefined);
  }
}

/** Ends what a client watched, and begins anew where there is what to begin. */
function turn(
  kept: Map<Client, () => void>,
  client: Client,
  begin: ((client: Client) => () => void) | undefined,
): void {
  kept.get(client)?.();
  kept.delete(client);
  if (begin) kept.set(client, begin(client));
}

/** Passes at most so many a second on. */
function sparingly(tell: (way: Way) => void): (way: Way) => void {
  let second = 0;
  let told = 0;
  return way => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) told = 0;
    second = now;
    told += 1;
    if (told <= MOST_A_SECOND) tell(way);
  };
}
