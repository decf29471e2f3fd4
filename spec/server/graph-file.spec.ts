import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { prepareFile } from '../../src/files/contents.ts';
import { GraphFile } from '../../src/files/graph-file.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

const OLD = { text: 'one(core/Repeat)\n', layout: '{"nodes":{"one":{"x":1}}}\n' };
const NEW = { text: 'one(core/Repeat)\ntwo(core/Repeat)\n', layout: '{"nodes":{"two":{"x":2}}}\n' };

let place: string;
let remove: () => void;
let file: string;
let beside: string;

beforeEach(() => {
  ({ path: place, remove } = folder());
  file = join(place, 'mine.fbp');
  beside = join(place, 'mine.layout');
  writeFileSync(file, OLD.text);
  writeFileSync(beside, OLD.layout);
});
afterEach(() => remove());

/** A file that the server has read. */
function read(path = file): GraphFile {
  const graphFile = new GraphFile(path);
  graphFile.read();
  return graphFile;
}

const onDisk = () => ({
  text: readFileSync(file, 'utf8'),
  layout: existsSync(beside) ? readFileSync(beside, 'utf8') : '',
});

describe('GraphFile', () => {
  it('reads a graph and its sidecar', () => {
    expect(new GraphFile(file).read()).toEqual({ file, ...OLD });
  });

  it('reads a graph without a sidecar', () => {
    rmSync(beside);
    expect(new GraphFile(file).read()).toEqual({ file, text: OLD.text, layout: '' });
  });

  it.each([
    ['is not there', 'none.fbp', /none\.fbp can't be read: ENOENT.*; choose another with GRAPH$/],
    ['is a folder', '.', /can't be read: EISDIR.*; choose another with GRAPH$/],
    ['is below a file', 'mine.fbp/x.fbp', /x\.fbp can't be read: ENOTDIR/],
  ])('says in a sentence that a graph %s', (_, name, sentence) => {
    expect(() => new GraphFile(join(place, name)).read()).toThrow(sentence);
  });

  it('says in a sentence that a sidecar is none', () => {
    rmSync(beside);
    mkdirSync(beside);
    expect(() => new GraphFile(file).read()).toThrow(/mine\.layout can't be read: EISDIR/);
  });

  it('writes both, and leaves nothing else in the folder', () => {
    const graphFile = read();
    graphFile.write(NEW);
    expect(onDisk()).toEqual(NEW);
    expect(graphFile.known).toEqual({ file, ...NEW });
    expect(readdirSync(place).sort()).toEqual(['mine.fbp', 'mine.layout']);
  });

  it('deletes the sidecar where none is needed', () => {
    read().write({ ...NEW, layout: '' });
    expect(onDisk()).toEqual({ ...NEW, layout: '' });
    expect(existsSync(beside)).toBe(false);
  });

  it('makes a sidecar where there was none', () => {
    rmSync(beside);
    read().write({ ...OLD, layout: NEW.layout });
    expect(onDisk()).toEqual({ ...OLD, layout: NEW.layout });
  });

  it('does not touch a file that would stay the same', () => {
    const [text, layout] = [statSync(file).ino, statSync(beside).ino];
    const graphFile = read();
    graphFile.write(OLD);
    expect([statSync(file).ino, statSync(beside).ino]).toEqual([text, layout]);
    graphFile.write({ ...OLD, layout: NEW.layout });
    expect(statSync(file).ino).toBe(text);
    expect(onDisk()).toEqual({ ...OLD, layout: NEW.layout });
  });

  it('leaves a sidecar alone that belongs to another file', () => {
    const json = join(place, 'mine.json');
    writeFileSync(json, '{}');
    const graphFile = read(json);
    expect(graphFile.known.layout).toBe('');
    graphFile.write({ text: '{"processes": {}}', layout: '' });
    expect(readFileSync(beside, 'utf8')).toBe(OLD.layout);
  });

  it.each([0o600, 0o664, 0o444])('keeps the mode %i', mode => {
    chmodSync(file, mode);
    read().write(NEW);
    expect(statSync(file).mode & 0o777).toBe(mode);
  });

  it('writes to where a symlink leads, and to the sidecar there', () => {
    const link = join(place, 'link.fbp');
    symlinkSync('mine.fbp', link);
    read(link).write(NEW);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(onDisk()).toEqual(NEW);
    expect(existsSync(join(place, 'link.layout'))).toBe(false);
  });

  it('writes to where a sidecar leads that is a symlink', () => {
    const real = join(place, 'positions');
    writeFileSync(real, OLD.layout);
    rmSync(beside);
    symlinkSync('positions', beside);
    read().write(NEW);
    expect(readFileSync(real, 'utf8')).toBe(NEW.layout);
    expect(lstatSync(beside).isSymbolicLink()).toBe(true);
  });

  it('does not put a file in place of a symlink that leads nowhere', () => {
    const link = join(place, 'link.fbp');
    symlinkSync('gone.fbp', link);
    expect(() => new GraphFile(link).write(NEW)).toThrow(/link\.fbp can't be written: ENOENT/);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('leaves a copy alone that shares the old contents', () => {
    const copy = join(place, 'backup');
    linkSync(file, copy);
    read().write(NEW);
    expect(readFileSync(copy, 'utf8')).toBe(OLD.text);
  });
});

describe('GraphFile beside somebody who changes the file by hand', () => {
  it('does not take its own save for a change by hand', () => {
    const graphFile = read();
    graphFile.write(NEW);
    expect(graphFile.changedByHand()).toBe(false);
    graphFile.write({ ...NEW, layout: '' });
    expect(graphFile.changedByHand()).toBe(false);
  });

  it('compares contents, not times', () => {
    const graphFile = read();
    utimesSync(file, 0, 0);
    expect(graphFile.changedByHand()).toBe(false);
    const { atime, mtime } = statSync(file);
    writeFileSync(file, OLD.text.replace('one', 'two'));
    utimesSync(file, atime, mtime);
    expect(graphFile.changedByHand()).toBe(true);
  });

  it.each([
    ['the sidecar', () => writeFileSync(beside, NEW.layout)],
    ['that the sidecar is gone', () => rmSync(beside)],
    ['that the file is gone', () => rmSync(file)],
  ])('notices %s', (_, change) => {
    const graphFile = read();
    change();
    expect(graphFile.changedByHand()).toBe(true);
  });

  it('writes nothing over a change that it does not know', () => {
    const graphFile = read();
    writeFileSync(file, 'theirs(core/Repeat)\n');
    expect(() => graphFile.write(NEW)).toThrow(/mine\.fbp was changed by hand since it was read/);
    expect(onDisk()).toEqual({ text: 'theirs(core/Repeat)\n', layout: OLD.layout });
    expect(graphFile.known).toEqual({ file, ...OLD });
  });

  it('writes once the change has been taken in', () => {
    const graphFile = read();
    writeFileSync(file, 'theirs(core/Repeat)\n');
    const theirs = graphFile.peek();
    expect(graphFile.changedByHand()).toBe(true);
    graphFile.take(theirs);
    expect(graphFile.changedByHand()).toBe(false);
    graphFile.write(NEW);
    expect(onDisk()).toEqual(NEW);
  });

  it('writes a file again that was deleted', () => {
    const graphFile = read();
    rmSync(file);
    graphFile.write(OLD);
    expect(onDisk()).toEqual(OLD);
  });
});

describe('GraphFile on a disk that fails', () => {
  it.each([
    ['the folder is gone', () => rmSync(place, { recursive: true })],
    [
      'the folder is a file now',
      () => {
        rmSync(place, { recursive: true });
        writeFileSync(place, '');
      },
    ],
  ])('refuses with a sentence where %s', (_, change) => {
    const graphFile = read();
    change();
    expect(() => graphFile.write(NEW)).toThrow(/mine\.fbp can't be written: E(NOENT|NOTDIR).*; make room, or/);
    expect(graphFile.known).toEqual({ file, ...OLD });
  });

  it('changes nothing where the sidecar has no room', () => {
    rmSync(beside);
    const graphFile = read();
    // No file can have the name that it is prepared under.
    mkdirSync(join(place, `.mine.layout.${process.pid}.tmp`));
    expect(() => graphFile.write(NEW)).toThrow(/mine\.fbp can't be written: /);
    expect(onDisk()).toEqual({ ...OLD, layout: '' });
    expect(readdirSync(place).filter(name => name.startsWith('.mine.fbp'))).toEqual([]);
  });

  it('leaves both as they were, and no remains, where the disk is full in the midst of writing', () => {
    const script = `
      import { GraphFile } from ${JSON.stringify(join(ROOT, 'src/files/graph-file.ts'))};
      const graphFile = new GraphFile(${JSON.stringify(file)});
      graphFile.read();
      try { graphFile.write({ text: '# '.repeat(100_000), layout: '{}' }); } catch (error) { console.log(error.message); }`;
    const limited = 'trap "" XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"';
    const { stdout } = spawnSync('bash', ['-c', limited, process.execPath, script], { encoding: 'utf8' });
    expect(stdout).toMatch(/mine\.fbp can't be written: EFBIG.*; make room, or let the server write to its folder/);
    expect(onDisk()).toEqual(OLD);
    expect(readdirSync(place).sort()).toEqual(['mine.fbp', 'mine.layout']);
  });
});

describe('GraphFile after a crash', () => {
  it('ignores what was half written, and writes over it', () => {
    const half = join(place, `.mine.fbp.${process.pid}.tmp`);
    writeFileSync(half, 'on');
    const graphFile = read();
    expect(graphFile.known).toEqual({ file, ...OLD });
    graphFile.write(NEW);
    expect(onDisk()).toEqual(NEW);
    expect(existsSync(half)).toBe(false);
  });

  it('clears away what another process left long ago, and nothing of one that is at work', () => {
    const [old, fresh, other] = ['.mine.fbp.1.tmp', '.mine.fbp.2.tmp', '.other.fbp.1.tmp'].map(name =>
      join(place, name),
    );
    for (const path of [old!, fresh!, other!]) writeFileSync(path, '');
    for (const path of [old!, other!]) utimesSync(path, 0, 0);
    read().write(NEW);
    expect([old!, fresh!, other!].map(path => existsSync(path))).toEqual([false, true, true]);
  });

  it('is readable when it was killed before the text took its place', () => {
    writeFileSync(beside, NEW.layout);
    const graphFile = read();
    expect(graphFile.known.text).toBe(OLD.text);
    graphFile.write(NEW);
    expect(onDisk()).toEqual(NEW);
  });

  it('prepares under a name that is neither a graph nor a component', () => {
    const prepared = prepareFile(file, NEW.text);
    const name = readdirSync(place).find(found => found !== basename(file) && found !== basename(beside));
    expect(name).toMatch(/^\..*\.tmp$/);
    prepared.discard();
    expect(readdirSync(place).sort()).toEqual(['mine.fbp', 'mine.layout']);
  });
});
