import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { checkCommand } from '../../src/cli/check.ts';
import { visibleLines } from '../../src/model/text.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { type End, launch, sweep } from '../support/launch.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

const { path: place, remove } = folder();
const file = (name: string) => join(place, name);
const data = file('data');

const FAULTY = `INPORT=router.IN:REQUEST
router(chat/Rooter) SHOW -> IN controller(chat/Controller)
controller OUT -> NOWHERE storage(chat/Storage)
`;

/** A graph that keeps what it counts in DATA, but no messages. */
const STORELESS = `INPORT=count.IN:REQUEST
OUTPORT=all.OUT:REPLY
'counts' -> STORE count(chat/Count)
'5' -> MOST count
'1 min' -> WITHIN count
count OUT -> IN all(core/Repeat)
count OVER -> IN all
`;

const SOUND = 'graphs/chat.fbp';

beforeAll(() => {
  writeFileSync(file('faulty.fbp'), FAULTY);
  writeFileSync(file('doorless.fbp'), 'one(core/Repeat) OUT -> IN two(core/Repeat)\n');
  writeFileSync(file('storeless.fbp'), STORELESS);
  writeFileSync(file('broken.fbp'), 'router(\n');
  writeFileSync(file('a file'), 'hello');
  mkdirSync(file('other'));
  writeFileSync(file('other/history.db'), 'no database at all');
});

afterEach(sweep);
afterAll(remove);

const run = (args: readonly string[], env = {}): Promise<End> =>
  launch(['-r', './src/node24.cjs', 'src/main.ts', ...args], { DATA: data, ...env }).end;

/** Starts a server in this process. */
const start = async (args: readonly string[]) => serve(readSettings({ DATA: data, PORT: '0' }, args), () => {});

/** A port that somebody has. */
async function taken(): Promise<{ readonly port: number; end(): void }> {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  return { port: (other.address() as AddressInfo).port, end: () => other.close() };
}

/** What a command says that ends in this process, which is what main prints before it ends with 1. */
async function refusal(command: Promise<unknown>): Promise<string> {
  const said = await command.then(
    () => 'it was not refused',
    error => (error as Error).message,
  );
  return visibleLines(said);
}

describe('a start that cannot be', () => {
  it.each([
    [
      'there is no graph',
      ['--graph', file('none.fbp')],
      `${file('none.fbp')} can't be read: .*; choose another with GRAPH`,
    ],
    ['the graph is a folder', ['--graph', place], `${place} can't be read: .*; choose another with GRAPH`],
    ['the graph is no graph', ['--graph', file('broken.fbp')], `${file('broken.fbp')}:1:\\d+: .*`],
    [
      'DATA is below a file',
      ['--data', file('a file/data')],
      `the folder ${file('a file/data')} can't be written: .*; choose another with DATA`,
    ],
    [
      'DATA is a file',
      ['--data', file('a file')],
      `the folder ${file('a file')} can't be written: .*; choose another with DATA`,
    ],
    [
      'what is in DATA is not ours',
      ['--data', file('other')],
      `admit does not start: ${file('other/history.db')} is no SQLite database; .*`,
    ],
    ['a flag is unknown', ['--prot', '80'], "Unknown option '--prot'; the flags are --port, .*"],
    ['there is a word too many', ['serve'], "Unexpected argument 'serve'; the flags are --port, .*"],
    ['HOST is not ours', ['--host', '192.0.2.1'], "port 0 of 192.0.2.1 can't be taken: .*"],
  ])('is refused with one sentence where %s', async (_, args, sentence) => {
    expect(await refusal(start(args))).toMatch(new RegExp(`^${sentence}$`));
  });

  it('ends with 1 and one sentence where PORT is wrong', async () => {
    const { code, out, err } = await run(['--port', 'http'], { PORT: '0' });
    expect(err).toBe('PORT must be a whole number from 0 to 65535, not "http"\n');
    expect([code, out]).toEqual([1, '']);
  });

  it('is refused with one sentence where the port of PORT is in use', async () => {
    const { port, end } = await taken();
    const said = await refusal(start(['--port', String(port)]));
    end();
    expect(said).toMatch(
      new RegExp(`^port ${port} of 127.0.0.1 can't be taken: .*; choose another with PORT or HOST$`),
    );
  });

  it('is refused with one sentence where the port of METRICS is in use', async () => {
    const { port, end } = await taken();
    const said = await refusal(start(['--metrics', `127.0.0.1:${port}`]));
    end();
    expect(said).toMatch(new RegExp(`^port ${port} of 127.0.0.1 can't be taken: .*; choose another with METRICS$`));
  });

  it('is refused with one sentence where another flowchat has DATA', async () => {
    const other = await start([]);
    const said = await refusal(start([]));
    await other.stop();
    expect(said).toBe(`${data} is used by another flowchat; stop that one or choose another with DATA`);
  });

  it.each([
    ['stops', () => {}],
    ['can not be stopped', () => jest.spyOn(Runtime.prototype, 'stop').mockRejectedValueOnce(new Error('it hangs'))],
  ])('is refused where ACCOUNTS has no STORE, with the databases closed, also if the graph %s', async (_, prepare) => {
    prepare();
    const DATA = file('no store');
    const env = { DATA, PORT: '0', ACCOUNTS: 'on', GRAPH: file('storeless.fbp') };
    const said = await refusal(serve(readSettings(env, []), () => {}));
    jest.restoreAllMocks();
    expect(said).toBe('ACCOUNTS is on, but no node of the graph has a STORE, where people would be');
    // SQLite deletes its log when a database is closed.
    const databases = readdirSync(DATA).filter(name => name.startsWith('behaviour.db'));
    expect(databases).toEqual(['behaviour.db']);
  });

  it('ends with 1 and a line for each fault of the graph', async () => {
    const { code, out, err } = await run(['--graph', file('faulty.fbp')], { PORT: '0' });
    expect(err.trimEnd().split('\n')).toEqual(faults('faulty.fbp'));
    expect([code, out]).toEqual([1, '']);
  });

  it('is refused with a line for each outer port that the graph lacks', async () => {
    const said = await refusal(start(['--graph', file('doorless.fbp')]));
    const lines = said.split('\n');
    expect(lines).toEqual([expect.stringContaining('REQUEST'), expect.stringContaining('REPLY')]);
    for (const line of lines) expect(line).toMatch(new RegExp(`^${file('doorless.fbp')}:\\d+:\\d+: .`));
  });
});

/** What check says in this process, and with what it would end it. */
async function checked(...args: string[]): Promise<Pick<End, 'code' | 'out'>> {
  let out = '';
  const log = jest.spyOn(console, 'log').mockImplementation(line => {
    out += `${line}\n`;
  });
  try {
    await checkCommand(args);
    return { code: Number(process.exitCode ?? 0), out };
  } finally {
    log.mockRestore();
    process.exitCode = undefined;
  }
}

/** What is said of FAULTY, wherever it is said. */
const faults = (name: string) =>
  [
    /:1:1: there is no outer outport REPLY; write OUTPORT=.*:REPLY$/,
    /:2:1: there is no component chat\/Rooter; did you mean chat\/Router\b.*\?$/,
    /:2:\d+: controller REFUSED leads nowhere, .*; write controller REFUSED -> .*/,
    /:3:\d+: storage has no inport NOWHERE; it has GET, POST, STORE, MAXLEN, MAXROOMS, NEWROOMS, NEWROOMRATE$/,
  ].map(sentence => expect.stringMatching(new RegExp(`^${RegExp.escape(file(name))}${sentence.source}`)));

describe('check', () => {
  it('checks a file as a subgraph whose name begins with a capital, and any with --subgraph', async () => {
    const text = 'INPORT=a.IN:IN\nOUTPORT=a.OUT:OUT\na(core/Repeat)\n';
    for (const name of ['Sub.fbp', 'small.fbp']) writeFileSync(file(name), text);
    const lacks = { code: 1, out: expect.stringMatching(/small\.fbp:1:1: there is no outer inport REQUEST/) };
    expect(await checked(file('Sub.fbp'), file('small.fbp'), SOUND)).toEqual(lacks);
    expect(await checked('--subgraph', file('small.fbp'), file('Sub.fbp'))).toEqual({ code: 0, out: '' });
  });

  it('ends with 0 where it only warns, and says so, and nothing where the graphs have no fault', async () => {
    const warned = readFileSync(SOUND, 'utf8').replace('router MISSING -> IN responder', '$& OUT');
    writeFileSync(file('warned.fbp'), warned);
    const line = warned.split('\n').findIndex(text => text.startsWith('router MISSING')) + 1;
    const out = expect.stringMatching(
      new RegExp(`^${file('warned.fbp')}:${line}:32: warning: nothing follows OUT, .*\n$`),
    );
    const files = [SOUND, file('warned.fbp'), 'graphs/gochat.fbp'];
    expect(await run(['check', ...files])).toEqual({ code: 0, out, err: '' });
  });

  it('ends with 1 and says every fault of every graph on stdout', async () => {
    const { code, out, err } = await run([
      'check',
      file('faulty.fbp'),
      SOUND,
      file('doorless.fbp'),
      file('broken.fbp'),
    ]);
    const lines = out.trimEnd().split('\n');
    expect(lines.slice(0, 4)).toEqual(faults('faulty.fbp'));
    const after = lines.slice(4).map(line => line.split(':', 1)[0]);
    expect([...new Set(after)]).toEqual([file('doorless.fbp'), file('broken.fbp')]);
    expect([code, err]).toEqual([1, '']);
  });

  it.each([
    ['it is told no graph', [], 'npm run check -- FILE…: name the graphs to check'],
    ['there is no such graph', [file('none.fbp')], `${file('none.fbp')} can't be read: .*`],
    ['the graph is a folder', [place], `${place} can't be read: .*`],
  ])('is refused with one sentence where %s', async (_, files, sentence) => {
    expect(await refusal(checkCommand(files))).toMatch(new RegExp(`^${sentence}$`));
  });

  it('ends with 1 and one sentence where it can check nothing', async () => {
    const { code, out, err } = await run(['check', file('none.fbp')]);
    expect(err).toMatch(new RegExp(`^${file('none.fbp')} can't be read: .*\n$`));
    expect([code, out]).toEqual([1, '']);
  });
});

describe('an older Node', () => {
  it.each([
    ['what npm runs', ['-r', './src/node24.cjs', 'none.ts']],
    ['src/main.ts', ['src/main.ts']],
    ['the folder', ['.']],
    ['the command flowchat', ['npm/flowchat.cjs']],
  ])('gets one sentence from %s, before it reads what it does not understand', async (_, started) => {
    writeFileSync(file('old.cjs'), `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });`);
    const { code, out, err } = await launch(['-r', file('old.cjs'), ...started]).end;
    expect(err).toMatch(/^flowchat needs Node 24\.9 or newer, and this is Node 20\.20\.2; install .*\n$/);
    expect([code, out]).toEqual([1, '']);
  });

  it('gets it from whatever npm runs', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const commands = Object.values<string>(scripts).flatMap(script => script.match(/\bnode .*/g) ?? []);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect(command).toMatch(/^node -r \.\/src\/node24\.cjs /);
  });

  it('gets it from the documented unit, and from the image', () => {
    const unit = /^ExecStart=(.*)$/m.exec(readFileSync(join(ROOT, 'docs/operations.md'), 'utf8'))?.[1];
    expect(unit).toBe('/usr/bin/node -r ./src/node24.cjs src/main.ts');
    const image = /^CMD (.*)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1];
    expect(JSON.parse(image!)).toEqual(['node', '-r', './src/node24.cjs', 'src/main.ts']);
  });
});
