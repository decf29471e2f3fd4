import { Component, IP } from 'noflo';
import { cronTimes, everyTimes, isZone, type Times, tellTimes } from '../src/behaviour/schedule.ts';
import { millisecondsAt, settingsReader } from '../src/behaviour/settings.ts';
import { aside, setting } from '../src/model/port-options.ts';
import { unaskedId } from '../src/model/who.ts';
import { sharedByNode } from '../src/store/handles.ts';
import { isLeading } from '../src/store/open.ts';

/** The times of a schedule; undefined if none are set. Throws a sentence for invalid settings. */
export function timesOf({ cron, every, zone }: { cron?: unknown; every?: unknown; zone?: unknown }): Times | undefined {
  if (cron !== undefined && every !== undefined) throw new Error('CRON and EVERY exclude each other; set one of them');
  if (cron !== undefined) return cronTimes(String(cron), zone === undefined ? undefined : String(zone));
  return every === undefined ? undefined : everyTimes(everyAt(every));
}

function everyAt(value: unknown): number {
  const milliseconds = millisecondsAt('EVERY', value);
  if (milliseconds < 1000) throw new Error('EVERY must be at least 1 s');
  return milliseconds;
}

/** The packet for a time, with the set data. */
export function tickAt(node: string, data: unknown, at: number, missed: number): Readonly<Record<string, unknown>> {
  const tick = { ...Object(data), id: unaskedId(node), at: new Date(at).toISOString() };
  return Object.freeze(missed > 0 ? { ...tick, missed } : tick);
}

/**
 * Sends a packet at set times, once for each, across revisions of the graph; of several processes with one store only
 * one sends.
 */
export const getComponent = () => {
  let running: { readonly times: Times; end(): void } | undefined;
  const settings = {
    cron: setting({
      datatype: 'string',
      title: 'Cron',
      everyday: true,
      description:
        'When, as in "0 9 * * mon-fri": minute, hour, day, month, day of the week. Without it and EVERY, nothing is sent',
      check: (value: string) => cronTimes(value),
    }),
    every: setting({
      datatype: 'string',
      title: 'Every',
      everyday: true,
      description: 'In place of CRON: 30 s, 5 min, 1 h; at least 1 s',
      check: everyAt,
    }),
    zone: setting({
      datatype: 'string',
      title: 'Time zone',
      everyday: true,
      description: 'Of CRON, such as Europe/Berlin; without one, that of the server',
      check: (value: string) => {
        if (!isZone(value))
          throw new Error(`ZONE must be a time zone such as Europe/Berlin, not "${value.slice(0, 60)}"`);
      },
    }),
    data: setting({
      datatype: 'object',
      title: 'Data',
      description: 'Fields of the packet, as JSON, such as {"room": "news"}',
    }),
  };
  const read = settingsReader(settings, values => ({ times: timesOf(values), data: values.data }));
  const component: Component = new Component({
    description: 'Sends a packet at set times',
    icon: 'calendar',
    inPorts: settings,
    outPorts: {
      out: aside({
        datatype: 'object',
        description: 'The data, with the time as at, and how many before it were missed',
      }),
    },
    process(input, output) {
      const schedule = read(input);
      output.done();
      if (!schedule || schedule.times === running?.times) return;
      running?.end();
      const { times, data } = schedule;
      if (!times) return;
      const { out } = component.outPorts.ports;
      const node = component.nodeId ?? 'schedule';
      const end = tellTimes(times, last(), (at, missed) => {
        if (isLeading()) void out!.sendIP(new IP('data', tickAt(node, data, at, missed)));
      });
      running = { times, end };
    },
  });
  component.tearDown = async () => {
    running?.end();
    running = undefined;
  };
  const last = sharedByNode(component, 'schedule', () => ({ at: 0 }));
  return component;
};
