import { Component } from 'noflo';
import type { AnyPacket } from '../src/behaviour/fields.ts';
import { Retries } from '../src/behaviour/retries.ts';
import { millisecondsAt, settingsReader, wholeAt } from '../src/behaviour/settings.ts';
import { type Template, template } from '../src/behaviour/template.ts';
import { dropOldest } from '../src/model/cached.ts';
import { anyPacket, sameAs, setting } from '../src/model/port-options.ts';
import { sharedByNode } from '../src/store/open.ts';

/** The most packets of one key, and keys that are remembered: those that were not seen for longest are forgotten first. */
const MAX_COUNT = 1000;
const MAX_KEYS = 10_000;

/** How many packets of one key pass in how many milliseconds. */
interface Allowance {
  readonly key: Template;
  readonly most: number;
  readonly within: number;
}

/** Remembers when packets of each key passed. */
export class PassTimes {
  /** By key, the oldest first. */
  readonly #times = new Map<string, number[]>();
  readonly #retries = new Retries();

  /** Counts a packet. Returns 0 if it may pass, or the seconds until one of its key may; it is not counted then. */
  wait(packet: AnyPacket, now: number, { key, most, within }: Allowance): number {
    if (this.#retries.countRetry(packet)) return 0;
    const name = key(packet);
    const times = this.#times.get(name) ?? [];
    while (times.length > 0 && times[0]! <= now - within) times.shift();
    this.#times.delete(name);
    this.#times.set(name, times);
    dropOldest(this.#times, MAX_KEYS);
    if (times.length >= most) return (times.at(-most)! + within - now) / 1000;
    times.push(now);
    this.#retries.counted(packet);
    return 0;
  }
}

/** Tells what comes too often apart. A new revision of the graph goes on counting. */
export const getComponent = () => {
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
  };
  const read = settingsReader(settings, values => ({
    key: template(String(values.key)),
    most: most(values.most),
    within: within(values.within),
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
      if (!input.hasData('in')) return output.done();
      const packet: AnyPacket = input.getData('in');
      const wait = times().wait(packet, performance.now(), allowance);
      output.sendDone(wait === 0 ? { out: packet } : { over: Object.freeze({ ...packet, wait: Math.ceil(wait) }) });
    },
  });
  const times = sharedByNode(component, 'count', () => new PassTimes());
  return component;
};
