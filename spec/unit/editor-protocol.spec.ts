import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rightFor } from '../../src/editor/server/rights.ts';
import { CLIENT_MESSAGES, type ClientMessageName } from '../../src/model/editor-protocol.ts';
import { COMMANDS } from '../../src/model/graph-commands.ts';
import { ROOT } from '../support/source.ts';

const [protocol = '', addition = ''] = readFileSync(join(ROOT, 'docs/editor-protocol.md'), 'utf8').split(
  '## The protocol `flowchat`',
);

/** The cells of a document's tables, row by row. */
const rows = (text: string) =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row!.split(/(?<!\\)\|/).map(cell => cell.trim()));

const names = Object.keys(CLIENT_MESSAGES) as ClientMessageName[];

describe('the document of the editor protocol', () => {
  it('has each command of the addition, with the message that answers it and the right that it needs', () => {
    const told = rows(addition).flatMap(([command = '', , reply = '', right = '']) => {
      const [, name] = /^`(\w+)`$/.exec(command) ?? [];
      if (!name || !Object.hasOwn(CLIENT_MESSAGES, `flowchat:${name}`)) return [];
      return [[name, /`(\w+)`/.exec(reply)?.[1], right.split(';')[0] || 'watch']];
    });
    const meant = names.flatMap(name => {
      const { needs, answer } = CLIENT_MESSAGES[name];
      const command = (of: string) => of.replace('flowchat:', '');
      return name.startsWith('flowchat:') ? [[command(name), command(answer), rightFor(needs!)]] : [];
    });
    expect(told.toSorted()).toEqual(meant.toSorted());
  });

  it('has each command of the other protocols', () => {
    const told = rows(protocol).flatMap(([cell = '']) => {
      const [first = '', ...more] = [...cell.matchAll(/`([\w:]+)`/g)].map(([, name]) => name!);
      return first.includes(':') ? [first, ...more.map(name => first.replace(/\w+$/, name))] : [];
    });
    const meant = [...names.filter(name => !name.startsWith('flowchat:')), ...COMMANDS.map(name => `graph:${name}`)];
    expect(told.toSorted()).toEqual(meant.toSorted());
  });
});
