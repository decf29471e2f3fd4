import { Component } from 'noflo';
import { type Body, bodyOf } from '../src/behaviour/body.ts';
import { type AnyPacket, awaitedId } from '../src/behaviour/fields.ts';
import { settingsReader, wholeAt } from '../src/behaviour/settings.ts';
import type { Reply } from '../src/model/packets.ts';
import { anyPacket, setting } from '../src/model/port-options.ts';

/** The reply to a packet. */
export function answerTo(packet: AnyPacket, status: number, { type, write }: Body): Reply {
  return Object.freeze({ id: awaitedId(packet), status, body: write(packet), type });
}

/** Answers a question with a text of the graph. */
export const getComponent = () => {
  const status = (value: unknown) => wholeAt('STATUS', value, 200, 299);
  const settings = {
    status: setting({
      datatype: 'int',
      title: 'Status',
      default: 200,
      description: 'Of HTTP, from 200 to 299',
      check: status,
    }),
    type: setting({
      datatype: 'string',
      title: 'Type',
      description: 'MIME type; without one application/json for JSON, else text/plain',
      check: (value: string) => bodyOf('{}', value),
    }),
    body: setting({
      datatype: 'string',
      title: 'Answer',
      lines: 'many',
      required: true,
      description: 'A template such as "Hello {{query.name}}", or JSON with templates in its texts',
      check: (value: string) => bodyOf(value),
    }),
  };
  const read = settingsReader(settings, values => ({
    status: status(values.status),
    body: bodyOf(String(values.body), String(values.type ?? '').trim()),
  }));
  return new Component({
    description: 'Answers a question itself, such as GET /api/hello',
    icon: 'comment-o',
    inPorts: { in: anyPacket('Packet that awaits an answer, such as a question'), ...settings },
    outPorts: { out: { datatype: 'object', schema: 'chat/reply', description: 'Reply with this body' } },
    process(input, output) {
      const said = read(input);
      if (!said) return;
      if (!input.hasData('in')) return output.done();
      output.sendDone({ out: answerTo(input.getData('in'), said.status, said.body) });
    },
  });
};
