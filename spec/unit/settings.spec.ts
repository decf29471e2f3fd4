import { describe, expect, it } from '@jest/globals';
import { isLoopback, readSettings, type Settings } from '../../src/settings.ts';

const DEFAULT = {
  port: 9090,
  host: '127.0.0.1',
  graph: 'graphs/chat.fbp',
  data: 'data',
  basePath: '',
  corsOrigins: [],
  trustProxy: false,
  allowedHosts: [],
  accounts: false,
  origin: undefined,
  metricsAt: 'here',
  timing: true,
  deadline: 10_000,
  limit: 1024,
  watchdog: 10_000,
  connections: 10_000,
  connectionsPerAddress: 2000,
  outbound: [],
  graphSecrets: {},
  logLevel: 'info',
  editor: true,
  editorSecret: undefined,
  editorViewSecret: undefined,
  editorSettingsSecret: undefined,
  editorCode: false,
  editorComponents: [],
  editorOrigins: [],
  editorUi: 'https://app.flowhub.io',
  editorSave: false,
} satisfies Partial<Settings>;

/** A setting: its variable, flag and key, then pairs of a text and the value read from it. */
type Case = [name: string, flag: string, key: keyof typeof DEFAULT, ...values: (readonly [string, unknown])[]];

const CASES: readonly Case[] = [
  ['PORT', '--port', 'port', ['8080', 8080], ['0', 0], ['65535', 65535]],
  [
    'HOST',
    '--host',
    'host',
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['chat.example', 'chat.example'],
    ['[::]', '::'],
    ['FE80::1%eth0', 'fe80::1%eth0'],
  ],
  ['GRAPH', '--graph', 'graph', ['graphs/gochat.fbp', 'graphs/gochat.fbp'], ['/a b/c.json', '/a b/c.json']],
  ['DATA', '--data', 'data', ['/var/lib/flowchat', '/var/lib/flowchat'], ['.', '.']],
  ['BASE_PATH', '--base-path', 'basePath', ['/gochat', '/gochat'], ['/a/b.c/~d-e/', '/a/b.c/~d-e'], ['/', '']],
  [
    'CORS_ORIGINS',
    '--cors-origins',
    'corsOrigins',
    ['https://a.example', ['https://a.example']],
    ['https://a.example, http://b.example:8080', ['https://a.example', 'http://b.example:8080']],
    ['*', ['*']],
    ['none', []],
  ],
  ['TRUST_PROXY', '--trust-proxy', 'trustProxy', ['on', true], ['off', false]],
  ['TIMING', '--timing', 'timing', ['off', false], ['on', true]],
  ['DEADLINE', '--deadline', 'deadline', ['2', 2000], ['0.5', 500], ['3600', 3_600_000]],
  ['LIMIT', '--limit', 'limit', ['1', 1], ['1000000', 1_000_000]],
  ['WATCHDOG', '--watchdog', 'watchdog', ['0', 0], ['1', 1000], ['3600', 3_600_000]],
  ['CONNECTIONS', '--connections', 'connections', ['1', 1], ['1000000', 1_000_000]],
  ['CONNECTIONS_PER_ADDRESS', '--connections-per-address', 'connectionsPerAddress', ['50', 50], ['1', 1]],
  [
    'METRICS',
    '--metrics',
    'metricsAt',
    ['off', 'nowhere'],
    ['on', 'here'],
    ['9091', { host: '127.0.0.1', port: 9091 }],
    ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
    ['[::1]:9091', { host: '::1', port: 9091 }],
    ['metrics.example:80', { host: 'metrics.example', port: 80 }],
  ],
  ['ACCOUNTS', '--accounts', 'accounts', ['on', true], ['off', false]],
  ['ORIGIN', '--origin', 'origin', ['https://chat.example.org', 'https://chat.example.org']],
  [
    'ALLOWED_HOSTS',
    '--allowed-hosts',
    'allowedHosts',
    ['Chat.Example', ['chat.example']],
    ['a.example, *.b.example  192.0.2.7', ['a.example', '*.b.example', '192.0.2.7']],
    ['bücher.example', ['xn--bcher-kva.example']],
    ['*', ['*']],
    ['none', []],
  ],
  [
    'OUTBOUND',
    '--outbound',
    'outbound',
    ['Hooks.Local,10.0.0.0/8', ['hooks.local', '10.0.0.0/8']],
    ['127.0.0.1 ::1 fd00::/8', ['127.0.0.1', '::1', 'fd00::/8']],
    ['none', []],
  ],
  ['LOG_LEVEL', '--log-level', 'logLevel', ['debug', 'debug'], ['silent', 'silent'], ['error', 'error']],
  ['FLOW_EDITOR', '--flow-editor', 'editor', ['off', false], ['on', true]],
  ['EDITOR_SECRET', '--editor-secret', 'editorSecret', ['12345678', '12345678'], ['a b"c\\é…😀', 'a b"c\\é…😀']],
  [
    'EDITOR_VIEW_SECRET',
    '--editor-view-secret',
    'editorViewSecret',
    ['12345678', '12345678'],
    ['undefined', 'undefined'],
  ],
  ['EDITOR_SETTINGS_SECRET', '--editor-settings-secret', 'editorSettingsSecret', ['12345678', '12345678']],
  ['EDITOR_CODE', '--editor-code', 'editorCode', ['on', true], ['off', false]],
  [
    'EDITOR_COMPONENTS',
    '--editor-components',
    'editorComponents',
    ['objects/Extend', ['objects/Extend']],
    ['objects/Extend, strings', ['objects/Extend', 'strings']],
    ['none', []],
  ],
  [
    'EDITOR_ORIGINS',
    '--editor-origins',
    'editorOrigins',
    ['https://a.example', ['https://a.example']],
    ['https://a.example, http://b.example:8080', ['https://a.example', 'http://b.example:8080']],
    ['none', []],
  ],
  [
    'EDITOR_UI',
    '--editor-ui',
    'editorUi',
    ['http://localhost:3000', 'http://localhost:3000'],
    ['https://ui.example/noflo/', 'https://ui.example/noflo'],
  ],
  ['EDITOR_SAVE', '--editor-save', 'editorSave', ['on', true], ['off', false]],
];

describe('settings', () => {
  it('have defaults', () => {
    expect(readSettings({}, [])).toMatchObject(DEFAULT);
  });

  it('are read from the environment, where other names mean nothing', () => {
    const others = { PATH: '/bin', port: '1', GRAPHS: 'x', constructor: 'x', LIMITS: 'x' };
    const expected = { ...readSettings({}, []), port: 8080, trustProxy: true };
    expect(readSettings({ ...others, PORT: '8080', TRUST_PROXY: 'on' }, [])).toEqual(expected);
  });

  const rows = CASES.flatMap(([name, flag, key, ...values]) =>
    values.map(value => [name, flag, key, ...value] as const),
  );

  it.each(rows)('are read from %s and from %s', (name, flag, key, text, value) => {
    const timing = name === 'HOST' ? { timing: text === '::1' } : {};
    const hosts = name === 'ACCOUNTS' && { onlyAllowedHosts: value };
    const expected = { ...readSettings({}, []), ...timing, ...hosts, [key]: value };
    expect(readSettings({ [name]: text }, [])).toEqual(expected);
    expect(readSettings({}, [flag, text])).toEqual(expected);
    expect(readSettings({}, [`${flag}=${text}`])).toEqual(expected);
  });

  it.each(CASES)(
    'take %s from the environment only where there is no flag %s',
    (name, flag, key, [text, value], ...more) => {
      const [other] = more[0] ?? [String(DEFAULT[key])];
      expect(readSettings({ [name]: other }, [flag, text])[key]).toEqual(value);
      expect(readSettings({ [name]: '?' }, [flag, text])[key]).toEqual(value);
    },
  );

  it.each(CASES)('have their default where %s is set to nothing', name => {
    expect(readSettings({ [name]: '' }, [])).toEqual(readSettings({}, []));
  });

  it('answer to ORIGIN where people have accounts, and to ALLOWED_HOSTS besides', () => {
    const given = { ACCOUNTS: 'on', ORIGIN: 'https://chat.example', ALLOWED_HOSTS: 'other.example' };
    expect(readSettings(given, [])).toMatchObject({
      allowedHosts: ['chat.example', 'other.example'],
      onlyAllowedHosts: true,
    });
    expect(readSettings({ ORIGIN: 'https://chat.example' }, [])).toMatchObject({ onlyAllowedHosts: false });
    expect(readSettings({ ACCOUNTS: 'on' }, [])).toMatchObject({ allowedHosts: [], onlyAllowedHosts: true });
  });

  it('say what is missing for another server at which people sign in', () => {
    const all = {
      ACCOUNTS: 'on',
      ORIGIN: 'https://chat.example',
      OIDC_ISSUER: 'https://id.example',
      OIDC_CLIENT_ID: 'chat',
    };
    expect(readSettings({ ...all, OIDC_RULES: 'email *@x.example: member\ngroups a: moderator' }, []).provider).toEqual(
      {
        issuer: 'https://id.example',
        clientId: 'chat',
        label: 'Sign in with id.example',
        scopes: ['openid', 'profile', 'email'],
        rules: [
          { claim: 'email', pattern: '*@x.example', role: 'member' },
          { claim: 'groups', pattern: 'a', role: 'moderator' },
        ],
      },
    );
    for (const [wrong, sentence] of [
      [{ ACCOUNTS: 'off' }, 'OIDC_ISSUER is set, but ACCOUNTS is off'],
      [{ ORIGIN: '' }, 'ORIGIN must say how people reach the server'],
      [{ OIDC_CLIENT_ID: '' }, 'OIDC_CLIENT_ID must be'],
      [{ OIDC_ISSUER: '' }, 'OIDC_CLIENT_ID is set, but OIDC_ISSUER does not say'],
      [{ OIDC_ISSUER: 'http://id.example' }, 'OIDC_ISSUER must be a URL that begins with https://'],
      [{ OIDC_CLIENT_SECRET: 'x', OIDC_CLIENT_SECRET_FILE: 'y' }, 'are both set; keep one'],
      [{ OIDC_RULES: 'email *@x.example: owner' }, 'OIDC_RULES must be rules such as'],
      [{ OIDC_RULES: 'email *@*.example: member' }, 'OIDC_RULES must be rules such as'],
      [{ JWKS_URL: 'https://x.example/keys' }, 'JWKS_URL, ISSUER and AUDIENCE go together'],
      [{ JWKS_URL: 'http://x.example/keys', ISSUER: 'x', AUDIENCE: 'y' }, 'JWKS_URL must be a URL'],
    ] as const)
      expect(() => readSettings({ ...all, ...wrong }, [])).toThrow(sentence);
    expect(readSettings({ ISSUER: 'of somebody else', AUDIENCE: 'x' }, []).embed).toBeUndefined();
  });

  it('take the last of two flags', () => {
    expect(readSettings({}, ['--port', '1', '--port', '2']).port).toBe(2);
  });

  it('tell the time at each node by default where only this machine can ask', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1', 'chat.localhost']) {
      expect([isLoopback(host), readSettings({ HOST: host }, []).timing]).toEqual([true, true]);
    }
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'chat.example', 'localhost.example', '127.0.0.1.example']) {
      expect([isLoopback(host), readSettings({ HOST: host }, []).timing]).toEqual([false, false]);
    }
    // However it is written.
    for (const HOST of [
      ...['[::1]', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '[::FFFF:7f00:1]', 'LOCALHOST', 'localhost.', ' 127.0.0.1 '],
      ...['127.1', '0x7f.1', '2130706433'],
    ])
      expect([HOST, isLoopback(readSettings({ HOST }, []).host)]).toEqual([HOST, true]);
    expect(readSettings({ HOST: '0.0.0.0', TIMING: 'on' }, []).timing).toBe(true);
    expect(readSettings({ TIMING: 'off' }, []).timing).toBe(false);
  });
});

describe('EDITOR', () => {
  it.each(['on', 'off'])('is FLOW_EDITOR by its old name where it is %s, with a warning', EDITOR => {
    const given = readSettings({ EDITOR }, []);
    expect(given.editor).toBe(EDITOR === 'on');
    expect(given.warnings).toEqual([expect.stringContaining('EDITOR is called FLOW_EDITOR now')]);
    expect(readSettings({ EDITOR }, ['--flow-editor', 'on']).editor).toBe(true);
    expect(readSettings({}, ['--editor', EDITOR])).toEqual(given);
    expect(() => readSettings({}, ['--editor', 'vi'])).toThrow('FLOW_EDITOR must be on or off, not "vi"');
  });

  it.each(['on', 'off'])('says nothing beside FLOW_EDITOR: %s', FLOW_EDITOR => {
    for (const EDITOR of ['on', 'off', 'vi'])
      expect(readSettings({ EDITOR, FLOW_EDITOR }, [])).toEqual(readSettings({ FLOW_EDITOR }, []));
  });

  // npm sets it to "vi" for whatever it runs.
  it.each(['vi', 'code --wait', '/usr/bin/vim.basic', 'true', 'false', '0', 'Off', 'of', ' off', ''])(
    'says nothing where it is anything else: %j',
    EDITOR => {
      expect(readSettings({ EDITOR }, [])).toEqual(readSettings({}, []));
    },
  );
});

describe('a secret', () => {
  it.each([
    ['EDITOR_SECRET', '1234567', '8 characters or more'],
    ['EDITOR_VIEW_SECRET', ' ', '8 characters or more'],
    ['EDITOR_SECRET', 'sesame'.repeat(200), '1024 characters or fewer'],
    ['EDITOR_SECRET', 'sesame and more\n', 'no control characters, such as tabs or ends of lines'],
    ['EDITOR_VIEW_SECRET', 'sesame\tand more', 'no control characters, such as tabs or ends of lines'],
    ['EDITOR_SECRET', 'sesame and \u0085', 'no control characters, such as tabs or ends of lines'],
  ])('is refused where it is no good, without being told: %s=%j', (name, value, expected) => {
    const sentence = new Error(`${name} must have ${expected}`);
    expect(() => readSettings({ [name]: value }, [])).toThrow(sentence);
    expect(() => readSettings({}, [`--${name.toLowerCase().replaceAll('_', '-')}=${value}`])).toThrow(sentence);
  });

  it('is a mistake as an empty flag', () => {
    const sentence = new Error('EDITOR_SECRET must have 8 characters or more');
    expect(() => readSettings({ EDITOR_SECRET: 'good enough' }, ['--editor-secret='])).toThrow(sentence);
  });

  it('for watching differs from the one for editing', () => {
    const both = { EDITOR_SECRET: 'open sesame', EDITOR_VIEW_SECRET: 'open sesame' };
    expect(() => readSettings(both, [])).toThrow(/^EDITOR_VIEW_SECRET must differ from EDITOR_SECRET; [^=]*$/);
    const third = { EDITOR_VIEW_SECRET: 'open sesame', EDITOR_SETTINGS_SECRET: 'open sesame' };
    expect(() => readSettings(third, [])).toThrow(/^EDITOR_SETTINGS_SECRET must differ from the other secrets; [^=]*$/);
    expect(() => readSettings(both, [])).not.toThrow(/sesame/);
  });
});

describe('a wrong setting', () => {
  const WRONG: readonly (readonly [name: string, expected: string, ...values: string[]])[] = [
    ['PORT', 'a whole number from 0 to 65535', '-1', '65536', '80.5', 'http', '9090x', ' ', 'NaN'],
    [
      'HOST',
      'a name or an address',
      ...['http://127.0.0.1', '127.0.0.1:9090', '[::1]:9090', 'localhost/', '*', 'a b', '[', '::1::'],
    ],
    [
      'ALLOWED_HOSTS',
      'none, * or names such as chat.example.org, without scheme and port and with commas between',
      ...['https://chat.example', 'chat.example:9090', 'chat.example/', '*.', 'a.*.example', '**', 'a@b.example'],
    ],
    ['METRICS', 'on, off, or an address such as 127.0.0.1:9091', 'yes', '70000', ':9091', 'a b:9091', '::1', '9091x'],
    ['CONNECTIONS', 'a whole number from 1 to 1000000', '0', '1000001', 'many'],
    ['CONNECTIONS_PER_ADDRESS', 'a whole number from 1 to 1000000', '0', '1000001', 'many'],
    ['BASE_PATH', 'a path such as /chat', 'chat', 'https://a.example/', '/a b', '/a//b', '/a?b', '/%41', '/ü'],
    [
      'CORS_ORIGINS',
      'none, *, or origins such as https://example.org with commas between',
      ...['example.org', 'https://example.org/', 'https://example.org/chat', 'HTTPS://A.example', 'null', 'file:///'],
      'https://a.example,b.example',
    ],
    ['TRUST_PROXY', 'on or off', 'yes', 'true', '1', 'ON', ' on'],
    ['TIMING', 'on or off', 'yes', 'true', '0', 'Off'],
    ['WATCHDOG', 'a whole number from 0 to 3600', '-1', '3601', '0.5', 'off'],
    ['DEADLINE', 'a number from 0.001 to 3600', '0', '-1', '3601', 'soon', 'Infinity'],
    ['LIMIT', 'a whole number from 1 to 1000000', '0', '1000001', '2.5', 'many'],
    [
      'FLOW_EDITOR',
      'on or off',
      'true',
      'yes',
      '1',
      '0',
      'no',
      'false',
      'ON',
      'Off',
      ' off',
      'of',
      'onn',
      'none',
      'disabled',
    ],
    ['EDITOR_CODE', 'on or off', 'yes', 'true', '1', 'ON'],
    [
      'EDITOR_ORIGINS',
      'none, or origins such as https://example.org with commas between',
      ...['*', 'example.org', 'https://example.org/', 'null', 'https://a.example,*'],
    ],
    [
      'EDITOR_UI',
      'the URL of a page such as https://app.flowhub.io',
      ...['app.flowhub.io', 'ftp://a.example', 'https://a.example/#x', 'https://a.example/?x', 'https://a@b.example'],
    ],
    [
      'EDITOR_COMPONENTS',
      'none, or components and libraries such as objects/Extend or strings with commas between',
      ...['*', 'objects/', '/Extend', 'a/b/c', 'objects;strings'],
    ],
    ['EDITOR_SAVE', 'on or off', 'yes', 'always', '1', 'On'],
    ['LOG_LEVEL', 'one of silent, error, warn, info, debug', 'loud', 'INFO', 'toString'],
  ];
  const rows = WRONG.flatMap(([name, expected, ...values]) => values.map(value => [name, value, expected] as const));

  it.each(rows)('is refused with a sentence: %s=%s', (name, value, expected) => {
    const sentence = `${name} must be ${expected}, not "${value}"`;
    expect(() => readSettings({ [name]: value }, [])).toThrow(new Error(sentence));
    expect(() => readSettings({}, [`--${name.toLowerCase().replaceAll('_', '-')}=${value}`])).toThrow(
      new Error(sentence),
    );
  });

  it.each([
    [['--prot', '80'], "Unknown option '--prot'"],
    [['-p', '80'], "Unknown option '-p'"],
    [['--PORT', '80'], "Unknown option '--PORT'"],
    [['--constructor'], "Unknown option '--constructor'"],
    [['80'], "Unexpected argument '80'"],
    [['--port', '80', 'graphs/chat.fbp'], "Unexpected argument 'graphs/chat.fbp'"],
    [['--port'], "Option '--port <value>' argument missing"],
    [['--port', '--host', '::'], "Option '--port' argument is ambiguous"],
    [['--port', '-1'], "Option '--port' argument is ambiguous"],
  ])('is refused with the flags that there are: %j', (args, problem) => {
    const sentence = new RegExp(`^${RegExp.escape(problem)}; the flags are --port, --host(, --[a-z-]+)+$`);
    expect(() => readSettings({}, args)).toThrow(expect.objectContaining({ message: expect.stringMatching(sentence) }));
  });

  // Node would take an empty host for every address of the machine.
  it.each([
    ['HOST', 'a name or an address'],
    ['GRAPH', 'the path of a file'],
    ['DATA', 'the path of a folder'],
  ])('is an empty flag: %s', (name, expected) => {
    const sentence = `${name} must be ${expected}, not ""`;
    expect(() => readSettings({ [name]: 'x' }, [`--${name.toLowerCase()}=`])).toThrow(new Error(sentence));
  });
});
