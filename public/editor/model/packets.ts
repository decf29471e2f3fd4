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
  /** How many have passed since one looks, those during a pause too. */
  readonly passed: number;
}

export const watching = (edge: string, frame = ''): Watch => ({ edge, frame, packets: [], paused: false, passed: 0 });

export function passing(watch: Watch, data: unknown, at: number, most = 200): Watch {
  const passed = watch.passed + 1;
  if (watch.paused) return { ...watch, passed };
  return { ...watch, passed, packets: [{ number: passed, at, data }, ...watch.packets].slice(0, most) };
}

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
