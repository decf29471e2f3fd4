import { watch as watchFolder } from 'node:fs';

/** Milliseconds of silence after which a file that is being saved is taken to be whole. */
const SETTLED = 50;

/** Calls `changed` after something in one of the folders has changed and was left alone for 50 ms. */
export function watch(folders: readonly string[], changed: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const watchers = folders.map(folder =>
    watchFolder(folder, () => {
      clearTimeout(timer);
      timer = setTimeout(changed, SETTLED);
    }),
  );
  return {
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
