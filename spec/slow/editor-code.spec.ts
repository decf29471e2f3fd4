import { type ChildProcess, fork } from 'node:child_process';
import { on } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { codeCommands } from '../../src/editor/protocol/flowchat.ts';
import { type Expectation, unmet } from '../../src/editor/sandbox/suite.ts';
import type { Subject, TrialReport } from '../../src/editor/sandbox/trial.ts';
import type { Payload } from '../../src/model/payload.ts';
import { printFileFault } from '../../src/model/refused.ts';
import { ComponentBench } from '../support/component-code.ts';
import { long } from '../support/long.ts';
import { component } from '../support/project.ts';
import { ROOT } from '../support/source.ts';

// Each source is tried out in a process of its own.
jest.setTimeout(120_000);

let bench: ComponentBench;
/** Whether a test may go on with the bench of the one before, as that has changed nothing. */
let isKept = false;
/** What a new bench holds. */
let begun = '';
const isAsNew = () =>
  [bench.told, bench.taken].every(({ length }) => length === 0) &&
  bench.obstacle === undefined &&
  JSON.stringify(contents()) === begun;

beforeEach(() => {
  if (!isKept) bench = new ComponentBench();
  isKept = true;
  begun ||= JSON.stringify(contents());
});
afterEach(() => {
  isKept &&= isAsNew();
  if (!isKept) bench.remove();
});
afterAll(() => {
  if (isKept) bench.remove();
});

const PASSER = component(
  "process(input, output) { if (input.hasData('in')) output.sendDone({ out: input.getData('in') }); }",
);

/** A suite of one case for chat/Slow, in which what comes in leaves as expected. */
const suite = (expected: string, topic = 'chat/Slow') => `topic: ${topic}
cases:
  - name: a post
    assertion: passes
    inputs: { in: { id: q1 } }
    expect: { out: ${expected} }
`;

const slow = (code: string, more: Payload = {}): Payload => ({ name: 'Slow', language: 'typescript', code, ...more });

const file = (path: string) => join(bench.project.root, path);
const text = (path: string) => (existsSync(file(path)) ? readFileSync(file(path), 'utf8') : undefined);

/** A component that is tried out without being brought in. */
const SLOW = { name: 'chat/Slow', file: 'components/Slow.ts' };

/** One process that tries out one component after the other, as each time another one does for who brings one in. */
class Trials {
  readonly #folder = mkdtempSync(join(tmpdir(), 'flowchat-trials-'));
  #child: ChildProcess | undefined;

  /** How many cases passed, and the first thing that is wrong, if any is. */
  async of(subject: Subject): Promise<{ passed: number; mistake?: string }> {
    this.#child ??= fork(join(ROOT, 'src/editor/sandbox/trial-process.ts'), {
      cwd: this.#folder,
      execArgv: [],
      env: {},
    });
    const reports = on(this.#child, 'message');
    this.#child.send(subject);
    let passed = 0;
    let mistake: string | undefined;
    for await (const [report] of reports as AsyncIterable<[TrialReport]>) {
      if (report.kind === 'mistake') return { passed, mistake: printFileFault(report.fault) };
      if (report.kind === 'case' && report.result.wrong !== undefined) mistake ??= printFileFault(report.result.wrong);
      else if (report.kind === 'case') passed += 1;
      if (report.kind === 'done') return { passed, ...(mistake !== undefined && { mistake }) };
    }
    throw new Error('it says nothing more');
  }

  /** What is wrong, which names no path of this machine. The process keeps what it has loaded from a project. */
  async mistake(subject: Subject): Promise<string> {
    isKept = false;
    const { mistake = 'nothing is wrong' } = await this.of(subject);
    expect(mistake).not.toContain(subject.root);
    return mistake;
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }
}

const trials = new Trials();
afterAll(() => trials.end());

/** All that the project's folders hold. */
const contents = () =>
  ['components', 'graphs', 'spec']
    .filter(folder => existsSync(file(folder)))
    .flatMap(folder => readdirSync(file(folder)).map(name => [name, text(`${folder}/${name}`)]));

/** The sentence with which source is refused; fails where that changed anything. */
async function refusal(payload: Payload): Promise<string> {
  const before = contents();
  const told = bench.told.length;
  const sentence = await bench.refusal('source', payload);
  expect(contents()).toEqual(before);
  expect(bench.told).toHaveLength(told);
  expect(sentence).not.toContain(bench.project.root);
  return sentence;
}

describe('flowchat:check', () => {
  const check = (payload: Payload) => codeCommands(bench.components).get('check')!.run(bench.client, payload);

  it('tells how the tests of source go, and saves nothing', async () => {
    const before = contents();
    const good = slow(PASSER, { tests: suite('{ equals: { id: q1 } }') });
    expect(await check(good)).toMatchObject({ command: 'tested', payload: { passed: 1, failed: 0 } });
    const bad = await check(slow(PASSER, { tests: suite('{ equals: { id: q2 } }') }));
    expect(bad).toMatchObject({ payload: { passed: 0, failed: 1, results: [{ passed: false }] } });
    await expect(check(slow('const a = ;'))).rejects.toThrow(/^components\/Slow\.ts:1:11: /);
    expect(contents()).toEqual(before);
    expect(bench.taken).toEqual([]);
  });

  it('is for those who may bring source in', () => {
    expect(codeCommands(bench.components).get('check')?.needs).toBe('component:setsource');
  });
});

describe('component:source', () => {
  it('saves a new component in TypeScript and nothing else, describes it, tells the other editors, and has a revision made', async () => {
    const before = contents().length;
    await bench.ask('list');
    const [message] = await bench.ask('source', slow(PASSER, { library: 'chat' }));
    expect(message).toMatchObject({
      command: 'component',
      payload: { name: 'chat/Slow', inPorts: [{ id: 'in' }, { id: 'setting' }], outPorts: [{ id: 'out' }] },
    });
    expect(text('components/Slow.ts')).toBe(PASSER);
    expect(text('spec/Slow.yaml')).toBeUndefined();
    expect(bench.taken).toMatchObject([{ name: 'chat/Slow', by: 'editor' }]);
    expect(await bench.source('chat/Slow')).toMatchObject({ language: 'typescript', code: PASSER });
    expect(contents()).toHaveLength(before + 1);
    // Not the one who brought it.
    expect(bench.told).toMatchObject([{ command: 'component', payload: { name: 'chat/Slow' } }]);
    expect(bench.spared).toEqual([bench.client]);
  });

  it('saves a new component in JavaScript, and takes the name with its library as well', async () => {
    const code = PASSER.replace(': Component =', ' =');
    await bench.ask('source', { name: 'chat/Plain', language: 'javascript', code });
    expect(text('components/Plain.js')).toBe(code);
    expect(await bench.source('chat/Plain')).toMatchObject({ language: 'javascript' });
  });

  it('changes a component in its own file, and lets it import what components may', async () => {
    const code = readFileSync(join(ROOT, 'components/Storage.ts'), 'utf8').replace('Keeps messages', 'Holds messages');
    await bench.ask('source', { name: 'Storage', language: 'typescript', code });
    expect(text('components/Storage.ts')).toBe(code);
  });

  it.each([
    ['lacks a comma', 'const a = {\n  b: 1\n  sum: 2,\n};\n', /^components\/Slow\.ts:3:3: unexpected `sum`$/],
    ['has a word too many', 'const a = 1;\nlet it be;', /^components\/Slow\.ts:2:8: unexpected `be`$/],
    ['has an operator too many', 'const a = 1 +* 2;', /^components\/Slow\.ts:1:14: unexpected `\*`$/],
    ['ends too early', 'const a = {\n  b: 1,\n\n', /^components\/Slow\.ts:2:8: unexpected end of the code$/],
    ['does not end a text', "const a = 'b;\n", /^components\/Slow\.ts:1:11: Unterminated string constant$/],
    ['needs more than types stripped', 'enum Colour { Red }', /^components\/Slow\.ts:1:1: .*enum/],
    ['declares a name twice', 'let a: number;\n  let a = 2;\n', /^components\/Slow\.ts:2:7: .*already been declared/],
    ['asks for what a module does not export', "import { x } from 'node:fs';", /^components\/Slow\.ts:1:10: .*'x'/],
    ['imports what is not there', "import './nowhere.ts';", /^components\/Slow\.ts: .*components\/nowhere\.ts/],
    ['throws when it is made', "export const getComponent = () => { throw 'no'; };", /^components\/Slow\.ts: no$/],
    ['exports no getComponent', 'export const component = 1;', /^components\/Slow\.ts: it exports no getComponent$/],
    ['makes no component', 'export const getComponent = () => ({});', /^components\/Slow\.ts: its getComponent/],
    ['is as CommonJS has it', "const noflo = require('noflo');", /^components\/Slow\.ts:1:15: require is not/],
  ])('is told by the process that tries it out, with its place, what %s', async (_, code, says) => {
    expect(await trials.mistake({ ...SLOW, root: bench.project.root, code })).toMatch(says);
  });

  it.each([
    ['is no TypeScript', 'const a = 1;\n\tlet b: = 3;\n', /^components\/Slow\.ts:2:9: unexpected `=`$/],
    ['throws when it is loaded', "\n  throw new Error('no');", /^components\/Slow\.ts:2:9: no$/],
    ['ends its process', 'process.exit(0);', /^components\/Slow\.ts: it ends the process while it is loaded$/],
    ['ends its process when it is made', 'export const getComponent = () => process.exit();', /ends the process/],
  ])('turns away with its place what %s', async (_, code, says) => {
    expect(await refusal(slow(code))).toMatch(says);
    expect(bench.taken).toEqual([]);
  });

  it('turns away JavaScript with its place that is none', async () => {
    const code = 'const a = 1;\n\tconst b: number = 1;\n';
    expect(await refusal({ name: 'Slow', language: 'javascript', code })).toMatch(/^components\/Slow\.js:2:8: /);
  });

  it('is not held up by a component that blocks', async () => {
    bench.remove();
    isKept = false;
    // It never comes back, however long it is waited for.
    bench = new ComponentBench(500);
    expect(await refusal(slow('while (true);'))).toMatch(
      /^components\/Slow\.ts: it does not come back while it is loaded/,
    );
  });

  it.each(['../../x', 'Slow/../../x', 'slow', 'Slow.ts', 'Sl ow', '__proto__', 'core/Repeat', 'S'.repeat(65), 'Ä'])(
    'names no file for %s',
    async name => {
      expect(await refusal(slow(PASSER, { name }))).toMatch(/can't name a component/);
    },
  );

  it.each<[string, Payload, RegExp]>([
    ['a component of a package', { library: 'core' }, /^core\/Slow belongs to a package/],
    ['a language that is not run', { language: 'coffeescript' }, /can't be in coffeescript/],
    ['no language', { language: undefined }, /"language" is missing/],
    ['a language of the prototype', { language: 'constructor' }, /can't be in constructor/],
    ['code that is no text', { code: 3 }, /"code" must be a text/],
    ['no code', { code: ' ' }, /"code" is missing/],
    ['tests that are no text', { tests: {} }, /"tests" must be a text/],
    ['more than 256 kB', { code: 'é'.repeat(128 * 1024 + 1) }, /too long; 256 kB/],
    ['a component in another language', { name: 'Router', language: 'javascript' }, /Router is written in typescript/],
    ['a graph in the place of a component', { name: 'Router', language: 'fbp' }, /Router is written in typescript/],
  ])('turns away %s', async (_, more, says) => {
    expect(await refusal(slow(PASSER, more))).toMatch(says);
  });

  it('puts back what was there where no revision can be made with it', async () => {
    const before = text('components/Router.ts');
    bench.obstacle = 'graphs/chat.fbp:12:9: router has no outport SHOW';
    const router = { name: 'Router', language: 'typescript', code: PASSER };
    expect(await refusal(router)).toBe(`chat/Router stays as it was: ${bench.obstacle}`);
    expect(text('components/Router.ts')).toBe(before);
    expect(await refusal(slow(PASSER))).toMatch(/^chat\/Slow stays as it was/);
    expect(await bench.listed('chat/Slow')).toBeUndefined();
  });

  it('can be taken back later, unless somebody has changed it since', async () => {
    const before = text('components/Router.ts');
    await bench.ask('source', { name: 'Router', language: 'typescript', code: PASSER });
    bench.taken[0]?.restore();
    expect(text('components/Router.ts')).toBe(before);
    await bench.ask('source', slow(PASSER));
    bench.project.component('Slow', `${PASSER}// mine\n`);
    bench.taken[1]?.restore();
    expect(text('components/Slow.ts')).toBe(`${PASSER}// mine\n`);
  });

  it('takes one in after the other, also where two come at once', async () => {
    const other = component('process() {}');
    await Promise.all([bench.ask('source', slow(PASSER)), bench.ask('source', slow(other))]);
    expect(text('components/Slow.ts')).toBe(other);
    expect(bench.taken).toHaveLength(2);
  });
});

describe("a component's tests", () => {
  it('are run, and saved with it', async () => {
    const before = contents().length;
    const tests = suite('{ path: $.id, equals: q1 }');
    await bench.ask('source', slow(PASSER, { tests }));
    expect(contents()).toHaveLength(before + 2);
    expect(text('spec/Slow.yaml')).toBe(tests);
    expect(await bench.source('chat/Slow')).toMatchObject({ tests });
  });

  it.each([
    ['expect what is not there', suite('{ path: $.text, equals: hi }'), /nothing at \$\.text/],
    ['expect nothing', suite('{ equals: { id: q1 } }').replace('out:', 'out: [], _:'), /a post passes/],
    ['are of another component', suite('{ equals: 1 }', 'chat/Router'), /its topic is chat\/Router, not chat\/Slow/],
    ['are no YAML', 'topic: [', /^spec\/Slow\.yaml:1:\d+: /],
    ['are a case that is none', 'topic: chat/Slow\ncases: [3]', /^spec\/Slow\.yaml:2: a case needs/],
    ['have a fixture', `fixture: {}\n${suite('{ equals: 1 }')}`, /"fixture"; leave it out/],
    ['ask for an operator that there is not', suite('{ resembles: 1 }'), /resembles: expected one of equals/],
    ['send to a port that it has not', suite('{ equals: 1 }').replace('in:', 'elsewhere:'), /no inport elsewhere/],
  ])('are told to be wrong by the process that runs them, where they %s', async (_, text, says) => {
    const tests = { file: 'spec/Slow.yaml', text };
    expect(await trials.mistake({ ...SLOW, root: bench.project.root, code: PASSER, tests })).toMatch(says);
  });

  it.each([
    ['expect another packet', suite('{ equals: { id: q2 } }'), /^spec\/Slow\.yaml:3: a post passes: at out: .*q2.*q1/],
    ['are no suite', 'topic: chat/Slow', /^spec\/Slow\.yaml: a suite needs topic and cases/],
  ])('turn it away where they %s', async (_, tests, says) => {
    expect(await refusal(slow(PASSER, { tests }))).toMatch(says);
  });

  it('that are there already hold for its next source', async () => {
    bench.project.write('spec/Slow.yaml', suite('{ equals: { id: q1 } }'));
    await bench.ask('source', slow(PASSER));
    const silent = component('process(input, output) { output.done(); }');
    expect(await refusal(slow(silent))).toMatch(/^spec\/Slow\.yaml:3: a post passes: nothing left at out/);
    expect(text('components/Slow.ts')).toBe(PASSER);
  });

  it('turn it away where it lets an error go uncaught', async () => {
    const late = component("process() { setTimeout(() => { throw new Error('late'); }, 1); }");
    const tests = suite('{ equals: { id: q1 } }');
    expect(await refusal(slow(late, { tests }))).toMatch(
      /^components\/Slow\.ts:8:\d+: late \(in the test: a post passes/,
    );
  });

  long('pass for our own components', async () => {
    const names = readdirSync(join(ROOT, 'components')).map(name => name.replace('.ts', ''));
    expect(names.length).toBeGreaterThan(9);
    for (const name of names) {
      const tests = { file: `spec/${name}.yaml`, text: readFileSync(join(ROOT, `spec/${name}.yaml`), 'utf8') };
      const path = `components/${name}.ts`;
      const code = readFileSync(join(ROOT, path), 'utf8');
      const { mistake, passed } = await trials.of({
        name: `chat/${name}`,
        root: bench.project.root,
        file: path,
        code,
        tests,
      });
      expect([name, mistake, passed > 0]).toEqual([name, undefined, true]);
    }
  });
});

describe('an expectation', () => {
  const PACKET = { id: 'q1', seq: 7, text: 'hello', tags: ['a', 'b'], of: { 'a b': null } };

  it.each([
    [{ equals: PACKET }],
    [{ path: '$.seq', above: 6 }],
    [{ path: '$.seq', below: 8 }],
    [{ path: '$.seq', type: 'number' }],
    [{ path: '$.tags', type: 'array' }],
    [{ path: "$.of['a b']", type: 'null' }],
    [{ path: '$.text', contains: 'ell' }],
    [{ path: '$.tags', contains: 'b' }],
    [{ path: '$.tags[1]', equals: 'b' }],
    [{ path: '$.tags[*]', type: 'string' }],
    [{ path: '$.of', haveKeys: ['a b'] }],
    [{ includeKeys: ['id', 'seq'] }],
  ])('is met: %j', expectation => {
    expect(unmet(PACKET, expectation)).toBeUndefined();
  });

  it.each([
    [{ equals: { id: 'q1' } }, '$ equals: expected {"id":"q1"}, got {"id":"q1","seq":7'],
    [{ path: '$.seq', above: 7 }, '$.seq above: expected 7, got 7'],
    [{ path: '$.seq', below: 7 }, '$.seq below: expected 7, got 7'],
    [{ path: '$.seq', type: 'string' }, '$.seq type: expected "string", got 7'],
    [{ path: '$.text', contains: 'bye' }, '$.text contains: expected "bye", got "hello"'],
    [{ path: '$.tags[*]', equals: 'a' }, '$.tags[*] equals: expected "a", got "b"'],
    [{ haveKeys: ['id'] }, '$ haveKeys: expected ["id"], got {"id"'],
    [{ includeKeys: ['id', 'more'] }, '$ includeKeys: expected ["id","more"], got {"id"'],
    [{ path: '$.constructor', type: 'function' }, 'there is nothing at $.constructor in {"id"'],
  ])('is not met: %j', (expectation, says) => {
    expect(unmet(PACKET, expectation)).toContain(says);
  });

  it.each([
    [{}, /expected one of equals/],
    [{ equals: 1, above: 0 }, /^above: expected one of equals/],
    [{ constructor: 1 }, /^constructor: expected one of equals/],
    [{ path: '$..id', equals: 1 }, /^\$\.\.id has more than/],
  ])('is none: %j', (expectation, says) => {
    expect(() => unmet(PACKET, expectation as Expectation)).toThrow(says);
  });
});

describe('a subgraph', () => {
  const PAIR = `INPORT=limit.IN:IN\nOUTPORT=check.OUT:OUT\n# Both.\nlimit(chat/LimitRate) OUT -> IN check(chat/CheckPost)\n`;
  const WIRED = `${PAIR}OUTPORT=limit.REFUSED:SLOWER\nOUTPORT=check.REFUSED:REFUSED\n`;
  const pair = (code: string, language = 'fbp'): Payload => ({ name: 'Pair', language, code });

  it('is saved as it was written, and listed with its ports', async () => {
    const [message] = await bench.ask('source', pair(WIRED));
    expect(message).toMatchObject({ payload: { name: 'chat/Pair', subgraph: true, inPorts: [{ id: 'in' }] } });
    expect(text('graphs/Pair.fbp')).toBe(WIRED);
  });

  it('keeps its file, with the comments, where it comes back as JSON', async () => {
    await bench.ask('source', pair(WIRED));
    const { code } = await bench.source('chat/Pair');
    const graph = JSON.parse(String(code));
    graph.connections.push({ data: 7, tgt: { process: 'check', port: 'maxtext' } });
    await bench.ask('source', pair(JSON.stringify(graph), 'json'));
    expect(text('graphs/Pair.fbp')).toContain('# Both.');
    expect(text('graphs/Pair.fbp')).toMatch(/7.* -> MAXTEXT check/);
    expect(existsSync(file('graphs/Pair.json'))).toBe(false);
  });

  it.each([
    ['cannot be read', 'a(chat/CheckPost) ->', /^graphs\/Pair\.fbp:1:\d+: /],
    ['names a component that is not there', WIRED.replace('LimitRate', 'LimitRat'), /^graphs\/Pair\.fbp:4:.*LimitRat/],
    ['names a port that is not there', WIRED.replace('IN check', 'INN check'), /^graphs\/Pair\.fbp:4:.*INN/],
    ['contains itself', `${WIRED}again(chat/Pair) OUT -> IN limit\n`, /Pair/],
  ])('is turned away with its place where it %s', async (_, code, says) => {
    expect(await refusal(pair(code))).toMatch(says);
  });

  it('is turned away where it contains itself by way of another one', async () => {
    await bench.ask('source', pair(WIRED));
    const outer = WIRED.replace('limit(chat/LimitRate)', 'limit(chat/Pair)').replace(
      'OUTPORT=limit.REFUSED',
      'OUTPORT=limit.SLOWER',
    );
    await bench.ask('source', { name: 'Outer', language: 'fbp', code: `${outer}OUTPORT=limit.REFUSED:MORE\n` });
    const inner = WIRED.replace('limit(chat/LimitRate)', 'limit(chat/Outer)').replace(
      'OUTPORT=limit.REFUSED',
      'OUTPORT=limit.SLOWER',
    );
    expect(await refusal(pair(`${inner}OUTPORT=limit.REFUSED:MORE\nOUTPORT=limit.MORE:MOST\n`))).toMatch(
      /contains itself/,
    );
    expect(text('graphs/Pair.fbp')).toBe(WIRED);
  });
});
