/** A packet that has passed the wire that is watched. */
export interface Packet {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly data: unknown;
}

/** What one sees of a wire: its packets, newest first, and whether more are let in. */
export interface Watch {
  readonly edge: string;
  /** The path of the open subgraph that it is in; empty where it is in none. */
  readonly frame: string;
  readonly packets: readonly Packet[];
  readonly paused: boolean;
  /** Those that came while it was paused, newest first; they are shown when it goes on. */
  readonly held: readonly Packet[];
  /** How many have passed since one looks, those during a pause too. */
  readonly passed: number;
}

export const watching = (edge: string, frame = ''): Watch => ({
  edge,
  frame,
  packets: [],
  paused: false,
  held: [],
  passed: 0,
});

/** With a packet that has passed; of those on show and those held back, at most `most` each are kept. */
export function passing(watch: Watch, data: unknown, at: number, most = 200): Watch {
  const passed = watch.passed + 1;
  const where = watch.paused ? 'held' : 'packets';
  return { ...watch, passed, [where]: [{ number: passed, at, data }, ...watch[where]].slice(0, most) };
}

/** Stops the list, or lets it go on, with what came in the meantime. */
export const pausing = (watch: Watch, most = 200): Watch =>
  watch.paused
    ? { ...watch, paused: false, packets: [...watch.held, ...watch.packets].slice(0, most), held: [] }
    : { ...watch, paused: true };

/** Those in which every word occurs, as a name or a value: `author ann`, `author:ann`. */
export function filtered(packets: readonly Packet[], wanted: string): readonly Packet[] {
  const words = wanted
    .toLowerCase()
    .split(/[\s:]+/)
    .filter(Boolean);
  if (words.length === 0) return packets;
  return packets.filter(({ data }) => {
    const text = (JSON.stringify(data) ?? '').toLowerCase();
    return words.every(word => text.includes(word));
  });
}
