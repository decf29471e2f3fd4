import { Component } from 'noflo';
import { type Body, bodyOf } from '../src/behaviour/body.ts';
import { type AnyPacket, fieldAt, withField } from '../src/behaviour/fields.ts';
import { type KeptValues, keptAt, openKept } from '../src/behaviour/kept.ts';
import { settingsReader } from '../src/behaviour/settings.ts';
import { type Template, template, timeTemplate } from '../src/behaviour/template.ts';
import { anyPacket, perProcess, sameAs, setting } from '../src/model/port-options.ts';

const MAX_FOR_MS = 400 * 86_400_000;

/** The value to store, and its key. */
interface Keeping {
  readonly key: Template;
  /** Key of a stored or deleted value. */
  readonly putKey: Template;
  readonly value: Body;
  /** Lifetime in milliseconds; undefined if it has no end. */
  readonly time: ((packet: AnyPacket) => number) | undefined;
  readonly store: string | undefined;
}

/** Stores a value of a packet, and returns the packet with it. Throws a sentence if it is too large. */
function keep(packet: AnyPacket, values: KeptValues, now: number, { putKey, value, time }: Keeping): AnyPacket {
  const text = value.write(packet);
  const made: unknown = value.type === 'application/json' ? JSON.parse(text) : text;
  const about = fieldAt(packet, ['message', 'id']) ?? fieldAt(packet, ['about']);
  const until = time && now + time(packet);
  const key = putKey(packet);
  values.put(key, { value: made, until, about: typeof about === 'string' ? about : undefined }, now);
  return withField(packet, ['kept'], values.get(key, now));
}

/** The packet with the value stored under its key; undefined if there is none. */
function recall(packet: AnyPacket, values: KeptValues, now: number, key: Template): AnyPacket | undefined {
  const value = values.get(key(packet), now);
  return value === undefined ? undefined : withField(packet, ['kept'], value);
}

/** Stores a value per key, also across restarts. */
export const getComponent = () => {
  let opened: { readonly store: string; readonly value: KeptValues; release(): void } | undefined;
  const timeAt = (value: unknown) =>
    timeTemplate('FOR', value, MAX_FOR_MS, 'FOR is 400 d at most; without it, values are kept until they are dropped');
  const settings = {
    key: setting({
      datatype: 'string',
      title: 'Key',
      default: '{{author}}',
      description: 'A template of the key by which a value is found again',
      check: (value: string) => template(value),
    }),
    putkey: setting({
      datatype: 'string',
      title: 'Key to keep by',
      description: 'A template of the key by which PUT keeps and DROP forgets, such as {{params.name}}; KEY unless set',
      check: (value: string) => template(value),
    }),
    value: setting({
      datatype: 'string',
      title: 'Value',
      lines: 'many',
      default: '{{text}}',
      description: 'A template, or JSON with templates in its texts',
      check: (value: string) => bodyOf(value),
    }),
    for: setting({
      datatype: 'string',
      title: 'For',
      description:
        'How long it is kept, such as 10 min, 30 d or {{params.minutes}} min; until it is dropped unless set',
      check: timeAt,
    }),
    store: setting({
      datatype: 'string',
      title: 'Kept as',
      description:
        'A name, such as mutes, which several nodes may share, or memory:mutes until the server ends; the name of the node unless set',
      check: keptAt,
    }),
  };
  const read = settingsReader(
    settings,
    ({ key, putkey, value, for: time, store }): Keeping => ({
      key: template(String(key)),
      putKey: template(String(putkey ?? key)),
      value: bodyOf(String(value)),
      time: time === undefined ? undefined : timeAt(time),
      store: store === undefined ? undefined : String(store),
    }),
  );
  const component: Component = new Component({
    description: 'Remembers a value for each key, such as who is muted',
    icon: 'archive',
    inPorts: {
      put: perProcess({ ...anyPacket('Packet of which a value is kept'), required: false }),
      get: { ...anyPacket('Packet for which a value is looked up'), required: false },
      drop: { ...anyPacket('Packet whose value is forgotten'), required: false },
      ...settings,
    },
    outPorts: {
      out: {
        datatype: 'object',
        description: 'Packet of GET for which a value is there, with it as kept; that of PUT, with it; that of DROP',
      },
      none: sameAs('get', 'Packet of GET for which no value is there, unchanged'),
    },
    process(input, output) {
      const keeping = read(input);
      if (!keeping) return;
      // Opened at the start, so that a revision without packets passes them on to the next one.
      const values = valuesAt(keeping);
      const now = Date.now();
      if (input.hasData('put')) output.send({ out: keep(input.getData('put'), values, now, keeping) });
      if (input.hasData('drop')) {
        const packet: AnyPacket = input.getData('drop');
        values.drop(keeping.putKey(packet));
        output.send({ out: packet });
      }
      if (input.hasData('get')) {
        const packet: AnyPacket = input.getData('get');
        const known = recall(packet, values, now, keeping.key);
        output.send(known ? { out: known } : { none: packet });
      }
      output.done();
    },
  });
  const valuesAt = ({ store = component.nodeId ?? 'keep' }: Keeping): KeptValues => {
    if (opened?.store !== store) {
      const next = { store, ...openKept(store) };
      opened?.release();
      opened = next;
    }
    return opened.value;
  };
  component.tearDown = async () => {
    opened?.release();
    opened = undefined;
  };
  return component;
};
