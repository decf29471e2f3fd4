import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ActiveRevisionFile, type LastEnd } from '../../src/editor/deploy/active-revision.ts';
import { GraphDocument } from '../../src/fbp/document.ts';

const GRAPH = 'graphs/a.fbp';
const document = (number: number) => new GraphDocument(GRAPH, `# ${number}\n`);
const revision = (number: number) => ({ revision: number, document: document(number), stores: {} });

let folder: string;
let file: ActiveRevisionFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowchat-'));
  file = new ActiveRevisionFile(join(folder, 'live.json'), GRAPH);
  file.base(document(0));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What the next server finds. */
function found(): LastEnd | undefined {
  return new ActiveRevisionFile(join(folder, 'live.json'), GRAPH).load(sentence => {
    throw new Error(sentence);
  });
}

describe('what is live', () => {
  it('is on disk once it is said to be kept', async () => {
    await file.live(revision(1));
    expect(found()).toMatchObject({ revision: 1, base: { text: '# 0\n' }, ended: false });
    expect(readdirSync(folder)).toEqual(['live.json']);
  });

  it('does not overwrite what was kept while it was on its way, which has it in it', async () => {
    const kept = file.live(revision(1));
    file.end();
    const ended = { revision: 1, ended: true };
    expect(found()).toMatchObject(ended);
    await kept;
    expect(found()).toMatchObject(ended);
    expect(readdirSync(folder)).toEqual(['live.json']);
  });

  it('is the latest of several that are kept at once', async () => {
    await Promise.all([1, 2, 3].map(number => file.live(revision(number))));
    expect(found()).toMatchObject({ revision: 3 });
  });

  it('is kept by a save before it where a later one fails', async () => {
    const kept = file.live(revision(1));
    await expect(file.live({ ...revision(2), stores: { storage: 1n as unknown as string } })).rejects.toThrow('BigInt');
    await kept;
    expect(found()).toMatchObject({ revision: 1 });
  });
});
