import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { check } from '../../src/check/check.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { Registry, unseenTeller } from '../../src/registry/registry.ts';
import { generate, loaders } from '../../src/registry/sources.ts';
import { component, Project } from '../support/project.ts';

// What other people's components are written in, and where they may lie.

let project: Project;
let library: Registry;

beforeAll(() => {
  project = new Project();
});
beforeEach(() => {
  library = new Registry(project.root);
});
afterAll(() => project.remove());

const graph = (name: string) => readGraph('test.fbp', `'x' -> IN node(${name})\n`).graph;

/** A component as a library offers it; undefined if there is none. */
async function found(name: string, from = library) {
  await from.prepare(graph(name));
  return from.find(name);
}

const ports = async (name: string) => (await found(name))?.inports.map(port => port.name);

const COMMON = (port: string) => `
const { Component } = require('noflo');
exports.getComponent = () => new Component({ inPorts: { ${port}: {} } });
`;
const MODULE = (port: string) => `
import { Component } from 'noflo';
export const getComponent = () => new Component({ inPorts: { ${port}: {} } });
`;

describe('a component of our own folder', () => {
  it.each([
    ['CommonJS in .js, as nearly all are published', 'Plain.js', COMMON],
    ['CommonJS that sets module.exports', 'Whole.js', port => COMMON(port).replace('exports.', 'module.exports.')],
    ['CommonJS in .cjs', 'Common.cjs', COMMON],
    ['an ES module in .mjs', 'Modern.mjs', MODULE],
    ['an ES module in .js', 'Usual.js', MODULE],
    ['an ES module that mentions CommonJS', 'Torn.js', port => `// module.exports = require('x')\n${MODULE(port)}`],
    ['called with a hyphen', 'My-Own.ts', MODULE],
  ] as [string, string, (port: string) => string][])('may be %s', async (_, file, source) => {
    const name = `chat/${file.slice(0, file.lastIndexOf('.'))}`;
    project.write(`components/${file}`, source('one'));
    expect(await found(name)).toMatchObject({ name });
    expect(library.find(name)?.broken).toBeUndefined();
    expect(await ports(name)).toEqual(['one']);
    expect(library.source(name)?.path).toBe(join(project.root, 'components', file));
  });

  it('is loaded anew when its file changes, whatever it is written in', async () => {
    for (const [file, source] of [
      ['Again.js', COMMON],
      ['Again2.cjs', COMMON],
    ] as const) {
      const name = `chat/${file.split('.')[0]}`;
      project.write(`components/${file}`, source('one'));
      expect(await ports(name)).toEqual(['one']);
      project.write(`components/${file}`, source('other'));
      project.touch(`components/${file}`);
      expect(await ports(name)).toEqual(['other']);
    }
  });

  it('may be drafted in CommonJS', async () => {
    const drafted = new Registry(project.root, { texts: new Map([['components/Sketched.js', COMMON('drawn')]]) });
    expect((await found('chat/Sketched', drafted))?.inports).toMatchObject([{ name: 'drawn' }]);
  });

  it('says what CommonJS throws', async () => {
    project.write('components/Throws.js', `exports.x = 1;\nthrow new Error('not today');`);
    expect((await found('chat/Throws'))?.broken).toBe('not today');
    project.write('components/Lacks.js', `module.exports = require('nowhere-to-be-found');`);
    expect((await found('chat/Lacks'))?.broken).toMatch(/nowhere-to-be-found/);
  });
});

describe('a component in CoffeeScript', () => {
  const SOURCE = 'exports.getComponent = -> coffee';

  it('says which compiler it lacks', async () => {
    project.write('components/Black.coffee', SOURCE);
    expect((await found('chat/Black'))?.broken).toBe(
      'it is CoffeeScript, and there is no compiler for it; npm install coffeescript@1 brings one',
    );
  });

  it.each(['coffeescript', 'coffee-script'])('is compiled by %s where that is installed', async compiler => {
    // A compiler that knows one text only; what is asked is whether it is found, and told the right things.
    const compile = `exports.compile = (source, { bare, filename }) => {
      if (source !== '${SOURCE}' || !bare || !filename.endsWith('White.coffee')) throw new Error('unlike CoffeeScript');
      return ${JSON.stringify(COMMON('milk'))};
    };`;
    project.write(`components/node_modules/${compiler}/index.js`, compile);
    project.write(`components/node_modules/${compiler}/package.json`, '{"main": "index.js"}');
    project.write('components/White.coffee', SOURCE);
    const white = await found('chat/White');
    expect(white).toMatchObject({ inports: [{ name: 'milk' }] });
    expect(white?.broken).toBeUndefined();
    project.remove('components/node_modules');
  });
});

describe('a library in TypeScript', () => {
  it('is loaded, with what it imports of itself', async () => {
    project.write('vendor/node_modules/noflo-typed/lib/name.ts', 'export enum Name { port = "typed" }\n');
    project.write(
      'vendor/node_modules/noflo-typed/components/Thing.ts',
      `import { Name } from '../lib/name.ts';\n${component(`process() {}`)}\nexport const name: string = Name.port;`,
    );
    const path = 'vendor/node_modules/noflo-typed/components/Thing.ts';
    const components = [{ name: 'Thing', path, source: path, elementary: true }];
    project.write('fbp.json', JSON.stringify({ version: 1, modules: [{ name: 'typed', base: '', components }] }));
    const typed = await found('typed/Thing');
    expect(typed).toMatchObject({ inports: [{ name: 'in' }, { name: 'setting' }] });
    expect(typed?.broken).toBeUndefined();
    project.remove();
    project = new Project();
  });
});

describe('what lies among the components', () => {
  it('is told where it can not be placed, once, and what to do', () => {
    const files = [
      'old/Deep.ts',
      'Rust.rs',
      'a b.ts',
      'Twice.ts',
      'Twice.js',
      'Notes.md',
      'Port.d.ts',
      '.hidden',
      'x.ts~',
      // As npm pack has it for a moment.
      'Packed.ts',
      'Packed.js',
      'Packed.d.ts',
    ];
    for (const file of files) project.write(`components/${file}`, MODULE('in'));
    const said: string[] = [];
    const log = { debug() {}, info() {}, warn: (sentence: string) => void said.push(sentence), error() {} };
    const tell = unseenTeller(library, log as never);
    tell();
    expect(said.sort()).toEqual([
      'components/Rust.rs is no component; its name has letters, digits, _ and - and ends in .ts, .js, .mjs, .cjs or .coffee',
      expect.stringMatching(
        /^components\/Twice\.[jt]s and components\/Twice\.[jt]s are both chat\/Twice; rename one of them$/,
      ),
      'components/a b.ts is no component; its name has letters, digits, _ and - and ends in .ts, .js, .mjs, .cjs or .coffee',
      'components/old/ is not looked into; put its components into components/ itself',
    ]);
    tell();
    expect(said).toHaveLength(4);
    for (const file of files) project.remove(`components/${file}`);
    project.remove('components/old');
  });
});

describe('fbp.json', () => {
  const listing = (...names: string[]) =>
    JSON.stringify({
      version: 1,
      modules: [
        {
          name: 'extra',
          base: '',
          components: names.map(name => ({ name, path: `x/${name}.cjs`, source: `x/${name}.cjs`, elementary: true })),
        },
      ],
    });

  it('is read again once it lists something else, and holds while it is half written', async () => {
    project.write('x/One.cjs', COMMON('one'));
    project.write('x/Two.cjs', COMMON('two'));
    project.write('fbp.json', listing('One'));
    library = new Registry(project.root);
    expect(await ports('extra/One')).toEqual(['one']);
    expect(await found('extra/Two')).toBeUndefined();
    project.write('fbp.json', listing('One', 'Two').slice(0, 80));
    project.touch('fbp.json');
    expect(await ports('extra/One')).toEqual(['one']);
    project.write('fbp.json', listing('One', 'Two'));
    expect(await ports('extra/Two')).toEqual(['two']);
    project.write('fbp.json', listing('Two'));
    project.touch('fbp.json');
    expect(await found('extra/One')).toBeUndefined();
  });

  it('is what a fault names where a library is installed and not listed', async () => {
    const root = mkdtempSync(join(tmpdir(), 'flowchat-library-'));
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    write('fbp.json', '{"version": 1, "modules": []}');
    write('node_modules/noflo-strings/package.json', '{}');
    const one = new Registry(root);
    const said = async (name: string) => {
      await one.prepare(graph(name));
      return check(graph(name), one).map(({ sentence }) => sentence);
    };
    expect(await said('strings/Replace')).toContain(
      'there is no component strings/Replace; noflo-strings is installed; "npm run manifest" lists its components in fbp.json',
    );
    expect(await said('other/Replace')).toContain(
      'there is no component other/Replace; fbp.json lists those that there are',
    );
    rmSync(root, { recursive: true });
  });

  it('has no component that needs a browser, and none that is known to fail', async () => {
    const root = mkdtempSync(join(tmpdir(), 'flowchat-manifest-'));
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    const source = (runtime: string) => `// @runtime ${runtime}\n${COMMON('in')}`;
    write(
      'package.json',
      '{"name": "x", "dependencies": {"noflo-both": "1", "noflo-core": "1"}, "noflo": {"loader": "x"}}',
    );
    write('node_modules/noflo-both/package.json', '{"name": "noflo-both", "noflo": {"loader": "./loader.js"}}');
    write('node_modules/noflo-both/components/Click.js', source('noflo-browser'));
    write('node_modules/noflo-both/components/Count.js', source('noflo'));
    write('node_modules/noflo-core/package.json', '{"name": "noflo-core"}');
    write('node_modules/noflo-core/components/RunTimeout.js', source('noflo'));
    write('node_modules/noflo-core/components/Repeat.js', source('noflo'));
    const { modules } = await generate(root);
    const names = modules.flatMap(({ name, components }) => components.map(one => `${name}/${one.name}`));
    expect(names.sort()).toEqual(['both/Count', 'core/Repeat']);
    expect(loaders(root)).toEqual([
      './package.json has a loader of components (noflo.loader), which is not run; list them in fbp.json by hand',
      'node_modules/noflo-both/package.json has a loader of components (noflo.loader), which is not run; list them in fbp.json by hand',
    ]);
    rmSync(root, { recursive: true });
  });
});
