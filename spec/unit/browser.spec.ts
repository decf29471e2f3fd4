import { describe, expect, it } from '@jest/globals';
import { find, provide } from '../support/browser.ts';
import type { Machine } from '../support/machine.ts';

/** A machine with these files, on which apt-get makes one of each of its packages, or fails. */
function machine(
  given: {
    env?: Record<string, string>;
    root?: boolean;
    files?: string[];
    makes?: Record<string, string>;
    fails?: string;
  } = {},
) {
  const files = new Set(given.files);
  const commands: string[] = [];
  const said: string[] = [];
  const here: Machine = {
    env: given.env ?? { PATH: '/bin' },
    root: given.root ?? true,
    runs: file => files.has(file),
    command(name, ...args) {
      commands.push([name, ...args].join(' '));
      const made = args[0] === 'install' && given.makes?.[args.at(-1)!];
      if (made) files.add(made);
      return given.fails;
    },
  };
  return { here, commands, said, provide: () => provide(here, line => said.push(line)) };
}

describe('the browser of the tests', () => {
  it.each(['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/opt/google/chrome/chrome'])(
    'is found at %s, and nothing is installed',
    file => {
      const { provide, commands, said } = machine({ files: [file, '/usr/bin/apt-get'] });
      expect(provide()).toBe(file);
      expect([...commands, ...said]).toEqual([]);
    },
  );

  it('is found on the PATH, and first where CHROMIUM says', () => {
    const files = ['/usr/bin/chromium', '/my/bin/chromium', '/my/own'];
    expect(find(machine({ files, env: { PATH: '/no:/my/bin' } }).here)).toBe('/my/bin/chromium');
    expect(find(machine({ files, env: { PATH: '/my/bin', CHROMIUM: '/my/own' } }).here)).toBe('/my/own');
  });

  it('is the one without windows where there are both', () => {
    const files = ['/my/bin/chromium', '/usr/bin/chromium-headless-shell'];
    expect(find(machine({ files, env: { PATH: '/my/bin' } }).here)).toBe('/usr/bin/chromium-headless-shell');
  });

  it('is asked for with a sentence where CHROMIUM names nothing that runs', () => {
    const { provide, commands } = machine({ files: ['/usr/bin/chromium'], env: { CHROMIUM: '/my/own' } });
    expect(provide).toThrow("CHROMIUM is /my/own, and that can't be run; give the path of Chromium, or leave it out");
    expect(commands).toEqual([]);
  });

  it('is installed where there is none', () => {
    const shell = '/usr/bin/chromium-headless-shell';
    const makes = { 'chromium-headless-shell': shell };
    const { provide, commands, said } = machine({ files: ['/usr/bin/apt-get'], makes });
    expect(provide()).toBe(shell);
    expect(commands).toEqual([
      '/usr/bin/apt-get update',
      '/usr/bin/apt-get install -y --no-install-recommends chromium-headless-shell',
    ]);
    expect(said).toEqual(['Chromium is not here; installing it for the tests with apt-get']);
  });

  it('is installed with windows where there is none without', () => {
    const { provide, commands } = machine({ files: ['/usr/bin/apt-get'], makes: { chromium: '/usr/bin/chromium' } });
    expect(provide()).toBe('/usr/bin/chromium');
    expect(commands.slice(1)).toEqual([
      '/usr/bin/apt-get install -y --no-install-recommends chromium-headless-shell',
      '/usr/bin/apt-get install -y --no-install-recommends chromium',
    ]);
  });

  it.each([
    ['who runs them is not root', { root: false, files: ['/usr/bin/apt-get'] }, /only root can install it/],
    ['there is no apt-get', {}, /nor is apt-get to install it/],
    ['apt-get fails', { files: ['/usr/bin/apt-get'], fails: 'no network' }, /apt-get could not install it: no network/],
  ])('is asked for with a sentence that names the cure where %s', (_, given, says) => {
    const { provide } = machine(given);
    expect(provide).toThrow(says);
    expect(provide).toThrow(/; install it \("apt-get install chromium" on Debian\), or say with CHROMIUM where it is$/);
  });
});
