import { Component } from 'noflo';
import { type AnyPacket, awaitedId, fieldAt } from '../src/behaviour/fields.ts';
import { settingsReader, wholeAt } from '../src/behaviour/settings.ts';
import { type Template, template } from '../src/behaviour/template.ts';
import type { Refusal } from '../src/model/packets.ts';
import { anyPacket, setting } from '../src/model/port-options.ts';

/** The refusal of a packet, with the time to wait if it has one. */
export function refuse(packet: AnyPacket, status: number, detail: Template): Refusal {
  const wait = fieldAt(packet, ['wait']);
  const headers = typeof wait === 'number' && { headers: Object.freeze({ 'Retry-After': String(Math.ceil(wait)) }) };
  const code = status < 500 ? 'refused' : 'failed';
  return Object.freeze({ id: awaitedId(packet), status, code, detail: detail(packet), ...headers });
}

/** Refuses a question with a text of the graph. */
export const getComponent = () => {
  const status = (value: unknown) => wholeAt('STATUS', value, 400, 599);
  const settings = {
    status: setting({
      datatype: 'int',
      title: 'Status',
      default: 403,
      description: 'Of HTTP, from 400 to 599: 403 is forbidden, 429 too much, 503 not now',
      check: status,
    }),
    detail: setting({
      datatype: 'string',
      title: 'Answer',
      everyday: true,
      lines: 'many',
      required: true,
      description: 'What who asks gets to read, a template such as "only moderators write in {{room}}"',
      check: (value: string) => template(value),
    }),
  };
  const read = settingsReader(settings, values => ({
    status: status(values.status),
    detail: template(String(values.detail)),
  }));
  return new Component({
    description: 'Refuses in words of your own',
    icon: 'times-circle',
    inPorts: { in: anyPacket('Packet that awaits an answer, such as a post or a question'), ...settings },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 403, or as STATUS says' },
    },
    process(input, output) {
      const words = read(input);
      if (!words) return;
      if (!input.hasData('in')) return output.done();
      output.sendDone({ out: refuse(input.getData('in'), words.status, words.detail) });
    },
  });
};
