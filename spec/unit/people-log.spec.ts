import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { auditText } from '../../public/people/model/audit.ts';
import { type AuditQuery, noteOrdered, PeopleLog } from '../../src/accounts/audit.ts';
import type { PeopleAuditEntry } from '../../src/model/directory.ts';

let data: string;
let log: PeopleLog;
const told: string[] = [];
const file = () => join(data, 'people.log');

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'flowchat-people-'));
  log = new PeopleLog(data, sentence => told.push(sentence));
});
afterEach(async () => {
  await log.close();
  rmSync(data, { recursive: true });
  expect(told.splice(0)).toEqual([]);
});

const details = async (query: Partial<AuditQuery> = {}) => {
  const { audit, next } = await log.page({ limit: 50, ...query });
  return [audit.map(deed => (deed as { detail?: string }).detail).join(' '), next] as const;
};

describe('the record of what was done about people', () => {
  it('is empty at first', async () => {
    expect(await log.page({ limit: 9 })).toEqual({ audit: [] });
  });

  it('is read in parts, the newest first, each deed once, however long its lines', async () => {
    const texts = Array.from({ length: 300 }, (_, i) => `${i}`);
    for (const detail of texts) log.note({ what: 'ban', by: 'mo', from: 'ü'.repeat(Number(detail) * 3), detail });
    const seen: string[] = [];
    let before: number | undefined;
    do {
      const [part, next] = await details({ limit: 70, before });
      seen.push(...part.split(' '));
      before = next;
    } while (before !== undefined);
    expect(seen).toEqual(texts.toReversed());
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('is asked for one kind of deed, and for one person', async () => {
    log.note({ what: 'ban', by: 'mo', on: 'ann', detail: '1' });
    log.note({ what: 'role', by: 'ann', on: 'bob', detail: '2' });
    log.note({ what: 'ban', by: 'mo', on: 'bob', detail: '3' });
    expect(await details({ what: 'ban' })).toEqual(['3 1', undefined]);
    expect(await details({ person: 'ann' })).toEqual(['2 1', undefined]);
    expect(await details({ person: 'bob', what: 'ban', limit: 1 })).toEqual(['3', undefined]);
  });

  it('has what a command has done beside the server, where there are people', async () => {
    await noteOrdered(data, 'export');
    expect(existsSync(file())).toBe(false);
    log.note({ what: 'ban', detail: '1' });
    await details();
    await noteOrdered(data, 'export');
    expect((await log.page({ limit: 1 })).audit).toEqual([{ at: expect.any(String), what: 'export', by: 'operator' }]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('passes over a line that was spoilt', async () => {
    log.note({ what: 'ban', detail: '1' });
    await details();
    appendFileSync(file(), '{"what":"b\n');
    log.note({ what: 'ban', detail: '2' });
    expect(await details()).toEqual(['2 1', undefined]);
  });

  it('forgets what is older than a year', async () => {
    const line = (at: string) => `${JSON.stringify({ at, what: 'ban' })}\n`;
    writeFileSync(file(), line('2026-01-01T00:00:00.000Z') + line('2026-06-01T00:00:00.000Z'));
    log.prune(Date.parse('2027-03-01T00:00:00Z'));
    log.note({ what: 'role' });
    await details();
    expect(readFileSync(file(), 'utf8')).toMatch(/^\{"at":"2026-06-01[^\n]*\n\{[^\n]*"what":"role"\}\n$/);
  });
});

describe('what the page says of it', () => {
  const names = new Map([['ann', 'Ann']]);

  it.each<[PeopleAuditEntry, string]>([
    [{ what: 'reset link', by: 'operator', on: 'ann' }, 'The operator made a password reset link for Ann'],
    [{ what: 'reset', by: 'ann' }, 'Ann came back by a link'],
    [
      { what: 'role', by: 'operator', on: 'ann', detail: '{"role":"owner"}' },
      'The operator gave another role to Ann (owner)',
    ],
    [{ what: 'ban', by: 'gone', on: 'gone too', detail: '{"why":"spam"}' }, 'Somebody banned somebody (spam)'],
    [{ what: 'sign-in failed', on: 'ann' }, 'Somebody failed to sign in as Ann'],
    [{ what: 'sign-in failed', on: 'a hash' }, 'Somebody failed to sign in'],
    [{ what: 'invite taken back', by: 'ann', on: 'a hash' }, 'Ann took an invitation back'],
    [{ what: 'unheard of' as 'ban', by: 'ann' }, 'Ann unheard of'],
  ])('names who, what and whom: %j', (entry, sentence) => {
    expect(auditText(entry, names)).toBe(sentence);
  });
});
