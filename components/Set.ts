import { Component } from 'noflo';
import { type AnyPacket, pathOf, SERVER_FIELDS, withField } from '../src/behaviour/fields.ts';
import { linesOf, settingsReader, shortOf } from '../src/behaviour/settings.ts';
import { template } from '../src/behaviour/template.ts';
import { anyPacket, sameAs, setting } from '../src/model/port-options.ts';

/** Parses new values of fields, `name: template` per line. Throws a sentence for anything else. */
export function setter(lines: readonly string[]): (packet: AnyPacket) => AnyPacket {
  const fields = lines.map(line => {
    const [, name, text = ''] = /^([\w.-]+)\s*[:=]\s*(.*)$/s.exec(line) ?? [];
    if (name === undefined) throw new Error(`FIELDS: ${shortOf(line)} is no field; it looks like "text: {{text}}!"`);
    const path = pathOf(name);
    if (SERVER_FIELDS.includes(path[0]!)) throw new Error(`FIELDS: ${path[0]} is given by the server and can't be set`);
    return { path, made: text === '' ? undefined : template(text) };
  });
  if (fields.length === 0) throw new Error('FIELDS has no field; write one such as "text: {{text}}!"');
  // Each template gets the original packet.
  return packet => fields.reduce((made, field) => withField(made, field.path, field.made?.(packet)), packet);
}

/** Changes, adds or removes fields of a packet. */
export const getComponent = () => {
  const read = (value: unknown) => setter(linesOf(value));
  const settings = {
    fields: setting({
      datatype: 'string',
      title: 'Fields',
      lines: 'many',
      required: true,
      description:
        'One on each line, with the template of its text, as in "text: {{text}}!"; a name with nothing behind it is removed',
      check: read,
    }),
  };
  const setFields = settingsReader(settings, ({ fields }) => read(fields));
  return new Component({
    description: 'Changes, adds or removes fields',
    icon: 'edit',
    inPorts: { in: anyPacket('Packet, such as a post'), ...settings },
    outPorts: { out: sameAs('in', 'Packet with these fields; who it is by and what question it belongs to stay') },
    process(input, output) {
      const set = setFields(input);
      if (!set) return;
      if (!input.hasData('in')) return output.done();
      output.sendDone({ out: set(input.getData('in')) });
    },
  });
};
