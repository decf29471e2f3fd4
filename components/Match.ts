import { Component } from 'noflo';
import { type AnyPacket, isByBot, textOfPacket } from '../src/behaviour/fields.ts';
import { type TextPattern, textPatterns } from '../src/behaviour/pattern.ts';
import { isOn, linesOf, settingsReader } from '../src/behaviour/settings.ts';
import { anyPacket, sameAs, setting } from '../src/model/port-options.ts';

/** The packet with the values of the pattern's names; undefined if its text does not match, or a bot wrote it. */
export function matched(packet: AnyPacket, pattern: TextPattern, bots = false): AnyPacket | undefined {
  if (!bots && isByBot(packet)) return;
  // Ignores edits and removals, and entries of other processes, which run their own Match.
  if (packet.message !== undefined && (packet.kind !== 'message' || packet.who === undefined)) return;
  const params = pattern(textOfPacket(packet));
  return params && Object.freeze({ ...packet, params: Object.freeze(params) });
}

/** Selects texts by a pattern, as Route selects questions. */
export const getComponent = () => {
  const patterns = (value: unknown) => textPatterns('PATTERN', linesOf(value));
  const settings = {
    pattern: setting({
      datatype: 'string',
      title: 'Patterns',
      everyday: true,
      lines: 'list',
      required: true,
      description:
        'One on each line: !time, /roll :sides with a name for a word, !say :text* for all that follows, *refund* with anything at a star, or /re/ for a regular expression',
      check: patterns,
    }),
    bots: setting({
      datatype: 'boolean',
      title: 'Bots too',
      default: false,
      description: 'Whether what bots write matches as well; they may answer each other without end then',
    }),
  };
  const read = settingsReader(settings, ({ pattern, bots }) => ({ pattern: patterns(pattern), bots: isOn(bots) }));
  return new Component({
    description: 'Picks out what has a text of some kind, such as a command',
    icon: 'terminal',
    inPorts: { in: anyPacket('Packet with a text: a post, or a message that was kept'), ...settings },
    outPorts: {
      match: sameAs('in', 'Packet whose text matches; what the names of the pattern stand for comes as params'),
      else: sameAs('in', 'Every other packet, unchanged'),
    },
    process(input, output) {
      const wanted = read(input);
      if (!wanted) return;
      if (!input.hasData('in')) return output.done();
      const packet: AnyPacket = input.getData('in');
      const match = matched(packet, wanted.pattern, wanted.bots);
      output.sendDone(match ? { match } : { else: packet });
    },
  });
};
