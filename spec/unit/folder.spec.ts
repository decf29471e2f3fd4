import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { replacePrivate } from '../../src/files/contents.ts';
import { exposure, hideFiles } from '../../src/files/data-folder.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowchat-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const mode = (name: string) => statSync(join(folder, name)).mode & 0o777;

describe('the folder of what is kept', () => {
  it("has the server's own files closed to others, and leaves what is not the server's alone", () => {
    mkdirSync(join(folder, 'revisions'));
    const own = ['draft.json', 'audit.log', 'audit.log.1', 'history.db', 'history.db-wal', 'revisions/1.json'];
    const others = ['chat.fbp', 'notes.txt', 'package.json', 'history.dbx'];
    for (const name of [...own, ...others]) writeFileSync(join(folder, name), '', { mode: 0o644 });
    hideFiles(folder);
    expect(own.map(mode)).toEqual(own.map(() => 0o600));
    expect(others.map(mode)).toEqual(others.map(() => 0o644));
  });

  it('gets files that only the owner reads, also in place of one that others could', () => {
    replacePrivate(join(folder, 'new.json'), 'x');
    writeFileSync(join(folder, 'old.json'), '', { mode: 0o644 });
    replacePrivate(join(folder, 'old.json'), 'x');
    expect([mode('new.json'), mode('old.json')]).toEqual([0o600, 0o600]);
  });

  it.each([
    [0o700, undefined],
    [0o711, expect.stringContaining('every user of this machine (mode 0711)')],
    [0o750, expect.stringContaining('its group (mode 0750)')],
    [0o755, expect.stringContaining('every user of this machine (mode 0755)')],
  ])('with mode %o is told to be open to others, or not', (bits, told) => {
    chmodSync(folder, bits);
    expect(exposure(folder)).toEqual(told);
  });
});
