import { Component } from 'noflo';
import { expression, oneByOne } from '../src/behaviour/expression.ts';
import { type AnyPacket, awaitedId, SERVER_FIELDS } from '../src/behaviour/fields.ts';
import { settingsReader } from '../src/behaviour/settings.ts';
import { refusal } from '../src/model/codes.ts';
import { anyPacket, setting } from '../src/model/port-options.ts';

/**
 * Maps a packet to a new object by a JSONata expression; fields set by the server, such as `id` and `who`, are
 * preserved. Rejects with a sentence.
 */
export function mapper(text: string): (packet: AnyPacket) => Promise<AnyPacket> {
  const evaluate = expression('EXPRESSION', text);
  return async packet => {
    const made = await evaluate(packet);
    if (typeof made !== 'object' || made === null || Array.isArray(made)) {
      throw new Error('EXPRESSION made no object; it looks like {"text": body.message}');
    }
    const given = Object.entries(packet).filter(([name]) => SERVER_FIELDS.includes(name));
    const others = Object.entries(made).filter(([name]) => !SERVER_FIELDS.includes(name));
    return Object.freeze(Object.fromEntries([...others, ...given]));
  };
}

/** Maps a packet to a new object. */
export const getComponent = () => {
  const settings = {
    expression: setting({
      datatype: 'string',
      title: 'Expression',
      lines: 'many',
      required: true,
      description: 'A JSONata expression that makes an object of the packet, such as {"text": body.message}',
      check: mapper,
    }),
  };
  const read = settingsReader(settings, values => mapper(String(values.expression)));
  const inTurn = oneByOne();
  return new Component({
    description: 'Makes another object of a packet',
    icon: 'random',
    inPorts: { in: anyPacket('Packet, such as a question'), ...settings },
    outPorts: {
      out: { datatype: 'object', description: 'What was made, with the id and who of the packet' },
      failed: {
        datatype: 'object',
        schema: 'chat/refusal',
        description: 'Refusal 422: the expression failed on this packet, took too long, or made no object',
      },
    },
    process(input, output) {
      const map = read(input);
      if (!map) return;
      if (!input.hasData('in')) return output.done();
      const packet: AnyPacket = input.getData('in');
      return inTurn(() =>
        map(packet).then(
          out => ({ out }),
          ({ message }: Error) => ({ failed: refusal(awaitedId(packet), 'expression-failed', message) }),
        ),
      );
    },
  });
};
