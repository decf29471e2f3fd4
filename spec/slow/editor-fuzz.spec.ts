import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Fuzzer } from '../support/fuzz.ts';
import { Chatter, SECRET, Sender, Target, VIEW_SECRET } from '../support/fuzz-server.ts';
import { isLong } from '../support/long.ts';
import { invalidities } from '../support/protocol-schema.ts';

/** Messages in all; more of them with the environment's FUZZ. */
const ALL = Number(process.env.FUZZ ?? (isLong ? 3_000 : 1_600));
/** Of them with source: each component is compiled. */
const SOURCES = ALL / (isLong ? 8 : 32);
/** The same messages come again with the same SEED. */
const SEED = Number(process.env.SEED ?? Date.now() % 1e9);
/** Fewer than a client's burst. */
const PER_CONNECTION = 1900;
/** Bytes by which a server may have grown, of which most is what it keeps of revisions and ways. */
const GROWTH = 64 * 1024 * 1024;

jest.setTimeout(60_000 + ALL * 5);

const LEAST = /^(runtime:runtime|\w+:error)$/;
const TO_STRANGERS = [
  /^a message is nested at most 100 deep$/,
  /^this is no JSON; a message is \{"protocol", "command", "payload"\}$/,
  /^a message is an object \{"protocol", "command", "payload"\}, not an? \w+$/,
  /^a message is an object \{"protocol", "command", "payload"\}, not null$/,
  /^"(protocol|command|payload)" must be (a text|an object), not (null|nothing|an? \w+)$/,
  /^\w+:\w+ needs the capability [\w:]+; connect with a secret that may (watch|edit)(, to a server with EDITOR_CODE=on)?$/,
  /^there is no protocol ".{0,50}"; there are [\w, ]+$/s,
  /^\w+ has no command ".{0,50}"; it has [\w, ]+$/s,
  /^a message is JSON text, not bytes$/,
];

/** Sends messages over one connection after the other, with a secret shown at first. What comes back has to be proper. */
async function send(
  target: Target,
  count: number,
  { fuzzer, secret }: { fuzzer: Fuzzer; secret: string },
): Promise<void> {
  for (let left = count; left > 0; left -= PER_CONNECTION) {
    const sender = await new Sender(target.url).open();
    await sender.done(secret);
    for (let i = Math.min(left, PER_CONNECTION); i > 0; i -= 1) sender.send(fuzzer.frame(undefined));
    await sender.done();
    sender.close();
    expectProper(sender.frames);
  }
}

/** That whatever was sent is what a runtime may say. */
function expectProper(frames: readonly string[]): void {
  const known = new Set<string>();
  for (const frame of frames) {
    // The same over again says nothing new.
    const said = frame.replace(/"responseTo":"[^"]*"/, '');
    if (known.has(said)) continue;
    known.add(said);
    const message = JSON.parse(frame);
    expect(Object.keys(message)).toEqual(expect.arrayContaining(['protocol', 'command', 'payload']));
    // The schemas of some messages know nothing of it.
    const { responseTo: _, ...told } = message;
    const wrong = invalidities(told);
    if (wrong.length > 0) throw new Error(`${wrong.join('; ')}: ${frame.slice(0, 500)}`);
    if (message.payload?.message === 'this failed; the log says why') throw new Error(`it failed: ${frame}`);
    if (frame.includes(SECRET) || frame.includes(VIEW_SECRET)) throw new Error(`it tells a secret: ${frame}`);
  }
}

function expectNoSecret(target: Target): void {
  const files = { ...target.sources, ...target.written, said: target.said };
  const telling = Object.entries(files).filter(([, text]) => text.includes(SECRET) || text.includes(VIEW_SECRET));
  expect(telling.map(([file]) => file)).toEqual([]);
}

/** The lines in which the server says that something on its own side went wrong. */
const failures = (lines: string) => lines.split('\n').filter(line => /the editor failed|uncaught/.test(line));

async function workOf(target: Target) {
  const sender = await new Sender(target.url).open();
  await sender.done(SECRET);
  const work = [await sender.ask('flowchat', 'graph', {}), await sender.ask('flowchat', 'revisions', {})];
  sender.close();
  return [...work, target.sources];
}

console.info(`editor-fuzz: SEED=${SEED} FUZZ=${ALL}`);

describe('a server at which anything is thrown', () => {
  let target: Target;
  let chatter: Chatter;
  let before: Awaited<ReturnType<Target['probe']>>;
  let read = 0;

  beforeAll(async () => {
    target = await Target.start();
    chatter = new Chatter(target.url);
    before = await target.probe();
  });

  afterEach(() => {
    expect(target.isAlive).toBe(true);
    const lines = target.said.slice(read);
    read = target.said.length;
    expect(failures(lines)).toEqual([]);
    expectNoSecret(target);
  });

  afterAll(async () => {
    await chatter.end();
    await target.stop();
  });

  it('tells nothing to who has no secret', async () => {
    const work = await workOf(target);
    const fuzzer = new Fuzzer(SEED, { tame: false, code: true });
    const wrong = ['wrong', '__proto__', 7, {}, [SECRET], `${SECRET} `, VIEW_SECRET.slice(1), '\ud800', true];
    let sent = 0;
    // Over several connections, the first of which show secrets that are wrong.
    const each = Math.min(PER_CONNECTION, ALL / 16);
    for (let left = ALL / 4, i = 0; left > 0; left -= each, i += 1) {
      const sender = await new Sender(target.url, `10.0.1.${i % 250}`).open();
      if (i < 20) sender.send(fuzzer.frame(fuzzer.dice.pick(wrong)));
      for (let n = Math.min(left, each); n > 0; n -= 1, sent += 1) sender.send(fuzzer.frame(undefined));
      await sender.done();
      sender.close();
      expectProper(sender.frames);
      for (const { protocol, command, payload } of sender.frames.map(frame => JSON.parse(frame))) {
        expect(`${protocol}:${command}`).toMatch(LEAST);
        if (command === 'runtime') {
          expect(payload.capabilities).toEqual([]);
          expect(Object.keys(payload).sort()).toEqual(['allCapabilities', 'capabilities', 'id', 'type', 'version']);
        } else if (!TO_STRANGERS.some(sentence => sentence.test(payload.message))) {
          throw new Error(`a stranger is told: ${payload.message}`);
        }
      }
    }
    expect(sent).toBeGreaterThanOrEqual(ALL / 4);
    expect(await workOf(target)).toEqual(work);
    expect(Object.keys(chatter.take()).sort()).toEqual(['GET 200', 'POST 201']);
  });

  it('lets who may only watch change nothing', async () => {
    const work = await workOf(target);
    const fuzzer = new Fuzzer(SEED + 1, { tame: false, code: true });
    await send(target, ALL / 4, { fuzzer, secret: VIEW_SECRET });
    expect(await workOf(target)).toEqual(work);
    expect(Object.keys(chatter.take()).sort()).toEqual(['GET 200', 'POST 201']);
  });

  it('goes on as it is for as long as an editor only drafts', async () => {
    const { sources } = target;
    const holder = await new Sender(target.url).open();
    await holder.done(SECRET);
    await holder.ask('flowchat', 'open', { hold: true });
    await send(target, ALL / 4, { fuzzer: new Fuzzer(SEED + 2), secret: SECRET });
    await holder.ask('flowchat', 'discard', {});
    const { revisions } = await holder.ask('flowchat', 'revisions', {});
    holder.close();
    expectProper(holder.frames);
    expect(revisions).toHaveLength(1);
    expect(target.sources).toEqual(sources);
    expect(Object.keys(chatter.take()).sort()).toEqual(['GET 200', 'POST 201']);
  });

  it('answers everybody while an editor does what he can, and comes back', async () => {
    const { sources } = target;
    const fuzzer = new Fuzzer(SEED + 3, { tame: false });
    await send(target, SOURCES, { fuzzer, secret: SECRET });
    expect(Object.keys(chatter.take()).filter(how => !/^\w+ \d+$/.test(how))).toEqual([]);
    const editor = await new Sender(target.url).open();
    await editor.done(SECRET);
    // It knows of drafts, so that a start brings to life what was live, and nothing else.
    await editor.ask('flowchat', 'open', {});
    await editor.ask('network', 'start', { graph: 'chat/chat' });
    const { draft } = (await editor.ask('flowchat', 'open', {})) as { draft: { version: number } };
    await editor.ask('flowchat', 'rollback', { to: 1, version: draft.version });
    editor.close();
    chatter.take();
    await expectChat(chatter);
    expect({ ...target.sources, 'graphs/chat.fbp': '', 'graphs/chat.layout': '' }).toEqual({
      ...sources,
      'graphs/chat.fbp': '',
      'graphs/chat.layout': '',
    });
  });

  it('is as big as before, has no object spoilt, and has written only where it should', async () => {
    const after = await target.probe();
    expect(after.prototypes).toEqual(before.prototypes);
    expect(after.heap - before.heap).toBeLessThan(GROWTH);
    const own = /^data\/(audit\.log(\.1)?|(draft|live)\.json|server-lock|runtime-id|revisions\/.*|\w+\.db[\w-]*)$/;
    expect(Object.keys(target.written).filter(file => !own.test(file))).toEqual([]);
  });
});

describe('a server that takes in source', () => {
  it('lives on, and writes no file but those of the component', async () => {
    const target = await Target.start({ code: true });
    try {
      const { sources } = target;
      const chatter = new Chatter(target.url);
      const fuzzer = new Fuzzer(SEED + 4, { code: true });
      const holder = await new Sender(target.url).open();
      await holder.done(SECRET);
      await holder.ask('flowchat', 'open', { hold: true });
      await send(target, SOURCES, { fuzzer, secret: SECRET });
      await chatter.end();
      holder.close();
      expect(target.isAlive).toBe(true);
      expect(failures(target.said)).toEqual([]);
      expectNoSecret(target);
      expect(Object.keys(chatter.take()).sort()).toEqual(['GET 200', 'POST 201']);
      const { 'graphs/Fuzzed.fbp': _, 'graphs/Fuzzed.layout': __, ...others } = target.sources;
      expect(others).toEqual(sources);
      expect(readFileSync(target.file, 'utf8')).toBe(sources['graphs/chat.fbp']);
    } finally {
      await target.stop();
    }
  });
});

/** Waits until the chat answers well over and over. */
async function expectChat(chatter: Chatter): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const before = chatter.heard.get('POST 201') ?? 0;
    if (before > 20) break;
    if (performance.now() > deadline) throw new Error(`it does not come back: ${JSON.stringify(chatter.take())}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
