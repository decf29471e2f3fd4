import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Guesses } from '../../src/editor/server/limits.ts';
import { capabilities } from '../../src/editor/server/rights.ts';
import { loadOrCreateId, loadOrCreateSecret, Secrets } from '../../src/editor/server/secrets.ts';
import { building, SECRET, VIEW_SECRET } from '../support/endpoint.ts';
import { folder } from '../support/server.ts';

const WATCH = capabilities(new Set(['watch']));
const EDIT = capabilities(new Set(['watch', 'settings', 'edit']));
const STATUS = { protocol: 'network', command: 'getstatus', payload: { graph: 'chat/chat' } };

describe('Secrets', () => {
  const rights = (shown: unknown, code = false) => {
    const known = { secret: SECRET, viewSecret: VIEW_SECRET, settingsSecret: 'the moderator sets', code };
    const level = new Secrets(known).rightsOf(shown);
    return level && [level.by, ...level.rights];
  };

  it('bring the rights of their level', () => {
    expect(rights(SECRET)).toEqual(['editor', 'watch', 'settings', 'edit']);
    expect(rights(SECRET, true)).toEqual(['editor', 'watch', 'settings', 'edit', 'code']);
    expect(rights(VIEW_SECRET, true)).toEqual(['viewer', 'watch']);
    expect(rights('the moderator sets', true)).toEqual(['moderator', 'settings']);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a number', 7],
    ['an object', { toString: () => SECRET }],
    ['an array of the secret', [SECRET]],
    ['what every object has', 'constructor'],
    ['what every object has', '__proto__'],
    ['a megabyte', 'x'.repeat(1 << 20)],
    ['half a character', '\ud83d'],
    ['a part of the secret', SECRET.slice(0, -1)],
    ['the secret and more', `${SECRET} `],
    ['the secret in capitals', SECRET.toUpperCase()],
  ])('are not %s', (_, shown) => {
    expect(rights(shown)).toBeUndefined();
  });

  it('that nobody has been given let nobody watch only', () => {
    const secrets = new Secrets({ secret: SECRET, viewSecret: undefined, code: false });
    for (const shown of [undefined, 'undefined', '']) expect(secrets.rightsOf(shown)).toBeUndefined();
  });

  it('differ from each other', () => {
    const same = { secret: SECRET, viewSecret: SECRET, code: false };
    expect(() => new Secrets(same)).toThrow("EDITOR_VIEW_SECRET must differ from the editor's secret");
    const alike = { secret: SECRET, viewSecret: undefined, settingsSecret: SECRET, code: false };
    expect(() => new Secrets(alike)).toThrow("EDITOR_SETTINGS_SECRET must differ from the editor's secret");
  });
});

describe('what is kept', () => {
  let data: ReturnType<typeof folder>;
  beforeEach(() => {
    data = folder();
  });
  afterEach(() => data.remove());
  const mode = (file: string) => statSync(join(data.path, file)).mode & 0o777;

  it('is made once, for the owner only', () => {
    const secret = loadOrCreateSecret(data.path);
    const id = loadOrCreateId(data.path);
    expect(Buffer.from(secret, 'base64url').length).toBeGreaterThanOrEqual(16);
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect([loadOrCreateSecret(data.path), loadOrCreateId(data.path)]).toEqual([secret, id]);
    expect([mode('editor-secret'), mode('runtime-id')]).toEqual([0o600, 0o600]);
    expect(readdirSync(data.path).toSorted()).toEqual(['editor-secret', 'runtime-id']);
    expect(readFileSync(join(data.path, 'editor-secret'), 'utf8')).toBe(`${secret}\n`);
  });

  it('differs from server to server', () => {
    const other = join(data.path, 'other');
    mkdirSync(other);
    expect(loadOrCreateSecret(other)).not.toBe(loadOrCreateSecret(data.path));
  });

  it('is taken from others who could read it', () => {
    const file = join(data.path, 'editor-secret');
    writeFileSync(file, 'chosen by hand');
    chmodSync(file, 0o644);
    expect(loadOrCreateSecret(data.path)).toBe('chosen by hand');
    expect(mode('editor-secret')).toBe(0o600);
  });

  it.each([
    ['', /editor-secret holds no good secret: one has 8 characters or more; delete the file and one is made$/],
    ['\n', /editor-secret holds no good secret/],
    ['short', /editor-secret holds no good secret/],
    ['two lines\nof text', /editor-secret holds no good secret: one has no control characters/],
  ])('is refused where it is no good, without being told: %j', (text, sentence) => {
    writeFileSync(join(data.path, 'editor-secret'), text);
    expect(() => loadOrCreateSecret(data.path)).toThrow(sentence);
    if (text.trim()) expect(() => loadOrCreateSecret(data.path)).not.toThrow(new RegExp(text.trim()));
  });

  it('is refused where it is no UUID, or no file', () => {
    writeFileSync(join(data.path, 'runtime-id'), 'x');
    expect(() => loadOrCreateId(data.path)).toThrow(/runtime-id holds no UUID v4; delete the file and one is made$/);
    mkdirSync(join(data.path, 'editor-secret'));
    expect(() => loadOrCreateSecret(data.path)).toThrow(
      /editor-secret can't be kept: .*; mend it, or choose another folder/,
    );
    expect(() => loadOrCreateSecret(join(data.path, 'nowhere'))).toThrow(/nowhere\/editor-secret can't be kept/);
  });
});

describe('a secret that is shown', () => {
  it('counts at either place, and is kept by the connection', async () => {
    const { enter } = await building();
    for (const message of [
      { ...STATUS, secret: SECRET },
      { ...STATUS, payload: { ...STATUS.payload, secret: SECRET } },
      { ...STATUS, secret: 'wrong one', payload: { ...STATUS.payload, secret: SECRET } },
    ]) {
      const editor = await enter();
      expect((await editor.ask(message)).command).toBe('status');
      expect(await editor.show(undefined)).toEqual(EDIT);
    }
  });

  it('may bring more rights later, and never fewer', async () => {
    const { enter } = await building();
    const editor = await enter();
    expect(await editor.show(VIEW_SECRET)).toEqual(WATCH);
    expect(await editor.show('wrong one')).toEqual(WATCH);
    expect(await editor.show(SECRET)).toEqual(EDIT);
    expect(await editor.show(VIEW_SECRET)).toEqual(EDIT);
    expect(await editor.show('wrong one')).toEqual(EDIT);
  });

  it('is one for this connection only', async () => {
    const { enter } = await building();
    await enter(SECRET);
    expect(await (await enter()).show(undefined)).toEqual([]);
  });

  it.each([7, null, {}, [], true, 'constructor', 'x'.repeat(500_000)])(
    'and is wrong brings nothing, and still an answer: %.20j',
    async secret => {
      const { enter } = await building();
      const editor = await enter();
      expect(await editor.show(secret)).toEqual([]);
      expect((await editor.ask({ ...STATUS, payload: { secret } })).command).toBe('error');
    },
  );

  it('never comes back, nor is it told to anybody', async () => {
    const { enter, endpoint: door, deeds, failures } = await building();
    const editor = await enter();
    const payload = { graph: 'chat/chat', id: 'a', component: 'core/Drop', secret: SECRET };
    const messages = [
      { protocol: 'graph', command: 'addnode', payload },
      { protocol: 'runtime', command: 'packet', payload },
      { protocol: 'network', command: 'break', payload },
      { protocol: 'network', command: 'refuse', payload },
      { protocol: 'network', command: 'circle', payload },
      { protocol: 'nothing', command: 'addnode', payload },
      { protocol: 'graph', command: 'nothing', payload },
      { protocol: 'flowchat', command: 'publish', payload },
    ];
    for (const message of messages) await editor.ask({ ...message, secret: SECRET });
    await editor.ask(`{"secret": "${SECRET}", oops`);
    await editor.ask(JSON.stringify(SECRET));
    await editor.ask([SECRET]);
    expect(editor.frames).toHaveLength(messages.length + 3);
    expect(deeds.length).toBeGreaterThan(3);
    const told = [editor.frames, deeds, failures.map(({ stack }) => stack), [...door.clients]];
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });
});

describe('wrong secrets', () => {
  it('cost waiting after five within a minute, ever more up to some seconds', () => {
    let now = 0;
    const guesses = new Guesses(4000, () => now);
    const waits = Array.from({ length: 13 }, () => {
      const wait = guesses.wait('a');
      guesses.wrong('a');
      return wait;
    });
    expect(waits).toEqual([0, 0, 0, 0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000, 4000]);
    expect(guesses.wait('b')).toBe(0);
    now += 60_001;
    expect(guesses.wait('a')).toBe(0);
  });

  it('of many addresses cost all of them waiting, and memory has an end', () => {
    const guesses = new Guesses(4000, () => 0);
    for (let i = 0; i < 100; i += 1) guesses.wrong(`address ${i}`);
    expect(guesses.wait('another')).toBe(250);
    for (let i = 0; i < 20_000; i += 1) guesses.wrong(`address ${i}`);
    expect(guesses.size).toBe(10_000);
    expect(guesses.wait('another')).toBe(4000);
  });

  it('hold up who guesses and who comes from the same place, and not who is in', async () => {
    const { enter } = await building({ limits: { longestWait: 600_000 } });
    const inside = await enter(VIEW_SECRET);
    const guesser = await enter();
    // The twelfth would wait for minutes.
    for (let i = 0; i < 5; i += 1) expect(await guesser.show(`wrong ${i}`)).toEqual([]);
    const started = performance.now();
    expect(await guesser.show('wrong 6')).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(240);
    for (let i = 0; i < 10; i += 1) guesser.say({ ...STATUS, secret: `wrong ${i}` });
    expect((await inside.ask({ ...STATUS, secret: VIEW_SECRET })).command).toBe('status');
    expect((await inside.ask(STATUS)).command).toBe('status');
    expect(guesser.frames).toHaveLength(6);
  });

  it('end the connection after twenty', async () => {
    const { enter } = await building({ limits: { longestWait: 1 } });
    const editor = await enter();
    for (let i = 0; i < 19; i += 1) expect(await editor.show(`wrong ${i}`)).toEqual([]);
    editor.say({ ...STATUS, secret: 'wrong 20' });
    expect(await editor.closed).toEqual({ code: 1008, reason: 'too many wrong secrets; come back with a good one' });
  });

  it('are none where none is shown', async () => {
    const { enter } = await building({ limits: { wrongSecrets: 1 } });
    const editor = await enter();
    for (const secret of [undefined, null, '']) {
      for (let i = 0; i < 3; i += 1) expect(await editor.show(secret)).toEqual([]);
    }
  });
});
