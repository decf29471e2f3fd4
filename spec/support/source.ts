import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join, posix, resolve } from 'node:path';
import { parseSync } from '@swc/core';

/** The project's folder. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** A node of a syntax tree, as swc has it. */
export type Syntax = Readonly<Record<string, unknown>> & { readonly type: string };

/** What a file imports; a path of our own is relative to ROOT. */
export interface Import {
  readonly from: string;
  /** Whether it imports types only, so it does not exist at run time. */
  readonly typeOnly: boolean;
  /** Whether it is a dynamic `import()`. */
  readonly isLate: boolean;
}

/** A file of ours, its path relative to ROOT, as a syntax tree. */
export interface Source {
  readonly path: string;
  readonly name: string;
  readonly lines: number;
  readonly body: readonly Syntax[];
  /** All nodes of its syntax tree, parents before children. */
  readonly all: readonly Syntax[];
  readonly imports: readonly Import[];
}

/** The TypeScript files below a folder. */
export function sources(folder: string): readonly Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => /\.tsx?$/.test(file))
    .map(file => source(posix.join(folder, file)));
}

function source(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const body = parseSync(text, { syntax: 'typescript', tsx: path.endsWith('.tsx'), target: 'es2024' })
    .body as unknown as readonly Syntax[];
  const all = within(body);
  const imports = all.flatMap(syntax => imported(path, syntax));
  return { path, name: basename(path, extname(path)), lines: text.trimEnd().split('\n').length, body, all, imports };
}

function within(tree: object, all: Syntax[] = []): readonly Syntax[] {
  if ('type' in tree) all.push(tree as Syntax);
  for (const [name, inner] of Object.entries(tree))
    if (typeof inner === 'object' && inner !== null && name !== 'span') within(inner, all);
  return all;
}

function imported(path: string, syntax: Syntax): readonly Import[] {
  const isCall = syntax.type === 'CallExpression' && (syntax.callee as Syntax).type === 'Import';
  const named = isCall
    ? (syntax.arguments as { expression: Syntax }[])[0]?.expression
    : (syntax.source as Syntax | null);
  if (!named || !(isCall || /^(Import|Export)\w*Declaration$/.test(syntax.type))) return [];
  // A path computed at run time is unknown here.
  if (typeof named.value !== 'string') return [];
  const from = named.value.startsWith('.') ? posix.join(posix.dirname(path), named.value) : named.value;
  const specifiers = (syntax.specifiers ?? []) as { isTypeOnly?: boolean }[];
  const allTypes = specifiers.length > 0 && specifiers.every(({ isTypeOnly }) => isTypeOnly);
  return [{ from, typeOnly: syntax.typeOnly === true || allTypes, isLate: isCall }];
}
