import { Component } from 'noflo';
import { type AnyPacket, fieldAt, pathOf } from '../src/behaviour/fields.ts';
import { oneOf } from '../src/behaviour/pattern.ts';
import { isOn, listOf, settingsReader } from '../src/behaviour/settings.ts';
import { anyPacket, sameAs, setting } from '../src/model/port-options.ts';

/**
 * A test whether a packet's field is one of some values; for a list, whether one of its items is. Fields of a stored
 * entry are those of its message. Throws a sentence for an invalid field.
 */
export function selector(field: string, values: readonly string[], ignoreCase = false): (packet: AnyPacket) => boolean {
  const [path, isOne] = [pathOf(field), oneOf(values, ignoreCase)];
  return packet => {
    const value = fieldAt(packet, path) ?? fieldAt(packet.message, path);
    const all = Array.isArray(value) ? value : [value];
    return all.some(each => ['string', 'number', 'boolean'].includes(typeof each) && isOne(String(each)));
  };
}

/** Branches by a field: by room, by author, by role. */
export const getComponent = () => {
  const settings = {
    field: setting({
      datatype: 'string',
      title: 'Field',
      default: 'room',
      description: 'The field that is looked at, of a packet or of the message in it, such as room, author or who.role',
      check: pathOf,
    }),
    values: setting({
      datatype: 'string',
      title: 'Values',
      everyday: true,
      lines: 'list',
      required: true,
      description: 'What it may be, with commas or on lines of their own; * stands for anything, as in dev-*',
    }),
    ignorecase: setting({
      datatype: 'boolean',
      title: 'Ignore case',
      default: false,
      description: 'Whether capitals make no difference',
    }),
  };
  const read = settingsReader(settings, ({ field, values, ignorecase }) =>
    selector(String(field), listOf(values), isOn(ignorecase)),
  );
  return new Component({
    description: 'Branches by a field that is one of a list',
    icon: 'filter',
    inPorts: { in: anyPacket('Packet, such as a post or a question'), ...settings },
    outPorts: {
      match: sameAs('in', 'Packet whose field is one of the values, unchanged'),
      else: sameAs('in', 'Every other packet, unchanged'),
    },
    process(input, output) {
      const isMeant = read(input);
      if (!isMeant) return;
      if (!input.hasData('in')) return output.done();
      const packet: AnyPacket = input.getData('in');
      output.sendDone(isMeant(packet) ? { match: packet } : { else: packet });
    },
  });
};
