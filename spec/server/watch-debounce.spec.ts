import { once } from 'node:events';
import { type FSWatcher, mkdtempSync, rmSync, watch as watchFolder, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { watchFiles } from '../../src/files/watch.ts';

let folder: string;
let calls: number;
let watching: { close(): void };
let witness: FSWatcher;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowchat-watch-'));
  calls = 0;
  watching = watchFiles([folder], () => {
    calls += 1;
  });
  witness = watchFolder(folder);
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
});
afterEach(() => {
  jest.useRealTimers();
  watching.close();
  witness.close();
  rmSync(folder, { recursive: true });
});

/** Changes a file, and waits until whoever watches its folder has heard of it. */
async function change(name: string): Promise<void> {
  const heard = once(witness, 'change');
  writeFileSync(join(folder, name), String(Math.random()));
  await heard;
  await turn();
}

describe('watch', () => {
  it('calls once after a file has been changed and left alone', async () => {
    await change('a.fbp');
    jest.advanceTimersByTime(49);
    await change('a.fbp');
    jest.advanceTimersByTime(49);
    expect(calls).toBe(0);
    jest.advanceTimersByTime(1000);
    expect(calls).toBe(1);
  });

  it('calls within ten seconds though another file is never left alone', async () => {
    await change('a.fbp');
    for (let passed = 0; passed < 10_000; passed += 20) {
      await change('history.db-wal');
      jest.advanceTimersByTime(20);
    }
    expect(calls).toBeGreaterThan(0);
  });

  it('calls when a sidecar has changed, and not when a save is being prepared', async () => {
    await change('.a.fbp.1.tmp');
    await change('.a.layout.1.tmp');
    jest.advanceTimersByTime(1000);
    expect(calls).toBe(0);
    await change('a.layout');
    jest.advanceTimersByTime(1000);
    expect(calls).toBe(1);
  });

  it('does not call after it has been closed', async () => {
    await change('a.fbp');
    watching.close();
    jest.advanceTimersByTime(1000);
    expect(calls).toBe(0);
  });
});
