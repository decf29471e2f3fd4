import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/source.ts';

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const files = [
  ...readdirSync(ROOT).filter(name => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name.replaceAll('\\', '/')}`),
];

/** The paths of all files of the code, by their names. */
const code = Map.groupBy(
  ['src', 'public', 'spec', 'components', 'bench', 'docs', 'npm'].flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(path => join(folder, path)),
  ),
  path => path.split(/[\\/]/).at(-1)!,
);

/** A document without its blocks of code. */
const prose = (file: string) => text(file).replace(/^ *```[\s\S]*?^ *```/gm, '');

/** As GitHub makes a fragment of a heading. */
const slug = (heading: string) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchors = (file: string) =>
  new Set([...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading!)));

/** What is wrong with a link of a document; undefined if nothing is. */
function fault(from: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? from : posix.join(posix.dirname(from), path);
  if (!existsSync(join(ROOT, file))) return `${link} leads to no file`;
  return anchor !== undefined && !anchors(file).has(anchor) ? `${link} leads to no heading` : undefined;
}

describe.each(files)('%s', file => {
  it('links to nothing that is not there', () => {
    const links = [...prose(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link!);
    expect(links.flatMap(link => fault(file, link) ?? [])).toEqual([]);
  });

  it('names no file or folder of the code that is not there', () => {
    const paths = [...prose(file).matchAll(/`((?:src|public|spec|components|bench)\/[\w./-]*)`/g)].map(
      ([, path]) => path!,
    );
    // What a reader is to write has a name of ours in examples.
    const missing = paths.filter(
      path => !existsSync(join(ROOT, path)) && !/\b(NAME|Shout|Clock)\b|^public\/dist/.test(path),
    );
    expect(missing).toEqual([]);
  });

  it('names no file of the code, by its name alone, that is nowhere', () => {
    const named = [...prose(file).matchAll(/`([\w.-]+\.(?:tsx?|cjs))`/g)].map(([, name]) => name!);
    expect(named.filter(name => !code.has(name))).toEqual([]);
  });

  it('finds in a file of the code what it says is in it', () => {
    const said = [...prose(file).matchAll(/`#?(\w+)`\s+in\s+`([\w./-]+\.tsx?)`/g)];
    const isThere = (name: string, path: string) =>
      (code.get(posix.basename(path)) ?? []).some(
        each => each.endsWith(path) && new RegExp(`\\b${name}\\b`).test(text(each)),
      );
    expect(said.flatMap(([all, name, path]) => (isThere(name!, path!) ? [] : all))).toEqual([]);
  });
});
