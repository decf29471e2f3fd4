import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SavedDraft } from '../../src/editor/draft/saved-draft.ts';
import { loadOrCreateSecret } from '../../src/editor/server/secrets.ts';
import { contents, readTextFile } from '../../src/files/contents.ts';
import { GraphFile } from '../../src/files/graph-file.ts';
import { Registry } from '../../src/registry/registry.ts';
import { Project } from '../support/project.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowchat-contents-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What can stand where a file should, and what is said of it. Reading some of them would never end. */
const ODD: readonly (readonly [what: string, put: (path: string) => void, says: RegExp])[] = [
  ['a pipe', path => execFileSync('mkfifo', [path]), /it is a pipe and no regular file/],
  ['a link to /dev/zero', path => symlinkSync('/dev/zero', path), /it is a device and no regular file/],
  ['a folder', path => mkdirSync(path), /EISDIR/],
  [
    'a file of more than 8 MiB',
    path => {
      writeFileSync(path, '#');
      truncateSync(path, 8 * 1024 * 1024 + 1);
    },
    /it has more than 8 MiB, which is the most that is read/,
  ],
];

describe('readText', () => {
  it('gives what a file holds, up to 8 MiB', () => {
    const file = join(folder, 'file');
    const text = 'ä'.repeat(4 * 1024 * 1024);
    writeFileSync(file, text);
    expect(readTextFile(file) === text).toBe(true);
    expect(readTextFile('/proc/self/status')).toMatch(/^Name:/);
    expect(contents(join(folder, 'none'))).toBeUndefined();
    expect(() => readTextFile(join(folder, 'none'))).toThrow(/ENOENT/);
  });

  it.each(ODD)('does not read %s', (_, put, says) => {
    put(join(folder, 'file'));
    expect(() => readTextFile(join(folder, 'file'))).toThrow(says);
    expect(() => contents(join(folder, 'file'))).toThrow(says);
  });

  it('does not read a socket', async () => {
    const server = createServer().listen(join(folder, 's'));
    await new Promise(resolve => server.once('listening', resolve));
    expect(() => readTextFile(join(folder, 's'))).toThrow(/it is a socket and no regular file/);
    await new Promise(resolve => server.close(resolve));
  });
});

describe('what a server reads', () => {
  it.each(ODD)('is told, not waited for, where it is %s: a graph and its sidecar', (_, put, says) => {
    const file = join(folder, 'mine.fbp');
    put(file);
    expect(() => new GraphFile(file).read()).toThrow(says);
    expect(() => new GraphFile(file).read()).toThrow(/mine\.fbp can't be read: .*; choose another with GRAPH$/);
    rmSync(file, { recursive: true });
    writeFileSync(file, 'a(core/Drop)\n');
    put(join(folder, 'mine.layout'));
    expect(() => new GraphFile(file).read()).toThrow(says);
  });

  it('is told, not waited for, whichever of these it is: components, subgraphs, fbp.json', async () => {
    const project = new Project();
    try {
      for (const [i, [, put]] of ODD.entries()) {
        put(join(project.root, `components/Odd${i}.ts`));
        put(join(project.root, `graphs/Pair${i}.fbp`));
      }
      const all = await new Registry(project.root).all();
      for (const [i, [, put, says]] of ODD.entries()) {
        const broken = (name: string) => all.find(blueprint => blueprint.name === `chat/${name}${i}`)?.broken;
        expect(broken('Odd')).toBeDefined();
        expect(broken('Pair')).toMatch(says);
        rmSync(join(project.root, 'fbp.json'), { recursive: true });
        put(join(project.root, 'fbp.json'));
        expect(() => new Registry(project.root)).toThrow(says);
      }
    } finally {
      project.remove();
    }
  });

  it.each(ODD.slice(0, 2))('is told, not waited for, where it is %s: secrets and drafts', (_, put, says) => {
    put(join(folder, 'editor-secret'));
    expect(() => loadOrCreateSecret(folder)).toThrow(says);
    put(join(folder, 'draft.json'));
    const told: string[] = [];
    expect(
      new SavedDraft(join(folder, 'draft.json')).load('mine.fbp', sentence => told.push(sentence)),
    ).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(says)]);
  });
});
