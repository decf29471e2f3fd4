import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GraphService } from '../../src/editor/deploy/graph-service.ts';
import type { Client } from '../../src/editor/message.ts';
import { GraphDocument } from '../../src/fbp/document.ts';
import { lineLog } from '../../src/log.ts';
import { isSameGraph } from '../../src/model/graph.ts';
import { Mutex, type Turn } from '../../src/mutex.ts';
import { Flowing } from '../support/flowing.ts';
import { GOCHAT } from '../support/graphs.ts';
import { Project } from '../support/project.ts';
import { folder } from '../support/server.ts';

jest.setTimeout(60_000);

const client: Client = { id: 1, rights: new Set(['watch', 'edit', 'code']), by: 'editor', extended: true, push() {} };
/** A subgraph. */
const PASSING = 'INPORT=pass.IN:IN\nOUTPORT=pass.OUT:OUT\npass(core/Repeat)\n';

let project: Project;
let home: ReturnType<typeof folder>;
let file: string;
let service: GraphService;
/** Who made what is live, in order. */
let order: string[];
/** How many changes of what is live ran at the same time, at most. */
let most: number;

beforeEach(async () => {
  project = new Project();
  home = folder();
  file = project.write('graphs/mine.fbp', GOCHAT);
  const { runtime, gate } = new Flowing(project.root);
  let running = 0;
  [order, most] = [[], 0];
  for (const name of ['publish', 'halt', 'resume', 'stop'] as const) {
    const work = runtime[name].bind(runtime) as (...given: unknown[]) => Promise<unknown>;
    const counted = async (...given: unknown[]) => {
      running += 1;
      most = Math.max(most, running);
      try {
        return await work(...given);
      } finally {
        running -= 1;
      }
    };
    Object.assign(runtime, { [name]: counted });
  }
  const log = lineLog(() => {});
  const given = { root: project.root, runtime, gate, log, graph: file, data: home.path };
  service = await GraphService.open({ ...given, autosave: false, editorCode: true, editorComponents: [] });
  runtime.onLive(live => live && order.push(`${live.number}`));
  service.draftSession.setHold(client, true);
});
afterEach(async () => {
  service.close();
  await service.deployer.stop().catch(() => {});
  expect(most).toBe(1);
  project.remove();
  home.remove();
});

const live = () => service.deployer.live!;
const texts = () => live().document.text;
/** Gives storage a length in the draft. */
const length = (most: number) => {
  const { draft } = service.draftSession;
  const port = { node: 'storage', port: 'maxlen' };
  if (draft.graph.initials.some(({ to }) => to.port === 'maxlen'))
    draft.apply('removeinitial', { graph: draft.id, tgt: port });
  draft.apply('addinitial', { graph: draft.id, src: { data: most }, tgt: port });
};

describe('what changes what is live at the same time', () => {
  it('as a roll-back comes after it: a publish', async () => {
    length(7);
    await service.draftSession.publish('editor');
    service.deployer.overran(2, 'storage', 'too many packets');
    length(8);
    await service.draftSession.publish('editor');
    expect(order).toEqual(['2', '3', '4']);
    expect(service.revisions.list().map(({ by }) => by)).toEqual(['start', 'editor', 'roll-back', 'editor']);
    expect(texts()).toContain('8 -> MAXLEN storage');
  });

  it('as a publish comes after it, and keeps what it made live: a change of the file', async () => {
    length(7);
    const published = service.draftSession.publish('editor');
    writeFileSync(file, GOCHAT.replace('router(', 'router2(').replaceAll(/\brouter\b(?!\()/g, 'router2'));
    await Promise.all([published, service.fileSync.takeUp()]);
    expect(service.revisions.list().map(({ by }) => by)).toEqual(['start', 'editor', 'file']);
    expect(texts()).toContain('MAXLEN storage');
    expect(texts()).toContain('router2');
  });

  it('as code is published leaves it to who published it: a look at the files', async () => {
    service.draftSession.draft.apply('addnode', { id: 'new', component: 'chat/New', graph: service.draftSession.id });
    service.draftSession.code.take('chat/New', [{ path: `${project.root}/graphs/New.fbp`, text: PASSING }]);
    await Promise.all([service.draftSession.publish('editor'), service.fileSync.takeUp()]);
    expect(service.revisions.list().map(({ by }) => by)).toEqual(['start', 'editor']);
  });

  it('as a publish that makes it needless is refused: a confirmation', async () => {
    const accept = jest.fn(async () => {});
    service.confirmation.ask('messages would be elsewhere', accept);
    length(7);
    const published = service.draftSession.publish('editor');
    await expect(service.deployer.accept()).rejects.toThrow('nothing waits to be confirmed');
    await published;
    expect(accept).not.toHaveBeenCalled();
  });

  it('waits until it is confirmed in its turn: a publish', async () => {
    const seen: string[] = [];
    service.confirmation.ask('messages would be elsewhere', async (turn: Turn) => {
      await service.deployer.publishAgain({ by: 'editor' }, turn);
      seen.push('confirmed');
    });
    length(7);
    const accepted = service.deployer.accept();
    await service.draftSession.publish('editor').then(() => seen.push('published'));
    await accepted;
    expect(seen).toEqual(['confirmed', 'published']);
  });

  it('as it is saved does not end up in its file by halves: a way back', async () => {
    length(7);
    await service.draftSession.publish('editor');
    const [saved, back] = [service.fileSync.persist('editor'), service.goBack(1)];
    await Promise.all([saved, back]);
    expect(readFileSync(file, 'utf8')).toContain('7 -> MAXLEN storage');
    expect(texts()).toBe(GOCHAT);
    expect(service.revisions.list().map(({ by }) => by)).toEqual(['start', 'editor', 'revisions']);
  });

  it('is done one after another, whatever it is', async () => {
    const { draftSession, fileSync, deployer } = service;
    for (const most of [7, 8, 9]) {
      length(most);
      const all = [
        draftSession.publish('editor'),
        draftSession.stop(),
        draftSession.start('editor'),
        fileSync.takeUp(),
      ];
      deployer.overran(live().revision, 'storage', 'too many packets');
      await Promise.all([...all, fileSync.persist('editor'), service.goBack(1)]);
    }
    expect(texts()).toBe(GOCHAT);
  });

  it('comes too late once the server ends, and what has begun is done', async () => {
    length(7);
    const published = service.draftSession.publish('editor');
    const stopped = service.deployer.stop();
    length(8);
    await expect(service.draftSession.publish('editor')).rejects.toThrow('the server ends');
    await stopped;
    expect(await published).toMatchObject({ revision: 2 });
    expect(order).toEqual(['2']);
  });
});

describe('a way back to a kept graph in another language', () => {
  it('reads it in its own, and goes on in that of the file', async () => {
    const { graph } = new GraphDocument(file, GOCHAT.replace('-> STORE storage', "$&\n'9' -> MAXLEN storage"));
    const document = new GraphDocument('graphs/old.json', '').with(graph);
    expect(document.text).toMatch(/^\{/);
    const { number } = await service.revisions.add({ by: 'editor', note: '', document });
    await service.goBack(number);
    expect(isSameGraph(live().document.graph, graph)).toBe(true);
    expect(texts()).toContain('router(chat/Router) SHOW -> IN controller');
  });
});

describe('Mutex', () => {
  const turn = () => new Promise(resolve => setImmediate(resolve));

  it('does work in order of arrival, also after one that failed', async () => {
    const mutex = new Mutex();
    const done: string[] = [];
    const work = (name: string) => async () => {
      done.push(`${name} begins`);
      await turn();
      done.push(`${name} ends`);
      if (name === 'a') throw new Error('no');
    };
    const [a, b] = [mutex.run(work('a')), mutex.run(work('b'))];
    await expect(a).rejects.toThrow('no');
    await b;
    expect(done).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('lets whoever has the turn go on at once, and no longer than that', async () => {
    const mutex = new Mutex();
    const done: string[] = [];
    let old: Turn | undefined;
    await mutex.run(async turn => {
      old = turn;
      await mutex.run(async () => void done.push('within'), turn);
      done.push('outside');
    });
    const later = mutex.run(async () => {
      await turn();
      done.push('later');
    });
    await mutex.run(async () => void done.push('last'), old);
    await later;
    expect(done).toEqual(['within', 'outside', 'later', 'last']);
  });
});
