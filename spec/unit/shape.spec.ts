import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fbp from 'fbp';
import type { Component } from 'noflo';
import { isFailure as saysFailure } from '../../src/model/ports.ts';
import { generate } from '../../src/registry/sources.ts';
import { type Import, ROOT, type Source, type Syntax, sources } from '../support/source.ts';
import { isStateless } from '../support/stateless.ts';

// The rules of the architecture. What breaks one is named: `file: what`.

const components = sources('components');
const src = sources('src');
const pages = sources('public').filter(({ path }) => !path.startsWith('public/dist/'));
const code = [...components, ...src, ...pages];
const names = components.map(({ name }) => name).join('|');

/** The folders of the server, and the files at its top, from the lowest on. */
const LAYERS: readonly (readonly string[])[] = [
  ['src/model'],
  ['log', 'host', 'mutex', 'time-limit', 'time-slice', 'memoize', 'version'].map(name => `src/${name}.ts`),
  ['src/raw-settings.ts'],
  ['src/settings.ts', 'src/fbp', 'src/gate'],
  ['src/files'],
  ['src/store'],
  ['src/behaviour'],
  ['src/check'],
  ['src/registry'],
  ['src/runtime'],
  ['src/accounts'],
  ['src/http'],
  ['src/delivery'],
  ['src/editor/message.ts'],
  ['src/editor/watch', 'src/editor/draft'],
  ['src/editor/deploy'],
  ['src/editor/sandbox', 'src/editor/server'],
  ['src/editor/protocol'],
  ['src/editor/editor-server.ts'],
  ['src/editor/late-editor.ts'],
  ['src/serve.ts'],
  ['src/cli', 'src/index.ts'],
  ['src/main.ts'],
];

const faults = (files: readonly Source[], find: (file: Source) => readonly string[]) =>
  files.flatMap(file => find(file).map(fault => `${file.path}: ${fault}`));

const importing = (files: readonly Source[], isForbidden: (imported: Import) => boolean) =>
  faults(files, ({ imports }) => imports.filter(isForbidden).map(({ from }) => from));

/** Who else than the files that may import a package does. */
const stray = (packages: RegExp, may: RegExp) =>
  importing(
    src.filter(({ path }) => !may.test(path)),
    ({ from }) => packages.test(from),
  );

describe('a component', () => {
  it("imports noflo, Node's own modules, and what the model, the store and behaviour offer, and nothing else", () => {
    expect(importing(components, ({ from }) => !/^(noflo$|node:|src\/(store|model|behaviour)\/)/.test(from))).toEqual(
      [],
    );
  });

  it('has no state outside its nodes', () => {
    expect(faults(components, ({ body }) => body.flatMap(changeable))).toEqual([]);
  });

  it('has a spec and a YAML', () => {
    const missing = (name: string) =>
      [`spec/unit/${name}.spec.ts`, `spec/${name}.yaml`].filter(file => !existsSync(join(ROOT, file)));
    expect(faults(components, ({ name }) => missing(name))).toEqual([]);
  });

  it.each(components.map(({ name }) => name))('describes itself and its ports: %s', async name => {
    const { getComponent } = await import(`../../components/${name}.ts`);
    const component: Component = getComponent();
    expect(component.getDescription()).toMatch(/^[A-Z]./);
    expect(component.getIcon()).toMatch(/^[a-z][a-z-]*$/);
    expect(undescribed(component)).toEqual([]);
  });
});

describe('src', () => {
  it('neither imports a component nor writes the name of one', () => {
    const isName = new RegExp(`^(${names})$|\\b(chat|components)/(${names})\\b`);
    const written = ({ all }: Source) => strings(all).filter(string => isName.test(string));
    expect(faults(src, written)).toEqual([]);
    expect(importing(src, ({ from }) => from.startsWith('components/'))).toEqual([]);
  });

  it("knows Koa only in http, ws only in delivery and the editor's server, and NoFlo only where components run", () => {
    expect(stray(/^(@?koa)\b/, /^src\/http\//)).toEqual([]);
    expect(stray(/^ws$/, /^src\/(delivery|editor\/server)\//)).toEqual([]);
    expect(stray(/^noflo$/, /^src\/(runtime|registry)\/|^src\/editor\/sandbox\/suite\.ts$/)).toEqual([]);
  });

  it("imports nothing but types of node:http, as that would load Node's fetch with it", () => {
    const loads = ({ from, typeOnly }: Import) => from === 'node:http' && !typeOnly;
    expect(importing([...src, ...components], loads)).toEqual([]);
  });

  it('loads the client of PostgreSQL only where a graph uses it', () => {
    const isOurs = (path: string) => /^src\/store\/postgres[\w-]*\.ts$/.test(path);
    expect(stray(/^pg$/, /^src\/store\/postgres/)).toEqual([]);
    const others = [...components, ...src].filter(({ path }) => !isOurs(path));
    expect(importing(others, ({ from, typeOnly, isLate }) => !typeOnly && !isLate && isOurs(from))).toEqual([]);
  });

  it('has a model that imports nothing but the model', () => {
    const model = src.filter(({ path }) => path.startsWith('src/model/'));
    const isPure = ({ from }: Import) => /^(src\/model\/|(fastest-levenshtein|valibot)$)/.test(from);
    expect(importing(model, imported => !isPure(imported))).toEqual([]);
  });

  it('does no I/O in the gate, nor in what reads and checks graphs', () => {
    const pure = src.filter(({ path }) =>
      /^src\/(memoize\.ts|store\/url\.ts|runtime\/subgraph\.ts|(model|gate|fbp|check)\/)/.test(path),
    );
    const isPure = ({ from, typeOnly }: Import) =>
      typeOnly ||
      ['node:async_hooks', 'node:util', 'fbp', 'fastest-levenshtein', 'jsonc-parser', 'valibot'].includes(from) ||
      pure.some(({ path }) => path === from);
    expect(importing(pure, imported => !isPure(imported))).toEqual([]);
  });

  it('has nothing but types in packets', () => {
    const { body = [] } = src.find(({ path }) => path === 'src/model/packets.ts') ?? {};
    const all = body.filter(({ type, typeOnly }) => !(type === 'ImportDeclaration' && typeOnly));
    const kinds = all.map(({ type, declaration }) => (declaration as Syntax | undefined)?.type ?? type);
    expect(kinds.filter(kind => !/^Ts(Interface|TypeAlias)Declaration$/.test(kind))).toEqual([]);
  });

  it('reads the environment only in main', () => {
    const others = [...src, ...components].filter(({ path }) => path !== 'src/main.ts');
    expect(faults(others, ({ all }) => (all.some(isEnvironment) ? ['reads process.env'] : []))).toEqual([]);
  });
});

describe('a page', () => {
  it('imports nothing of src but the model', () => {
    expect(importing(pages, ({ from }) => /^src\/(?!model\/)/.test(from))).toEqual([]);
  });
});

describe('all code', () => {
  const importers = Map.groupBy(
    code.flatMap(({ path, imports }) => [...new Set(imports.map(({ from }) => from))].map(from => ({ path, from }))),
    ({ from }) => from,
  );

  it('has one meaning for each exported name; a schema and its type are one', () => {
    const exported = code.flatMap(({ path, body }) => [...new Set(exportsOf(body))].map(name => ({ path, name })));
    const meanings = Map.groupBy(exported, ({ name }) => name);
    meanings.delete('getComponent');
    const several = [...meanings].filter(([, places]) => places.length > 1);
    expect(several.map(([name, places]) => `${name}: ${places.map(({ path }) => path).join(', ')}`)).toEqual([]);
  });

  it('refuses with a code wherever it gives a status', () => {
    expect(faults(code, ({ all }) => (all.some(isCodeless) ? ['has a status without a code'] : []))).toEqual([]);
  });

  it('that is loaded once for all specs imports no other code of ours, and assigns to no variable of a file but once', () => {
    const stateless = code.filter(({ path }) => isStateless(path));
    const isOther = ({ from, typeOnly }: Import) => !typeOnly && /^(src|public)\//.test(from) && !isStateless(from);
    expect(importing(stateless, isOther)).toEqual([]);
    expect(faults(stateless, assignedAgain)).toEqual([]);
  });

  it('has no circle of files', () => {
    expect(circles(new Map(code.map(({ path, imports }) => [path, imports.map(({ from }) => from)])))).toEqual([]);
  });

  it('has no circle of folders', () => {
    const arrows = new Map<string, string[]>();
    for (const { path, imports } of code) {
      const from = arrows.get(folderOf(path)) ?? [];
      arrows.set(folderOf(path), [...from, ...imports.map(imported => folderOf(imported.from))]);
    }
    expect(circles(arrows)).toEqual([]);
  });

  it('of the server imports only what stands below it', () => {
    const layer = (path: string) => LAYERS.findIndex(names => names.includes(folderOf(path)));
    const server = code.filter(({ path }) => path.startsWith('src/'));
    expect(server.map(({ path }) => path).filter(path => layer(path) < 0)).toEqual([]);
    const isAbove = (path: string, from: string) => from.startsWith('src/') && layer(from) > layer(path);
    const above = ({ path, imports }: Source) => imports.flatMap(({ from }) => (isAbove(path, from) ? [from] : []));
    expect(faults(server, above)).toEqual([]);
  });

  it('has no small file that only one other uses, but what a script has made, and commands', () => {
    const isLonely = ({ path, lines }: Source) => lines < 30 && importers.get(path)?.length === 1;
    const lonely = code.filter(isLonely).map(({ path }) => path);
    expect(lonely.filter(path => !/^src\/(model\/confusables|cli\/\w+)\.ts$/.test(path))).toEqual([]);
  });

  it('names each error as its class', () => {
    expect(faults(code, ({ all }) => all.flatMap(misnamed))).toEqual([]);
  });

  it('has no file of more than 400 lines', () => {
    expect(faults(code, ({ lines }) => (lines > 400 ? [`${lines} lines`] : []))).toEqual([]);
  });
});

describe('graphs', () => {
  it('show the whole server in at most 12 nodes', () => {
    expect(Object.keys(parse('graphs/chat.fbp').processes).length).toBeLessThanOrEqual(12);
  });

  it("have the seed's five nodes and five edges in gochat.fbp, and nothing else", () => {
    const { processes, connections } = parse('graphs/gochat.fbp');
    expect(processes).toEqual({
      router: { component: 'chat/Router' },
      controller: { component: 'chat/Controller' },
      sender: { component: 'chat/SendController' },
      storage: { component: 'chat/Storage' },
      responder: { component: 'chat/Responder' },
    });
    const edges = connections.flatMap(({ src: from, tgt: to }) =>
      from ? [`${from.process} ${from.port} -> ${to.port} ${to.process}`] : [],
    );
    expect(edges.sort()).toEqual([
      'controller out -> get storage',
      'router send -> in sender',
      'router show -> in controller',
      'sender out -> post storage',
      'storage out -> in responder',
    ]);
  });

  it('find every component in fbp.json as "npm run manifest" writes it', async () => {
    expect(JSON.parse(readFileSync(join(ROOT, 'fbp.json'), 'utf8'))).toEqual(await generate(ROOT));
  });
});

/** The folder that a file belongs to; what stands at the top of src or of the editor is its own. */
function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return ['src', 'src/editor', 'public/chat', 'public/editor'].includes(folder) ? path : folder;
}

/** Whatever leads back to itself: each circle's members once, in the order of their names. */
function circles(arrows: ReadonlyMap<string, readonly string[]>): string[] {
  const reached = new Map<string, Set<string>>();
  for (const start of arrows.keys()) {
    const found = new Set<string>();
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const next of arrows.get(at) ?? []) {
        if (next === at || found.has(next) || !arrows.has(next)) continue;
        found.add(next);
        open.push(next);
      }
    }
    reached.set(start, found);
  }
  const circular = [...reached].filter(([at, found]) => found.has(at));
  return [
    ...new Set(
      circular.map(([at, found]) =>
        [...found]
          .filter(other => reached.get(other)!.has(at))
          .sort()
          .join(', '),
      ),
    ),
  ];
}

/** The names of what a file exports. */
function exportsOf(body: readonly Syntax[]): readonly string[] {
  return body.flatMap(({ type, declaration }) => {
    if (type !== 'ExportDeclaration') return [];
    const { identifier, id, declarations } = declaration as Record<string, { value: string }> & {
      declarations?: { id: { value: string } }[];
    };
    return declarations ? declarations.map(each => each.id.value) : [(identifier ?? id)!.value];
  });
}

/** What a statement declares that could be changed by one node and be seen by another. */
function changeable(statement: Syntax): readonly string[] {
  const { type, kind, declarations } = (statement.declaration ?? statement) as Syntax;
  if (type !== 'VariableDeclaration') return [];
  const variables = declarations as { id: Syntax; init: Syntax | null }[];
  return variables
    .filter(({ id, init }) => kind !== 'const' || (init && isCollection(init) && !isReadonly(id)))
    .map(({ id }) => `${id.value} can change`);
}

/** The name of an error, if it is not that of its class. */
function misnamed({ type, identifier, superClass, body }: Syntax): readonly string[] {
  if (type !== 'ClassDeclaration' || (superClass as Syntax | null)?.value !== 'Error') return [];
  const name = (body as Syntax[]).find(({ key }) => (key as Syntax | undefined)?.value === 'name')?.value as Syntax;
  return name && name.value !== (identifier as Syntax).value
    ? [`${(identifier as Syntax).value} is ${name.value}`]
    : [];
}

/** The variables of a file itself that are assigned otherwise than by `??=`, or a field of which is. */
function assignedAgain({ body, all }: Source): readonly string[] {
  const variables = body
    .map(statement => (statement.declaration ?? statement) as Syntax)
    .filter(({ type }) => type === 'VariableDeclaration')
    .flatMap(({ declarations }) => (declarations as { id: Syntax }[]).map(({ id }) => id.value));
  const assigned = all.flatMap(({ type, operator, left, argument }) => {
    if (type === 'UpdateExpression') return assignees(argument as Syntax);
    return type === 'AssignmentExpression' && operator !== '??=' ? assignees(left as Syntax) : [];
  });
  return variables.filter(name => assigned.includes(name)).map(String);
}

/**
 * What the left side of an assignment names: a variable, one whose field it is, or those of an array's pattern. Where a
 * regular expression begins is set before each use of it.
 */
function assignees({ value, object, property, elements }: Syntax): readonly unknown[] {
  if ((property as Syntax | undefined)?.value === 'lastIndex') return [];
  if (object) return assignees(object as Syntax);
  return elements ? (elements as Syntax[]).flatMap(assignees) : [value];
}

function isCollection({ type, callee }: Syntax): boolean {
  if (type === 'NewExpression') return (callee as Syntax).value !== 'RegExp';
  return type === 'ArrayExpression' || type === 'ObjectExpression';
}

function isReadonly({ typeAnnotation }: Syntax): boolean {
  const { type, op, typeName } = ((typeAnnotation as Syntax | null)?.typeAnnotation ?? {}) as Partial<Syntax>;
  if (type === 'TsTypeOperator') return op === 'readonly';
  return type === 'TsTypeReference' && !/^(Weak)?(Map|Set)$|^(Array|Record)$/.test(String((typeName as Syntax).value));
}

/** Which ports say too little: a failure port names the status of what leaves by it. */
function undescribed({ inPorts, outPorts }: Component): readonly string[] {
  const ports = [...Object.entries(inPorts.ports), ...Object.entries(outPorts.ports)];
  return ports.flatMap(([name, port]) => {
    const description = port.options.description ?? '';
    const isFailure =
      port === outPorts.ports[name] && saysFailure({ name, schema: outPorts.ports[name].options.schema });
    return [
      ...(port.options.datatype === 'all' ? [`${name} has no datatype`] : []),
      ...(/^[A-Z]./.test(description) ? [] : [`${name} has no description`]),
      ...(isFailure && !/\b[45]\d\d\b/.test(description) ? [`${name} does not name its status`] : []),
    ];
  });
}

function strings(all: readonly Syntax[]): readonly string[] {
  return all.flatMap(({ type, value, cooked }) => {
    if (type === 'StringLiteral') return [String(value)];
    return type === 'TemplateElement' ? [String(cooked)] : [];
  });
}

/** An object whose status is a number of an error, and that has no code. */
function isCodeless({ type, properties }: Syntax): boolean {
  if (type !== 'ObjectExpression') return false;
  const fields = properties as { key?: { value: unknown }; value?: Syntax }[];
  const status = fields.find(({ key }) => key?.value === 'status')?.value;
  const isError = status?.type === 'NumericLiteral' && Number(status.value) >= 400;
  return isError && !fields.some(({ key, value }) => (key ? key.value : value) === 'code');
}

/** `process.env`, or `{ env }` taken out of something. */
function isEnvironment({ type, property, key }: Syntax): boolean {
  if (type === 'MemberExpression')
    return (property as Syntax).type === 'Identifier' && (property as Syntax).value === 'env';
  return /PatternProperty$/.test(type) && (key as Syntax).value === 'env';
}

interface End {
  readonly process: string;
  readonly port: string;
}

interface Parsed {
  readonly processes: Readonly<Record<string, unknown>>;
  /** An initial packet comes from nowhere. */
  readonly connections: readonly { readonly src?: End; readonly tgt: End }[];
}

function parse(file: string): Parsed {
  return fbp.parse(readFileSync(join(ROOT, file), 'utf8')) as Parsed;
}
