import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fbp from 'fbp';
import type { Component } from 'noflo';
import { generate } from '../src/library/manifest.ts';
import { isFailure as saysFailure } from '../src/model/failure.ts';
import { type Import, ROOT, type Source, type Syntax, sources, within } from './support/source.ts';

// The rules of the architecture. What breaks one is named: `file: what`.

const components = sources('components');
const src = sources('src');
const names = components.map(({ name }) => name).join('|');

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
  it("imports noflo, Node's own modules, types of packets, the store and the model, and nothing else", () => {
    const isAllowed = ({ from, typeOnly }: Import) =>
      /^(noflo$|node:|src\/(store|model)\/)/.test(from) || (from === 'src/packets.ts' && typeOnly);
    expect(importing(components, imported => !isAllowed(imported))).toEqual([]);
  });

  it('has no state outside its nodes', () => {
    expect(faults(components, ({ body }) => body.flatMap(changeable))).toEqual([]);
  });

  it('has a spec and a YAML', () => {
    const missing = (name: string) =>
      ['spec.ts', 'yaml'].filter(end => !existsSync(join(ROOT, 'spec', `${name}.${end}`)));
    expect(faults(components, ({ name }) => missing(name))).toEqual([]);
  });

  it.each(components.map(({ name }) => name))('describes itself and its ports: %s', async name => {
    const { getComponent } = await import(`../components/${name}.ts`);
    const component: Component = getComponent();
    expect(component.getDescription()).toMatch(/^[A-Z]./);
    expect(component.getIcon()).toMatch(/^[a-z][a-z-]*$/);
    expect(undescribed(component)).toEqual([]);
  });
});

describe('src', () => {
  it('neither imports a component nor writes the name of one', () => {
    const isName = new RegExp(`^(${names})$|\\b(chat|components)/(${names})\\b`);
    const written = ({ body }: Source) => strings(body).filter(string => isName.test(string));
    expect(faults(src, written)).toEqual([]);
    expect(importing(src, ({ from }) => from.startsWith('components/'))).toEqual([]);
  });

  it('knows Koa only in http, ws only in live and the editor, and NoFlo only where graphs run', () => {
    expect(stray(/^(@?koa)\b/, /^src\/http\.ts$/)).toEqual([]);
    expect(stray(/^ws$/, /^src\/(live\/|editor\/door\/)/)).toEqual([]);
    expect(
      stray(
        /^noflo$/,
        /^src\/(library|library\/(module|foreign)|flow\/(network|birth|tap|sockets|watch)|editor\/code\/node)\.ts$/,
      ),
    ).toEqual([]);
  });

  it('does no I/O in the gate, in what reads and checks graphs, nor in packets', () => {
    const pure = src.filter(({ path }) =>
      /^src\/(packets|model\/[^/]*|store\/url|flow\/(subgraph|stamp|wires)|(gate|fbp|check)(\/[^/]*)?)\.ts$/.test(path),
    );
    const isPure = ({ from, typeOnly }: Import) =>
      typeOnly ||
      ['node:async_hooks', 'node:util', 'fbp', 'fastest-levenshtein', 'jsonc-parser'].includes(from) ||
      pure.some(({ path }) => path === from);
    expect(importing(pure, imported => !isPure(imported))).toEqual([]);
  });

  it('has nothing but types in packets', () => {
    const { body = [] } = src.find(({ path }) => path === 'src/packets.ts') ?? {};
    const kinds = body.map(({ type, declaration }) => (declaration as Syntax | undefined)?.type ?? type);
    expect(kinds.filter(kind => !/^Ts(Interface|TypeAlias)Declaration$/.test(kind))).toEqual([]);
  });

  it('reads the environment only in main', () => {
    const others = [...src, ...components].filter(({ path }) => path !== 'src/main.ts');
    expect(faults(others, ({ body }) => (within(body).some(isEnvironment) ? ['reads process.env'] : []))).toEqual([]);
  });

  it('has no file of more than 250 lines, nor have components and pages', () => {
    const long = ({ lines }: Source) => (lines > 250 ? [`${lines} lines`] : []);
    expect(faults([...src, ...components, ...sources('public')], long)).toEqual([]);
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

/** What a statement declares that could be changed by one node and be seen by another. */
function changeable(statement: Syntax): readonly string[] {
  const { type, kind, declarations } = (statement.declaration ?? statement) as Syntax;
  if (type !== 'VariableDeclaration') return [];
  const variables = declarations as { id: Syntax; init: Syntax | null }[];
  return variables
    .filter(({ id, init }) => kind !== 'const' || (init && isCollection(init) && !isReadonly(id)))
    .map(({ id }) => `${id.value} can change`);
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

function strings(body: readonly Syntax[]): readonly string[] {
  return within(body).flatMap(({ type, value, cooked }) => {
    if (type === 'StringLiteral') return [String(value)];
    return type === 'TemplateElement' ? [String(cooked)] : [];
  });
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
