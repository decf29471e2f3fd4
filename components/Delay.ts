import { Component, IP } from 'noflo';
import type { AnyPacket } from '../src/behaviour/fields.ts';
import { settingsReader } from '../src/behaviour/settings.ts';
import { anyPacket, sameAs, setting, slow } from '../src/model/port-options.ts';
import { sharedByNode } from '../src/store/handles.ts';

const MAX_SECONDS = 86_400;
/** Limit of packets that wait at one node. */
const MAX_WAITING = 10_000;

type Send = (packet: AnyPacket) => void;

/** Delays packets; of several senders, as two revisions share one during a swap, the newest sends. */
export class DelayLine {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #senders = new Set<Send>();

  /** Adds a sender. Returns a function that removes it; with the last one, waiting packets are dropped. */
  attach(send: Send): () => void {
    this.#senders.add(send);
    return () => {
      this.#senders.delete(send);
      if (this.#senders.size > 0) return;
      for (const timer of this.#timers) clearTimeout(timer);
      this.#timers.clear();
    };
  }

  /** Sends a packet after a delay in milliseconds. Throws a sentence if too many wait. */
  add(packet: AnyPacket, milliseconds: number): void {
    if (this.#timers.size >= MAX_WAITING) throw new Error(`${MAX_WAITING} packets wait here already`);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      [...this.#senders].at(-1)?.(packet);
    }, milliseconds).unref();
    this.#timers.add(timer);
  }
}

/**
 * Forwards packets after a delay. A new revision of the graph takes over waiting packets; they are lost when the server
 * stops.
 */
export const getComponent = () => {
  let detach = () => {};
  const secondsAt = (value: unknown) => {
    const seconds = Number(value);
    if (seconds > 0 && seconds <= MAX_SECONDS) return seconds;
    throw new Error(`SECONDS must be a number above 0, and at most ${MAX_SECONDS.toLocaleString('en')}`);
  };
  const settings = {
    seconds: setting({
      datatype: 'number',
      title: 'Later by',
      unit: 'seconds',
      required: true,
      description: 'How much later a packet goes on; who waits for an answer waits as well',
      check: secondsAt,
    }),
  };
  const read = settingsReader(settings, ({ seconds }) => secondsAt(seconds));
  const component: Component = new Component({
    description: 'Sends packets on later',
    icon: 'clock-o',
    inPorts: { in: anyPacket('Packet, such as a message that was kept'), ...settings },
    outPorts: { out: slow(sameAs('in', 'The same packet, later')) },
    process(input, output) {
      const seconds = read(input);
      if (!seconds) return;
      if (input.hasData('in')) line().add(input.getData('in'), seconds * 1000);
      // The node is idle while a packet waits, so that a revision can end.
      output.done();
    },
  });
  component.setUp = async () => {
    const { out } = component.outPorts.ports;
    detach = line().attach(packet => void out!.sendIP(new IP('data', packet)));
  };
  component.tearDown = async () => detach();
  const line = sharedByNode(component, 'delay', () => new DelayLine());
  return component;
};
