import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { isLong, long } from '../support/long.ts';
import { ROOT } from '../support/source.ts';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'flowchat-pack-'));
const checkout = join(folder, 'checkout');
const project = join(folder, 'project');
const installed = join(project, 'node_modules/flowchat');
const ours = readdirSync(join(ROOT, 'components')).map(file => basename(file, '.ts'));
const subgraphs = readdirSync(join(ROOT, 'graphs')).filter(file => /^[A-Z].*\.fbp$/.test(file));

/** The paths of the files below a folder. */
const filesOf = (root: string) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));

const text = (...path: readonly string[]) => readFileSync(join(...path), 'utf8');

/** Runs a script in the project in a process of its own. Returns what it tells as JSON. */
function told(script: string): unknown {
  const file = join(project, 'script.cjs');
  writeFileSync(file, script);
  return JSON.parse(execFileSync(process.execPath, [file], { cwd: project, encoding: 'utf8' }));
}

beforeAll(() => {
  mkdirSync(checkout);
  const parts = ['components', 'src', 'npm', 'graphs', 'public', 'package.json', 'package-lock.json', 'tsconfig.json'];
  for (const part of [...parts, 'fbp.json', 'LICENSE', 'README.md', 'CHANGELOG.md'])
    cpSync(join(ROOT, part), join(checkout, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  // The pages are built already.
  const now = new Date();
  for (const page of readdirSync(join(checkout, 'public/dist')))
    utimesSync(join(checkout, `public/dist/${page}/index.html`), now, now);
  const { status, stderr } = spawnSync('npm', ['pack', '--silent'], { cwd: checkout, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });

  mkdirSync(installed, { recursive: true });
  const archive = join(checkout, readdirSync(checkout).find(file => file.endsWith('.tgz'))!);
  execFileSync('tar', ['xzf', archive, '-C', installed, '--strip-components', '1']);
  // What npm would install beside it.
  const { dependencies } = JSON.parse(text(installed, 'package.json'));
  for (const name of Object.keys(dependencies)) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  writeFileSync(join(project, 'package.json'), '{"name": "empty", "dependencies": {"flowchat": "*", "noflo": "*"}}');
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('npm pack', () => {
  it.each(['components', 'src', 'graphs'])('leaves %s as it was', part => {
    const contents = (root: string) => filesOf(join(root, part)).map(file => [file, text(root, part, file)]);
    expect(contents(checkout).toSorted()).toEqual(contents(ROOT).toSorted());
  });

  it('leaves fbp.json as it was', () => {
    expect(text(checkout, 'fbp.json')).toBe(text(ROOT, 'fbp.json'));
  });

  it('takes JavaScript and types in place of TypeScript', () => {
    const files = filesOf(installed);
    expect(files.filter(file => /(?<!\.d)\.tsx?$/.test(file))).toEqual([]);
    const components = files.filter(file => file.startsWith('components/'));
    expect(components.toSorted()).toEqual(ours.flatMap(name => [`components/${name}.d.ts`, `components/${name}.js`]));
  });

  it('lists the components as they are in the archive in fbp.json', () => {
    const { modules } = JSON.parse(text(installed, 'fbp.json')) as {
      modules: { base: string; components: object[] }[];
    };
    const own = modules.find(({ base }) => base === '')!.components as { path: string; source: string }[];
    const files = [...ours.map(name => `components/${name}.js`), ...subgraphs.map(file => `graphs/${file}`)];
    expect(own.map(({ path }) => path)).toEqual(files);
    expect(own.map(({ source }) => source)).toEqual(files);
  });

  it('names no file that is not in the archive', () => {
    const missing = filesOf(installed)
      .filter(file => /\.(js|d\.ts)$/.test(file) && !file.startsWith('public/'))
      .flatMap(file => {
        const named = [
          ...text(installed, file).matchAll(/^(?:(?:im|ex)port .*|\} )from ["'](\.[^"']+)["']/gm),
          ...text(installed, file).matchAll(/["'`]([\w./-]*\w\.ts)["'`]/g),
        ].map(([, path = '']) => join(dirname(file), path));
        return named.filter(path => !existsSync(join(installed, path))).map(path => `${file}: ${path}`);
      });
    expect(missing).toEqual([]);
  });
});

describe('a NoFlo project with the archive', () => {
  it('lists our components as our graphs name them, beside all others', () => {
    const names = told(`
      const { ComponentLoader } = require('noflo');
      new ComponentLoader(__dirname).listComponents().then(all => console.log(JSON.stringify(Object.keys(all))));
    `);
    expect(names).toEqual(expect.arrayContaining([...ours.map(name => `chat/${name}`), 'core/Repeat', 'Graph']));
  });

  it('runs one of our components, and the graphs with all of them', () => {
    const question = { id: 'q', path: '/api/rooms/lobby/messages', params: { room: 'lobby' }, query: {}, body: {} };
    const post = { id: 'q', room: 'lobby', form: 'api', author: 'ann', text: 'x'.repeat(5000) };
    const body = { author: 'ann', text: 'hi' };
    const calls = [
      ['chat/CheckPost', { in: post }],
      ['flowchat/gochat', { request: { ...question, method: 'POST', body } }],
      ['flowchat/chat', { request: { ...question, method: 'GET' } }],
    ];
    const replies = told(`
      const { asCallback } = require('noflo');
      const call = ([name, packets]) => new Promise((resolve, reject) =>
        asCallback(name, { baseDir: __dirname })(packets, (error, packet) => error ? reject(error) : resolve(packet)));
      Promise.all(${JSON.stringify(calls)}.map(call)).then(replies => {
        console.log(JSON.stringify(replies));
        process.exit();
      });
    `);
    expect(replies).toEqual([
      { refused: expect.objectContaining({ id: 'q', status: 422 }) },
      { reply: expect.objectContaining({ id: 'q', status: 201, body: expect.stringContaining('"text":"hi"') }) },
      { reply: expect.objectContaining({ id: 'q', status: 200, body: expect.stringContaining('"messages":[]') }) },
    ]);
  });

  long('has the types of our components and packets', () => {
    const code = (id: string) => `
      import { getComponent, shorten } from 'flowchat/components/CheckPost';
      import { type Post, serve } from 'flowchat';
      export const post: Pick<Post, 'id'> = { id: ${id} };
      export const all = [getComponent().getDescription(), serve];
    `;
    writeFileSync(join(project, 'good.mts'), code("'q'").replace(', shorten', ''));
    writeFileSync(join(project, 'bad.mts'), code('1'));
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', ''];
    const { stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, 'good.mts', 'bad.mts'],
      { cwd: project, encoding: 'utf8' },
    );
    expect(stdout.match(/^\S.*TS\d+: .*/gm)).toEqual([
      expect.stringMatching(/^bad\.mts.* no exported member 'shorten'/),
      expect.stringMatching(/^bad\.mts.* 'number' is not assignable to type 'string'/),
    ]);
  });
});

describe('the command flowchat', () => {
  const withGraph = join(project, 'own');

  beforeAll(() => {
    mkdirSync(join(withGraph, 'graphs'), { recursive: true });
    const passing = text(ROOT, 'graphs/chat.fbp').replace(
      'router SEND ->',
      'router SEND -> IN same(core/Repeat) OUT ->',
    );
    writeFileSync(join(withGraph, 'graphs/chat.fbp'), passing);
  });

  const places: readonly (readonly [string, string, string, RegExp])[] = [
    ['the installed package, with the graph that is here and a library', installed, withGraph, / graphs\/chat\.fbp/],
    ['a checkout, with its own graph', checkout, project, /checkout\/graphs\/chat\.fbp/],
    ['the installed package, with its own graph', installed, project, /flowchat\/graphs\/chat\.fbp/],
  ];

  it.each(isLong ? places : places.slice(0, 1))('starts the server of %s', async (_, root, cwd, graph) => {
    const child = spawn(process.execPath, [join(root, 'npm/flowchat.cjs')], {
      cwd,
      env: { PATH: process.env.PATH, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', data => {
      said += data;
    });
    try {
      let ready = '';
      for await (const line of createInterface(child.stdout)) {
        ready = line;
        break;
      }
      expect({ ready, said }).toEqual({ ready: expect.stringMatching(graph), said: '' });
      const [url] = /http:[^ ]+(?=\/)/.exec(ready)!;
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await fetch(`${url}/api/rooms`)).status).toBe(200);
      expect(await (await fetch(`${url}/`)).text()).toContain('<script');
    } finally {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    }
    expect(child.exitCode).toBe(0);
  });
});
