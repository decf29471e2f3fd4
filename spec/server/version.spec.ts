import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { buildVersion, VERSION } from '../../src/version.ts';
import { folder } from '../support/server.ts';

const { path, remove } = folder();
afterAll(remove);

/** Builds a page whose script has this name. */
function built(page: string, script: string): string {
  const at = join(path, page);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'index.html'), `<script src="./assets/${script}"></script>`);
  return at;
}

describe('the version of a build', () => {
  it('is another one after any of its pages was built anew, and the same as long as none was', () => {
    const pages = [built('chat', 'a.js'), built('editor', 'a.js')];
    const first = buildVersion(pages);
    expect(first).toMatch(/^\d+\.\d+\.\d+\+[\da-f]{8}$/);
    expect(buildVersion(pages)).toBe(first);
    built('editor', 'b.js');
    const second = buildVersion(pages);
    built('chat', 'b.js');
    expect(new Set([first, second, buildVersion(pages)]).size).toBe(3);
  });

  it("is the package's where no page is built", () => {
    expect(buildVersion([join(path, 'nowhere')])).toBe(VERSION);
  });
});
