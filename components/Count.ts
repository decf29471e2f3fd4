import { createHash } from 'node:crypto';
import { Component } from 'noflo';
import type { AnyPacket } from '../src/behaviour/fields.ts';
import { type KeptValues, keptAt, openKept } from '../src/behaviour/kept.ts';
import { Retries } from '../src/behaviour/retries.ts';
import { millisecondsAt, settingsReader, wholeAt } from '../src/behaviour/settings.ts';
import { type Template, template } from '../src/behaviour/template.ts';
import { dropOldest } from '../src/model/cached.ts';
import { anyPacket, sameAs, setting } from '../src/model/port-options.ts';
import { sharedByNode } from '../src/store/handles.ts';

/** Limits of packets per key, and of keys in memory: the least recently used are dropped. */
const MAX_COUNT = 1000;
const MAX_KEYS = 10_000;

/** The number of packets of one key that may pass within a time in milliseconds. */
interface Allowance {
  readonly key: Template;
  readonly most: number;
  readonly within: number;
}

/**
 * The times at which packets of each key passed: in memory, or among kept values, where keys are hashed, as they may
 * contain parts of a text.
 */
export class PassTimes {
  /** By key, oldest first. */
  readonly #times = new Map<string, readonly number[]>();
  readonly #retries = new Retries();
  readonly #kept: KeptValues | undefined;

  constructor(kept?: KeptValues) {
    this.#kept = kept;
  }

  /** Counts a packet. Returns 0 if it may pass; otherwise the seconds until it may, without counting it. */
  wait(packet: AnyPacket, now: number, { key, most, within }: Allowance): number {
    if (this.#retries.countRetry(packet)) return 0;
    const name = this.#kept ? createHash('sha256').update(key(packet)).digest('base64url') : key(packet);
    const times = this.#passed(name, now).filter(time => time > now - within);
    const isOver = times.length >= most;
    this.#remember(name, isOver ? times : [...times, now], now, within);
    if (isOver) return (times.at(-most)! + within - now) / 1000;
    this.#retries.counted(packet);
    return 0;
  }

  #passed(name: string, now: number): readonly number[] {
    if (!this.#kept) return this.#times.get(name) ?? [];
    // Another component may store something else under that name.
    const kept = this.#kept.get(name, now);
    return Array.isArray(kept) ? kept.filter(time => typeof time === 'number' && time <= now) : [];
  }

  #remember(name: string, times: readonly number[], now: number, within: number): void {
    if (this.#kept) {
      if (times.at(-1) === now) this.#kept.put(name, { value: times, until: now + within }, now);
      return;
    }
    this.#times.delete(name);
    this.#times.set(name, times);
    dropOldest(this.#times, MAX_KEYS);
  }
}

/** Separates packets that come too often. A new revision of the graph keeps the counts. */
export const getComponent = () => {
  let kept: { readonly store: string; readonly times: PassTimes; release(): void } | undefined;
  const most = (value: unknown) => wholeAt('MOST', value, 1, MAX_COUNT);
  const within = (value: unknown) => millisecondsAt('WITHIN', value);
  const settings = {
    key: setting({
      datatype: 'string',
      title: 'Counted by',
      default: '{{who.id}} {{room}}',
      description: 'A template: packets for which it makes the same text are counted together',
      check: (value: string) => template(value),
    }),
    most: setting({
      datatype: 'int',
      title: 'At most',
      everyday: true,
      unit: 'packets',
      required: true,
      description: 'How many pass',
      check: most,
    }),
    within: setting({
      datatype: 'string',
      title: 'Within',
      everyday: true,
      required: true,
      description: 'In what time, such as 30 s, 5 min or 1 d',
      check: within,
    }),
    store: setting({
      datatype: 'string',
      title: 'Kept as',
      description: 'A name, such as newcomers, under which counts outlive the server; unless set, they end with it',
      check: keptAt,
    }),
  };
  const read = settingsReader(settings, values => ({
    key: template(String(values.key)),
    most: most(values.most),
    within: within(values.within),
    store: values.store === undefined ? undefined : String(values.store),
  }));
  const component: Component = new Component({
    description: 'Tells apart what comes too often, such as more than 1 post of somebody in 30 s',
    icon: 'tachometer',
    inPorts: { in: anyPacket('Packet, such as a post'), ...settings },
    outPorts: {
      out: sameAs('in', 'Packet that may pass, unchanged'),
      over: sameAs('in', 'Packet that is one too many; for how many seconds comes as wait'),
    },
    process(input, output) {
      const allowance = read(input);
      if (!allowance) return;
      // Opened at the start, so that a fault is reported at once.
      const times = allowance.store === undefined ? timesInMemory() : timesKept(allowance.store);
      if (!input.hasData('in')) return output.done();
      const packet: AnyPacket = input.getData('in');
      const wait = times.wait(packet, allowance.store === undefined ? performance.now() : Date.now(), allowance);
      output.sendDone(wait === 0 ? { out: packet } : { over: Object.freeze({ ...packet, wait: Math.ceil(wait) }) });
    },
  });
  component.tearDown = async () => {
    kept?.release();
    kept = undefined;
  };
  const timesKept = (store: string): PassTimes => {
    if (kept?.store !== store) {
      const { value, release } = openKept(store);
      kept?.release();
      kept = { store, times: new PassTimes(value), release };
    }
    return kept.times;
  };
  const timesInMemory = sharedByNode(component, 'count', () => new PassTimes());
  return component;
};
