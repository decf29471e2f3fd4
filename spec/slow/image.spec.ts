import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { describe, expect, it } from '@jest/globals';
import { type Import, ROOT, type Source, sources } from '../support/source.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What goes into the image from this folder, by the stage that takes it: `COPY FROM… TO`, without what another stage made. */
const STAGES = read('Dockerfile')
  .split(/^FROM .*/m)
  .slice(1)
  .map(stage => Array.from(stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm), ([, from = '']) => from.split(' ')).flat());
const [pages = [], server = []] = STAGES;

// The package is CommonJS, and its types say otherwise.
const ignored = (dockerignore as unknown as typeof dockerignore.default)().add(read('.dockerignore')).createFilter();
const files = globSync('**/*', {
  cwd: ROOT,
  exclude: name => ['node_modules', '.git', 'dist', 'data', 'coverage'].includes(name),
}).filter(file => statSync(join(ROOT, file)).isFile());

/** The files that a COPY of a file, a folder or a pattern means. */
const meant = (from: string) => {
  const found = new Set(globSync(from, { cwd: ROOT }));
  return files.filter(file => found.has(file) || [...found].some(folder => file.startsWith(`${folder}/`)));
};

const copied = (stage: readonly string[]): ReadonlySet<string> => new Set(stage.flatMap(meant));

/** Read once: it takes its time. */
const known = new Map<string, readonly Source[]>();
function sourcesOf(folder: string): readonly Source[] {
  const found = known.get(folder) ?? sources(folder);
  known.set(folder, found);
  return found;
}

/** What is imported at run time and is no part of a stage. */
function missing(folders: readonly string[], stage: readonly string[]): readonly string[] {
  const there = copied(stage);
  return folders.flatMap(folder =>
    sourcesOf(folder).flatMap(({ path, imports }) =>
      imports
        .filter(({ from, typeOnly }) => !typeOnly && existsSync(join(ROOT, from)) && /\.tsx?$/.test(from))
        .filter(({ from }) => !there.has(from))
        .map(({ from }) => `${path}: ${from}`),
    ),
  );
}

describe('the image', () => {
  it.each(STAGES.flat())('finds all of %s in what it may see', from => {
    const wanted = meant(from);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter(file => !ignored(file))).toEqual([]);
  });

  it('sees nothing else, such as secrets and histories', () => {
    const all = copied(STAGES.flat());
    const seen = files.filter(file => ignored(file) && !all.has(file));
    expect(seen).toEqual([]);
    for (const file of [
      'data/history.db',
      '.env',
      '.git/config',
      'node_modules/koa/package.json',
      'spec/unit/shape.spec.ts',
    ])
      expect([file, ignored(file)]).toEqual([file, false]);
  });

  it('has a test of each component', () => {
    const tests = sourcesOf('components').map(({ name }) => `spec/${name}.yaml`);
    const there = copied(server);
    expect(tests.filter(file => !there.has(file) || !ignored(file))).toEqual([]);
  });

  it('has every file that is imported in it', () => {
    expect(missing(['public'], pages)).toEqual([]);
    expect(missing(['src', 'components'], server)).toEqual([]);
  });

  it('has every package that is imported in it, without those of development', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const isThere = ({ from, typeOnly }: Import) => {
      const name = from
        .split('/')
        .slice(0, from.startsWith('@') ? 2 : 1)
        .join('/');
      const isOurs = existsSync(join(ROOT, from));
      return (
        typeOnly || isOurs || /^node:/.test(from) || builtinModules.includes(name) || Object.hasOwn(dependencies, name)
      );
    };
    const strange = ['src', 'components'].flatMap(folder =>
      sourcesOf(folder).flatMap(({ path, imports }) =>
        imports.filter(one => !isThere(one)).map(({ from }) => `${path}: ${from}`),
      ),
    );
    expect(strange).toEqual([]);
  });

  it('keeps what is kept from other users', () => {
    expect(read('Dockerfile')).toMatch(/mkdir -m 0?700 \/data /);
  });
});
