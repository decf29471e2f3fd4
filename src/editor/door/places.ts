import type { Right } from '../protocol/message.ts';
import type { Limits } from './limits.ts';

/** A connection, as far as its place goes. */
export interface Guest {
  readonly rights: ReadonlySet<Right>;
  /** Its address as a keyed hash. */
  readonly from: string;
  /** When it connected, in milliseconds of the clock that `now` is of. */
  readonly since: number;
}

type Sizes = Pick<Limits, 'clients' | 'nameless' | 'share' | 'grace'>;

const isStranger = ({ rights }: Guest): boolean => rights.size === 0;
const mayEdit = ({ rights }: Guest): boolean => rights.has('edit');

/**
 * Who has to leave so that one more connection may show a secret, or why there is no place for it. `guests` stand in the
 * order in which they came. Strangers have places of their own, so that they take none from who has a secret.
 */
export function forStranger<Each extends Guest>(
  guests: readonly Each[],
  from: string,
  { clients, nameless, share, grace }: Sizes,
  now: number,
): readonly Each[] | string {
  if (guests.filter(mayEdit).length >= clients) return `${clients} editors are connected already; close one`;
  const strangers = guests.filter(isStranger);
  const isLate = ({ since }: Guest) => now - since >= grace;
  const isNear = (guest: Guest) => guest.from === from;
  const near = strangers.filter(isNear);
  const late = near.length < share ? undefined : near.find(isLate);
  if (late) return [late];
  if (strangers.length < nameless) return [];
  const byAddress = Map.groupBy(strangers, guest => guest.from);
  const [most = []] = [...byAddress.values()].toSorted((a, b) => b.length - a.length);
  // An address with more than its share makes room for others, however new its connections are.
  if (most.length > share && !most.some(isNear)) return most.slice(0, 1);
  const oldest = strangers.find(isLate);
  return oldest ? [oldest] : `${nameless} connections have yet to show a good secret; try again`;
}

/** Who has to leave so that one of `rights` may stay, or why there is no place for it. An editor takes a viewer's. */
export function forKnown<Each extends Guest>(
  others: readonly Each[],
  rights: ReadonlySet<Right>,
  { clients }: Sizes,
): readonly Each[] | string {
  const known = others.filter(guest => !isStranger(guest));
  if (known.length < clients) return [];
  const viewer = rights.has('edit') ? known.find(guest => !mayEdit(guest)) : undefined;
  return viewer ? [viewer] : `${clients} editors and viewers are connected already; close one`;
}
