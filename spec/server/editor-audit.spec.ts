import { chmodSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Audit, type AuditEntry, payloadExcerpt } from '../../src/editor/server/audit.ts';
import { building, SECRET, VIEW_SECRET } from '../support/endpoint.ts';
import { folder } from '../support/server.ts';

const DEED: AuditEntry = {
  by: 'editor',
  client: 7,
  from: 'hash',
  protocol: 'graph',
  command: 'addnode',
  payload: { graph: 'chat/chat', id: 'a', component: 'core/Drop' },
  outcome: 'ok',
};

let data: ReturnType<typeof folder>;
beforeEach(() => {
  data = folder();
});
afterEach(() => data.remove());

const file = (name = 'audit.log') => join(data.path, name);
const lines = (name?: string) =>
  readFileSync(file(name), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));

function audit(most?: number): { log: Audit; failures: string[] } {
  const failures: string[] = [];
  return { log: new Audit(data.path, ({ message }) => failures.push(message), most), failures };
}

describe('Audit', () => {
  it('keeps who did what when, and how it ended, for the owner only', () => {
    const { log } = audit();
    log.take(DEED);
    log.take({ ...DEED, outcome: 'refused', why: 'there is a node "a" already; take another name' });
    const { payload, ...told } = DEED;
    const kept = { ...told, what: JSON.stringify(payload), at: expect.stringMatching(/^\d{4}-.*Z$/) };
    expect(lines()).toEqual([
      kept,
      { ...kept, outcome: 'refused', why: 'there is a node "a" already; take another name' },
    ]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('goes on where it has ended, and takes it from others who could read it', () => {
    audit().log.take(DEED);
    chmodSync(file(), 0o644);
    audit().log.take(DEED);
    expect(lines()).toHaveLength(2);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('makes one line of a drag, and keeps its place among the others', () => {
    const { log } = audit();
    const drag = (id: string, metadata: object, client = 7): AuditEntry => ({
      ...DEED,
      client,
      command: 'changenode',
      payload: { graph: 'chat/chat', id, metadata },
    });
    for (let x = 0; x < 11; x += 1) log.take(drag(x < 6 ? 'a' : 'b', { x, y: 0, selected: false }));
    log.take(drag('c', { x: 1, y: 1 }, 8));
    log.take(drag('a', { label: 'A' }));
    log.take({ ...drag('a', { x: 1, y: 1 }), outcome: 'refused' });
    log.take(drag('d', { x: 1, y: 1 }));
    log.flush();
    expect(lines().map(({ client, what }) => [client, JSON.parse(what)])).toEqual([
      [7, { graph: 'chat/chat', moved: ['a', 'b'] }],
      [8, { graph: 'chat/chat', moved: ['c'] }],
      [7, { graph: 'chat/chat', id: 'a', metadata: { label: 'A' } }],
      [7, { graph: 'chat/chat', id: 'a', metadata: { x: 1, y: 1 } }],
      [7, { graph: 'chat/chat', moved: ['d'] }],
    ]);
  });

  it('has a line for each change of an edit that was done, and one for an edit that was refused', () => {
    const { log } = audit();
    const changes = [
      { command: 'addnode', payload: { id: 'a', component: 'core/Drop' } },
      { command: 'removenode', payload: { id: 'b' } },
    ];
    const edit = { ...DEED, protocol: 'flowchat', command: 'edit', payload: { changes } };
    log.take(edit);
    log.take({ ...edit, outcome: 'refused', why: 'there is no node b' });
    expect(
      lines().map(({ protocol, command, outcome, what }) => [protocol, command, outcome, JSON.parse(what)]),
    ).toEqual([
      ...changes.map(({ command, payload }) => ['graph', command, 'ok', payload]),
      ['flowchat', 'edit', 'refused', { changes }],
    ]);
  });

  it('begins anew when it is long, and keeps the one before', () => {
    const { log } = audit(500);
    for (let i = 0; i < 20; i += 1) log.take({ ...DEED, client: i });
    const [now, before] = [lines(), lines('audit.log.1')];
    expect([...before, ...now].map(({ client }) => client)).toEqual(
      Array.from({ length: before.length + now.length }, (_, i) => 20 - before.length - now.length + i),
    );
    expect(statSync(file('audit.log.1')).size).toBeLessThan(1000);
  });

  it('that cannot be written is told of once, until it can', () => {
    mkdirSync(file());
    const { log, failures } = audit();
    for (let i = 0; i < 3; i += 1) log.take(DEED);
    expect(failures).toEqual([expect.stringMatching(/audit\.log can't be written: EISDIR/)]);
    rmdirSync(file());
    writeFileSync(file(), '{"half":"a li');
    log.take(DEED);
    expect(JSON.parse(readFileSync(file(), 'utf8').split('\n')[1] ?? '')).toMatchObject({ client: 7 });
    expect(failures).toHaveLength(1);
  });

  it('cuts what is long and tells no secret', () => {
    const payload = {
      code: 'x'.repeat(100_000),
      apiKey: 'hush',
      settings: { PASSWORD: 'hush', token: { a: 'hush' }, Cookie: 'hush', private_key: 'hush' },
      edges: Array.from({ length: 100 }, (_, i) => i),
      ...Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key ${i}`, i])),
    };
    const text = payloadExcerpt(payload);
    expect(text.length).toBeLessThan(1100);
    expect(text).not.toContain('hush');
    expect(text).toContain('xxx… (100000 characters)');
    expect(text).toContain('… (100 in all)');
  });
});

describe('a session', () => {
  it('has each change taken down that its secret allows, and no looking', async () => {
    const { enter, deeds } = await building();
    const say = (protocol: string, command: string, payload = {}) => ({ protocol, command, payload });
    const messages = [
      say('graph', 'addnode', { id: 'a' }),
      say('network', 'getstatus'),
      say('component', 'list'),
      say('network', 'refuse'),
      say('network', 'break'),
      say('runtime', 'packet', { port: 'in' }),
      say('component', 'source'),
      say('flowchat', 'open'),
      say('flowchat', 'open', { hold: true }),
      say('flowchat', 'publish'),
    ];
    for (const secret of [SECRET, VIEW_SECRET, '']) {
      const editor = await enter(secret);
      for (const message of messages) editor.say(message);
      // One command has three replies.
      const expected = secret ? messages.length + 2 : messages.length;
      for (let i = 0; i < expected; i += 1) await editor.next();
    }
    expect(
      deeds.map(({ by, protocol, command, outcome, why }) => [by, `${protocol}:${command}`, outcome, why]),
    ).toEqual([
      ['editor', 'graph:addnode', 'ok', undefined],
      ['editor', 'network:refuse', 'refused', 'there is no such graph; open another'],
      ['editor', 'network:break', 'failed', 'it broke'],
      ['editor', 'runtime:packet', 'ok', undefined],
      ['editor', 'flowchat:open', 'ok', undefined],
      ['editor', 'flowchat:publish', 'refused', 'the graph has a fault'],
      ['viewer', 'flowchat:open', 'ok', undefined],
    ]);
    expect(deeds[0]).toMatchObject({ from: 'from', client: expect.any(Number), payload: { id: 'a' } });
  });
});
