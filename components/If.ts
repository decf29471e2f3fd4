import { Component } from 'noflo';
import { expression, isTrue, oneByOne } from '../src/behaviour/expression.ts';
import type { AnyPacket } from '../src/behaviour/fields.ts';
import { settingsReader } from '../src/behaviour/settings.ts';
import { anyPacket, sameAs, setting } from '../src/model/port-options.ts';

/** A test of a condition for a packet. Throws a sentence for an invalid JSONata expression. */
export function condition(text: string): (packet: AnyPacket) => Promise<boolean> {
  const evaluate = expression('WHEN', text);
  return async packet => isTrue(await evaluate(packet));
}

/** Branches by any condition. A condition that fails or takes too long fails only that question. */
export const getComponent = () => {
  const settings = {
    when: setting({
      datatype: 'string',
      title: 'When',
      lines: 'many',
      required: true,
      description: 'A JSONata expression of the packet, such as $length(text) > 200 and who.role != "moderator"',
      check: condition,
    }),
  };
  const read = settingsReader(settings, ({ when }) => condition(String(when)));
  const inTurn = oneByOne();
  return new Component({
    description: 'Branches by a condition',
    icon: 'question-circle',
    inPorts: { in: anyPacket('Packet, such as a post or a question'), ...settings },
    outPorts: {
      yes: sameAs('in', 'Packet for which the condition holds, unchanged'),
      no: sameAs('in', 'Every other packet, unchanged'),
    },
    process(input, output) {
      const holds = read(input);
      if (!holds) return;
      if (!input.hasData('in')) return output.done();
      const packet: AnyPacket = input.getData('in');
      return inTurn(async () => ((await holds(packet)) ? { yes: packet } : { no: packet }));
    },
  });
};
