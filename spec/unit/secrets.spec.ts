import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { secretName, secretNamed, setSecrets } from '../../src/behaviour/secrets.ts';
import { readSettings } from '../../src/settings.ts';

const data = mkdtempSync(join(tmpdir(), 'secrets-'));
const file = (name: string) => join(data, 'secrets', name);

beforeAll(() => {
  mkdirSync(join(data, 'secrets'));
  writeFileSync(file('hook'), 'from the file\n');
  chmodSync(file('hook'), 0o644);
  writeFileSync(file('empty'), '\n');
  writeFileSync(file('lines'), 'a\nb\n');
  writeFileSync(file('long'), 'x'.repeat(10_000));
  mkdirSync(file('folder'));
  execFileSync('mkfifo', [file('pipe')]);
});
afterAll(() => rmSync(data, { recursive: true }));

describe('a secret', () => {
  it('is told apart from its name by its form alone, before a server says where secrets are', () => {
    expect(secretName('SECRET', 'github-hook')).toBe('github-hook');
    expect(() => secretNamed('SECRET', 'github-hook')).toThrow('only a server knows secrets');
  });

  it('is in a file, which is made private, or in a variable, which wins', () => {
    setSecrets(data, readSettings({ SECRET_GITHUB_HOOK: 'from the variable', SECRET_NONE: '' }, []).graphSecrets);
    expect(secretNamed('SECRET', 'hook')).toBe('from the file');
    expect(statSync(file('hook')).mode & 0o777).toBe(0o600);
    expect(secretNamed('SECRET', 'github-hook')).toBe('from the variable');
    writeFileSync(file('github-hook'), 'from the file');
    expect(secretNamed('SECRET', 'github-hook')).toBe('from the variable');
  });

  it.each([
    ['none', 'there is no secret none; write it into'],
    ['constructor', 'there is no secret constructor; write it into'],
    ['empty', 'is empty'],
    ['lines', 'is more than one line'],
    ['long', "can't be read"],
    ['folder', "can't be read: EISDIR"],
    ['pipe', "can't be read: it is a pipe"],
  ])('that is not there or no good is told by its name: %s', (name, sentence) => {
    expect(() => secretName('SECRET', name)).toThrow(sentence);
  });

  it.each(['sk_live_51H8', 'ghp_A1b2C3', '', '../hook', 'a/b', 'A', 'x'.repeat(40), 'xoxb-1-2', 7, null, ['hook']])(
    'that stands in place of its name is not repeated: %j',
    value => {
      expect(() => secretName('SECRET', value)).toThrow(
        /^SECRET takes the name of a secret in small letters, such as github-hook, and never the secret itself$/,
      );
    },
  );
});
