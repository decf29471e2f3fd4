import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAT } from './graphs.ts';
import { ROOT } from './source.ts';

// The examples of docs/behaviours.md, as they stand there, in the graph of the chat.

const docs = readFileSync(join(ROOT, 'docs/behaviours.md'), 'utf8');

/** What the examples are called. */
export const EXAMPLES: readonly string[] = Array.from(docs.matchAll(/^### (.+)$/gm), ([, heading]) => heading!);

/** The lines of an example. */
const example = (heading: string): readonly string[] => {
  const [, text] = new RegExp(`^### ${heading}\\n[^]*?^\`\`\`\\n([^]*?)^\`\`\``, 'm').exec(docs) ?? [];
  if (text === undefined) throw new Error(`docs/behaviours.md has no example "${heading}"`);
  return text.trimEnd().split('\n');
};

const beginning = (line: string) => /^(?:INPORT=|\w+(?:\(chat\/\w+\))? [A-Z]+ -> IN )/.exec(line)?.[0];

/** The chat with the lines of an example: one that begins as a line of the chat takes its place. */
export function withExample(heading: string): string {
  let text = CHAT;
  for (const line of example(heading)) {
    const start = beginning(line);
    const there = text.split('\n').find(each => start !== undefined && each.startsWith(start));
    const isMeant = there !== undefined && !line.startsWith('storage ADDED');
    text = isMeant ? text.replace(there, line) : `${text.trimEnd()}\n${line}\n`;
  }
  return text;
}
