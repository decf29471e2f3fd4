import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type FileWatch, type WatchOptions, watchFiles, wayTo } from '../../src/files/watch.ts';

// However busy the machine is.
jest.setTimeout(60_000);

let place: string;
let calls: number;
let watching: FileWatch;
const warnings: string[] = [];

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'flowchat-folders-'));
  calls = 0;
  warnings.length = 0;
});
afterEach(() => {
  watching.close();
  rmSync(place, { recursive: true, force: true });
});

const at = (name: string) => join(place, name);

function write(name: string, text = String(Math.random())): void {
  mkdirSync(join(at(name), '..'), { recursive: true });
  writeFileSync(at(name), text);
}

/** Watches paths below the place; polling is so rare that it plays no part unless said. */
function begin(names: readonly string[], told: WatchOptions = { pollMs: 3_600_000 }): void {
  const changed = () => {
    calls += 1;
  };
  watching = watchFiles(names.map(at), changed, { warn: sentence => warnings.push(sentence), ...told });
}

/** Does something, and waits until it was heard of, and nothing more. */
async function hears(work: () => void): Promise<void> {
  const before = calls;
  work();
  while (calls === before) await sleep(10);
  for (let known = before; known !== calls; await sleep(150)) known = calls;
}

describe('what is watched', () => {
  it('may be swapped again and again as a ConfigMap is', async () => {
    const swap = (version: number) => {
      write(`map/..2026_${version}/chat.fbp`, `version ${version}`);
      symlinkSync(`..2026_${version}`, at('map/..new'));
      renameSync(at('map/..new'), at('map/..data'));
    };
    swap(0);
    symlinkSync('..data/chat.fbp', at('map/chat.fbp'));
    begin(['map', 'map/chat.fbp']);
    for (let version = 1; version <= 4; version++) await hears(() => swap(version));
  });

  it('may be a folder that is moved away and made anew', async () => {
    write('graphs/chat.fbp');
    begin(['graphs', 'graphs/chat.fbp']);
    for (let round = 0; round < 3; round++) {
      await hears(() => {
        renameSync(at('graphs'), at(`graphs.${round}`));
        mkdirSync(at('graphs'));
      });
      await hears(() => write('graphs/chat.fbp'));
      await hears(() => write('graphs/chat.fbp'));
    }
  });

  it("may lie behind a link to a release, and what is at the old place is nobody's news", async () => {
    for (const release of ['one', 'two', 'three']) write(`releases/${release}/graphs/chat.fbp`);
    symlinkSync('releases/one', at('current'));
    begin(['current/graphs', 'current/graphs/chat.fbp']);
    const lead = (release: string) => {
      symlinkSync(`releases/${release}`, at('current.new'));
      renameSync(at('current.new'), at('current'));
    };
    await hears(() => lead('two'));
    await hears(() => write('releases/two/graphs/chat.fbp'));
    await hears(() => lead('three'));
    await hears(() => write('releases/three/graphs/chat.fbp'));
    const before = calls;
    write('releases/one/graphs/chat.fbp');
    await sleep(300);
    expect(calls).toBe(before);
  });

  it('may be a link that is taken away and put back', async () => {
    write('real/chat.fbp');
    symlinkSync(at('real/chat.fbp'), at('chat.fbp'));
    begin(['chat.fbp']);
    await hears(() => unlinkSync(at('chat.fbp')));
    await hears(() => symlinkSync(at('real/chat.fbp'), at('chat.fbp')));
    await hears(() => write('real/chat.fbp'));
  });

  it("may be a file by itself, whose neighbours are nobody's news", async () => {
    write('root/fbp.json');
    begin(['root/fbp.json']);
    await hears(() => write('root/fbp.json'));
    const before = calls;
    write('root/notes.txt');
    write('root/history.db-wal');
    await sleep(300);
    expect(calls).toBe(before);
  });

  it('may not be there yet', async () => {
    begin(['later', 'later/chat.fbp']);
    await hears(() => write('later/chat.fbp'));
  });

  it('may go round in links', () => {
    symlinkSync('b', at('a'));
    symlinkSync('a', at('b'));
    begin(['a', 'a/chat.fbp']);
    expect([...wayTo(at('a/chat.fbp')).folders]).toContain(place);
  });
});

describe('what tells of no change', () => {
  const pollMs = 20;

  /** Replaces a folder two levels above the file, where no watcher looks; only polling finds that. */
  it('is found by looking, once it is the same twice', async () => {
    write('drive/graphs/chat.fbp', 'one');
    begin(['drive/graphs'], { pollMs });
    await hears(() => renameSync(at('drive'), at('other')));
    write('third/graphs/chat.fbp', 'two');
    await hears(() => renameSync(at('third'), at('drive')));
    await hears(() => write('drive/graphs/chat.fbp', 'three'));
  });

  it('is told of once, where a folder is gone, and told of again after it was there', async () => {
    write('drive/graphs/chat.fbp');
    begin(['drive/graphs', 'drive/graphs/none.fbp'], { pollMs });
    for (let round = 1; round <= 2; round++) {
      await hears(() => renameSync(at('drive'), at('away')));
      await sleep(200);
      expect(warnings).toEqual(Array(round).fill(expect.stringMatching(/^the folder \S+\/drive\/graphs is gone; /)));
      await hears(() => renameSync(at('away'), at('drive')));
    }
  });

  it('is left alone where nothing changes', async () => {
    write('graphs/chat.fbp');
    begin(['graphs'], { pollMs });
    readdirSync(at('graphs'));
    await sleep(300);
    expect([calls, warnings]).toEqual([0, []]);
  });

  it('is no change where a file is written as it is and keeps its time, by another name', async () => {
    write('graphs/chat.fbp');
    begin(['graphs'], { pollMs });
    await hears(() => {
      cpSync(at('graphs/chat.fbp'), at('graphs/copy.fbp'));
      utimesSync(at('graphs/copy.fbp'), 1, 1);
    });
    const before = calls;
    await sleep(300);
    expect(calls).toBe(before);
  });
});
