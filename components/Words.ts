import { Component } from 'noflo';
import { type AnyPacket, textOfPacket, withText } from '../src/behaviour/fields.ts';
import { isOn, listOf, settingsReader } from '../src/behaviour/settings.ts';
import { masked, type WordFinder, wordFinder } from '../src/behaviour/words.ts';
import { anyPacket, sameAs, setting } from '../src/model/port-options.ts';

/** The outport for a packet: `found` with the found words, or `out`, with stars in their place if it is masked. */
export function filterWords(
  packet: AnyPacket,
  find: WordFinder,
  mask = false,
): { out: AnyPacket } | { found: AnyPacket } {
  const text = textOfPacket(packet);
  const found = find(text);
  if (found.length === 0) return { out: packet };
  if (mask) return { out: withText(packet, masked(text, found)) };
  const words = Object.freeze([...new Set(found.map(({ word }) => word))]);
  return { found: Object.freeze({ ...packet, words }) };
}

/** Finds or masks words of a list. */
export const getComponent = () => {
  const settings = {
    words: setting({
      datatype: 'string',
      title: 'Words',
      everyday: true,
      lines: 'list',
      required: true,
      description:
        'With commas or on lines of their own; bad*, *bad and *bad* find what begins with a word, ends with it or has it; english stands for English swear words',
      check: (value: unknown) => wordFinder(listOf(value), []),
    }),
    except: setting({
      datatype: 'string',
      title: 'Except',
      everyday: true,
      lines: 'list',
      description: 'Words that are fine although one of the list is in them',
    }),
    mask: setting({
      datatype: 'boolean',
      title: 'Mask',
      everyday: true,
      default: false,
      description: 'Puts stars in place of the words and lets the packet out, rather than sending it to FOUND',
    }),
  };
  const read = settingsReader(settings, ({ words, except, mask }) => ({
    find: wordFinder(listOf(words), listOf(except)),
    mask: isOn(mask),
  }));
  return new Component({
    description: 'Finds words of a list, also d1sgu1sed, or masks them',
    icon: 'ban',
    inPorts: { in: anyPacket('Packet with a text: a post, or a message that was kept'), ...settings },
    outPorts: {
      out: sameAs('in', 'Packet without such a word, unchanged, or with stars in place of them'),
      found: sameAs(
        'in',
        'Packet with such a word; what was found comes as words. Nothing leaves here if they are masked',
      ),
    },
    process(input, output) {
      const filter = read(input);
      if (!filter) return;
      if (!input.hasData('in')) return output.done();
      output.sendDone(filterWords(input.getData('in'), filter.find, filter.mask));
    },
  });
};
