import { watch as watchFolder } from 'node:fs';

/** Milliseconds of silence after which a file that is being saved is taken to be whole. */
const SETTLED = 50;
/** Milliseconds after the first change when silence is waited for no longer. */
const ENOUGH = 500;
/** What a revision can be made of, and where its nodes stand; a database or a log in the same folder is nobody's news. */
const SOURCES = /\.(fbp|layout|json|[cm]?[jt]s)$/;

/** Calls `changed` when a graph, its sidecar or a component in one of the folders has changed and was left alone for 50 ms, or after 500 ms. */
export function watch(folders: readonly string[], changed: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  const tell = () => {
    timer = undefined;
    changed();
  };
  const watchers = folders.map(folder =>
    watchFolder(folder, (_, file) => {
      if (file !== null && !SOURCES.test(file)) return;
      const now = performance.now();
      if (timer === undefined) since = now;
      clearTimeout(timer);
      timer = setTimeout(tell, Math.min(SETTLED, Math.max(0, since + ENOUGH - now)));
    }),
  );
  return {
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
