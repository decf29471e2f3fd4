import { dirname, join, resolve } from 'node:path';
import type { Editor } from './editor/editor.ts';
import type { Lifecycle } from './editor/lifecycle/lifecycle.ts';
import { type Watching, watch } from './files/watch.ts';
import type { Flow } from './flow.ts';
import type { Metrics } from './http/metrics.ts';
import { unseenTeller } from './library/unseen.ts';
import type { Library } from './library.ts';
import type { Log } from './log.ts';

interface Parts {
  readonly flow: Flow;
  readonly library: Library;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly fileSync: Lifecycle['fileSync'];
  readonly editor: Editor | undefined;
}

/** Publishes a graph again whenever its file, or what it may be made of, has changed; `root` is the project's folder. */
export function watchGraph(
  file: string,
  root: string,
  { flow, library, log, metrics, fileSync, editor }: Parts,
): Watching {
  const watched = [file, dirname(file), ...['graphs', 'components', 'fbp.json'].map(name => join(root, name))];
  let told = flow.live?.number;
  flow.onLive(live => {
    if (live && live.number !== told)
      log.info(`${file} is live as revision ${live.number}`, { graph: file, revision: live.number });
    told = live?.number ?? told;
  });
  const tellUnseen = unseenTeller(library, log);
  tellUnseen();
  const changed = async () => {
    tellUnseen();
    try {
      await fileSync.filesChanged();
    } catch (error) {
      metrics.refusedRevision();
      const revision = flow.live?.number;
      const sentences = [...(error as Error).message.split('\n'), `revision ${revision} stays live`];
      log.warn(sentences, { graph: file, revision });
    }
    await editor?.filesChanged();
  };
  return watch([...new Set(watched.map(path => resolve(path)))], changed, { warn: sentence => log.warn(sentence) });
}
