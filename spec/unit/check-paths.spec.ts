import { afterAll, describe, expect, it, jest } from '@jest/globals';
import fbp from 'fbp';
import { GraphDocument } from '../../src/fbp/document.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { Request } from '../../src/gate/gate.ts';
import type { Graph } from '../../src/model/graph.ts';
import { guest } from '../../src/model/who.ts';
import { Flowing } from '../support/flowing.ts';
import { CHAT, GOCHAT } from '../support/graphs.ts';
import { isLong } from '../support/long.ts';
import { Project } from '../support/project.ts';

jest.setTimeout(60_000);

const GATES = `INPORT=check.IN:IN
OUTPORT=limit.OUT:OUT
OUTPORT=check.REFUSED:BAD
OUTPORT=limit.REFUSED:SLOW
check(chat/CheckPost) OUT -> IN limit(chat/LimitRate)
`;
const SHELF = `INPORT=storage.GET:GET
INPORT=storage.POST:POST
OUTPORT=storage.OUT:OUT
OUTPORT=storage.ADDED:ADDED

storage(chat/Storage)
'memory:chat' -> STORE storage
`;
const OUTER = SHELF.replace(/'.*\n/, '').replace('chat/Storage', 'chat/Shelf');

const project = new Project();
project.write('graphs/Gates.fbp', GATES);
afterAll(() => project.remove());

const ROUTED = CHAT.replace('INPORT=admit.IN:REQUEST', 'INPORT=latest.IN:REQUEST').concat(
  "'GET /latest/:room' -> PATTERN latest(chat/Route) MATCH -> IN controller\nlatest ELSE -> IN admit\n",
);
const GATED = CHAT.replace(/^.* -> (MAXTEXT|BURST|RATE) .*\n/gm, '')
  .replace('check(chat/CheckPost) OUT -> IN limit(chat/LimitRate)', 'gates(chat/Gates)')
  .replace('OUT -> IN check\n', 'OUT -> IN gates\n')
  .replace('check REFUSED', 'gates BAD')
  .replace('limit REFUSED', 'gates SLOW');

const POST = { method: 'POST', body: { author: 'ann', text: 'hi' } };
const NO_TEXT = { method: 'POST', body: { author: 'ann', text: ' ' } };
const LONG = { method: 'POST', body: { author: 'ann', text: 'x'.repeat(5000) } };

/** One of each kind that a server is asked. */
const ASKED: readonly (readonly [string, Partial<Request>?])[] = [
  ['/chat'],
  ['/chat', POST],
  ['/chat', NO_TEXT],
  ['/chat', LONG],
  ['/api/rooms'],
  ['/api/rooms/lobby/messages'],
  ['/api/rooms/lobby/messages', { query: { limit: 'no' } }],
  ['/api/rooms/lobby/messages', POST],
  ['/api/rooms/lobby/events'],
  ['/api/rooms/lobby/events', { query: { after: '?' } }],
  ['/latest/lobby'],
  ['/nowhere'],
];

/** Each graph that lacks one thing of another, by what that is. */
function* lackingOne(text: string): Generator<[string, Graph]> {
  const { graph } = readGraph('graphs/test.fbp', text);
  for (const edge of graph.edges) {
    const { from, to } = edge;
    yield [
      `${from.node} ${from.port} -> ${to.port} ${to.node}`,
      { ...graph, edges: graph.edges.filter(one => one !== edge) },
    ];
  }
  for (const { name } of graph.nodes) {
    yield [
      name,
      {
        ...graph,
        nodes: graph.nodes.filter(node => node.name !== name),
        edges: graph.edges.filter(({ from, to }) => from.node !== name && to.node !== name),
        initials: graph.initials.filter(({ to }) => to.node !== name),
        inports: graph.inports.filter(({ node }) => node !== name),
        outports: graph.outports.filter(({ node }) => node !== name),
      },
    ];
  }
  for (const outer of graph.inports)
    yield [outer.name, { ...graph, inports: graph.inports.filter(one => one !== outer) }];
  for (const outer of graph.outports)
    yield [outer.name, { ...graph, outports: graph.outports.filter(one => one !== outer) }];
  for (const initial of graph.initials)
    yield [
      `-> ${initial.to.port} ${initial.to.node}`,
      { ...graph, initials: graph.initials.filter(one => one !== initial) },
    ];
}

/**
 * The same; in the short form every third, and without those that lack what another graph has, too, which are tried with
 * that one.
 */
const lacking = (text: string, other: string) => {
  const known = new Set(isLong || other === '' ? [] : lackingOne(other).map(([what]) => what));
  return lackingOne(text).filter(([what], at) => !known.has(what) && (isLong || at % 3 === 0));
};

describe('a graph in which something is missing', () => {
  it.each([
    ['chat.fbp', CHAT, ''],
    ['gochat.fbp', GOCHAT, ''],
    ['one with a Route', ROUTED, CHAT],
    ['one with a subgraph', GATED, CHAT],
  ])('has a fault, or answers whatever it is asked: %s', async (_, text, other) => {
    const flowing = new Flowing(project.root, { deadline: 150 });
    expect((await flowing.runtime.examine(new GraphDocument('graphs/test.fbp', text))).faults).toEqual([]);
    const silent: string[] = [];
    for (const [what, graph] of lacking(text, other)) {
      const document = new GraphDocument('graphs/test.fbp', '').with(graph);
      if ((await flowing.runtime.examine(document)).faults.length > 0) continue;
      await flowing.runtime.publish(document);
      const asked = ASKED.map(async ([path, more]) => [path, (await flowing.ask(path, more)).answer.status] as const);
      for (const [path, status] of await Promise.all(asked))
        if (status >= 500) silent.push(`${what}: ${path} ${status}`);
    }
    await flowing.runtime.stop();
    expect(silent).toEqual([]);
  });
});

describe('FBP JSON whose ports are in capitals', () => {
  it.each([
    ['chat.fbp', CHAT],
    ['gochat.fbp', GOCHAT],
    ['one with a subgraph', GATED.replace('chat/Gates', 'chat/Capitals')],
  ])('is checked and run as in small letters: %s', async (_, text) => {
    const json = (fbpText: string) => JSON.stringify(fbp.parse(fbpText, { caseSensitive: true }));
    project.write('graphs/Capitals.json', json(GATES));
    const { runtime, ...flowing } = new Flowing(project.root);
    const document = new GraphDocument('graphs/test.json', json(text));
    expect(document.text).toContain('"port":"IN"');
    expect((await runtime.examine(document)).all).toEqual([]);
    await runtime.publish(document);
    const ask = (path: string, request?: Partial<Request>) =>
      flowing.gate.ask({
        method: 'GET',
        path,
        query: {},
        body: {},
        from: 'somebody',
        who: guest('somebody'),
        ...request,
      });
    expect((await ask('/chat', POST)).answer.status).toBe(201);
    expect((await ask('/chat', NO_TEXT)).answer.status).toBe(422);
    expect((await ask('/chat')).answer).toMatchObject({ body: expect.stringContaining('"hi"') });
    expect(flowing.pushed).toHaveLength(text === GOCHAT ? 0 : 1);
    await runtime.stop();
  });

  it('has the same faults', async () => {
    const { runtime } = new Flowing(project.root);
    const text = CHAT.replace('POST storage', 'PUT storage')
      .replace('memory:', 'mysql:')
      .replace('-> MAXTEXT', '-> IN');
    const sentences = async (file: string, text: string) =>
      (await runtime.examine(new GraphDocument(file, text))).all.map(({ sentence }) => sentence).sort();
    const told = await sentences('graphs/test.fbp', text);
    expect(told).toContainEqual(expect.stringMatching(/^storage has no inport PUT; it has GET, POST, /));
    const capitals = JSON.stringify(fbp.parse(text, { caseSensitive: true }));
    expect(await sentences('graphs/test.json', capitals)).toEqual(told);
  });
});

describe('the stores of a graph', () => {
  const { runtime } = new Flowing(project.root);
  project.write('graphs/Shelf.fbp', SHELF);
  project.write('graphs/Outer.fbp', OUTER);
  const SHELVED = CHAT.replace("'memory:chat' -> STORE storage\n", '')
    .replace(/^.* -> (MAXLEN|MAXROOMS|NEWROOMS) .*\n/gm, '')
    .replace('storage(chat/Storage)', 'storage(chat/Shelf)');
  /** The faults of a graph, each behind what stands at its place. */
  const faults = async (text: string) =>
    (await runtime.examine(new GraphDocument('graphs/test.fbp', text))).all.map(({ line, column, sentence }) => {
      const [, found] = /^('[^']*'|[\w/]+)/.exec(text.split('\n')[line - 1]!.slice(column - 1)) ?? [];
      return `${found}: ${sentence}`;
    });

  it('are one, whatever their settings', async () => {
    const keep = CHAT.replace("'memory:chat' -> STORE storage", "'memory:chat?keep=5' -> STORE storage");
    expect(await faults(keep)).toEqual([]);
    expect(await faults(SHELVED)).toEqual([]);
    expect(await faults(SHELVED.replace('chat/Shelf', 'chat/Outer'))).toEqual([]);
  });

  it.each([
    ["'sqlite:history.db'", 'sqlite:history.db'],
    ["'sqlite:other.db'", 'sqlite:other.db'],
    ["'memory:?keep=50'", 'memory:?keep=50'],
  ])('that differ are told at the packet: %s', async (packet, url) => {
    const text = (graph: string) => graph.replace(/'memory:chat' -> STORE (?=rooms|admit)/g, `${packet} -> STORE `);
    expect(await faults(text(CHAT))).toEqual(
      ['rooms', 'admit'].map(
        node => `${packet}: ${node} STORE names ${url}, but storage STORE names memory:chat; write the same at both`,
      ),
    );
    for (const name of ['Shelf', 'Outer'])
      expect(await faults(text(SHELVED).replace('chat/Shelf', `chat/${name}`))).toEqual([
        `storage: storage names memory:chat, but rooms STORE names ${url}; write the same at both`,
      ]);
  });

  it.each([
    'history.db',
    'mysql:chat',
    'sqlite:',
    'sqlite:../history.db',
    'sqlite:/tmp/x.db',
    'sqlite:history.sqlite',
    'sqlite:history.db?keep=5',
    'sqlite:accounts.db',
    'memory:?keep=none',
    'memory:?size=5',
  ])('that can not be are told at the packet: %s', async url => {
    const text = CHAT.replace("'memory:chat' -> STORE rooms", `'${url}' -> STORE rooms`);
    const [told, ...more] = await faults(text);
    expect(told?.startsWith(`'${url}': rooms STORE: `)).toBe(true);
    expect(more).toEqual([]);
  });

  it('that can not be are told in the file of the subgraph', async () => {
    project.write('graphs/Lost.fbp', SHELF.replace('memory:chat', 'mysql:chat'));
    const told = (
      await runtime.examine(new GraphDocument('graphs/test.fbp', SHELVED.replace('chat/Shelf', 'chat/Lost')))
    ).all;
    expect(told.map(({ file, line, column }) => `${file}:${line}:${column}`)).toContain('graphs/Lost.fbp:7:1');
  });
});

describe('a graph whose events leave nowhere', () => {
  const { runtime } = new Flowing(project.root);
  const MUTE = CHAT.replace(/^OUTPORT=publish.*\n/m, '');
  const DEAF = MUTE.replace(/^storage ADDED .*\n/m, '');
  const LOST = 'nothing leaves at PUSH, so nobody hears new messages live; ';
  project.write('graphs/Tells.fbp', 'INPORT=p.IN:IN\nOUTPORT=p.OUT:EVENTS\np(chat/Publish)\n');

  it.each([
    ['without the outer port', MUTE, 'publish', `${LOST}write OUTPORT=publish.OUT:PUSH`],
    ['without what makes events', DEAF, 'subscribe', `${LOST}lead events to an outer outport PUSH`],
    [
      'where they come from a subgraph',
      MUTE.replace('publish(chat/Publish)', 'tells(chat/Tells)'),
      'tells',
      `${LOST}write OUTPORT=tells.EVENTS:PUSH`,
    ],
  ])('is warned of, %s', async (_, text, node, sentence) => {
    const told = (await runtime.examine(new GraphDocument('graphs/test.fbp', text))).all;
    expect(told).toMatchObject([{ sentence, warning: true }]);
    const [{ line, column } = { line: 0, column: 0 }] = told;
    expect(text.split('\n')[line - 1]?.slice(column - 1)).toMatch(new RegExp(`^${node}\\(`));
  });

  it('is told in the words of FBP JSON there', async () => {
    const text = JSON.stringify(fbp.parse(MUTE, { caseSensitive: true }));
    expect((await runtime.examine(new GraphDocument('graphs/test.json', text))).all).toMatchObject([
      { sentence: `${LOST}write "outports": {"PUSH": {"process": "publish", "port": "OUT"}}`, warning: true },
    ]);
  });

  it.each([
    [
      'events go through more nodes',
      CHAT.replace('publish.OUT:PUSH', 'r.OUT:PUSH').concat('publish OUT -> IN r(core/Repeat)\n'),
    ],
    ['nobody can subscribe', GOCHAT],
    ['that is done on purpose', GOCHAT.concat('storage ADDED -> IN p(chat/Publish) OUT -> IN drop(core/Drop)\n')],
  ])('is none where %s', async (_, text) => {
    expect((await runtime.examine(new GraphDocument('graphs/test.fbp', text))).all).toEqual([]);
  });
});

describe('a graph that does something twice', () => {
  const { runtime } = new Flowing(project.root);
  /** The warnings of the graph with more lines, without their files. */
  const warned = async (text: string, ...more: readonly string[]) => {
    const told = (await runtime.examine(new GraphDocument('graphs/test.fbp', [text, ...more, ''].join('\n')))).all;
    expect(told.filter(({ warning }) => !warning)).toEqual([]);
    return told.map(({ sentence }) => sentence.split(';')[0]);
  };

  it.each([
    [
      'beside an old wire',
      ['limit OUT -> IN b(chat/LimitRate) OUT -> POST storage', 'b REFUSED -> IN responder'],
      'a post gets to storage POST by two ways, so storage would handle it twice: limit OUT leads to storage POST and b IN',
    ],
    [
      'by a node in a second wire',
      ['router SEND -> IN r(core/Repeat) OUT -> IN sender'],
      'a question gets to sender IN by two ways, so sender would handle it twice: router SEND leads to sender IN and r IN',
    ],
    [
      'by three ways',
      ['router SEND -> IN r(core/Repeat) OUT -> IN sender', 'router SEND -> IN s(core/Repeat) OUT -> IN sender'],
      'a question gets to sender IN by 3 ways, so sender would handle it 3 times: router SEND leads to sender IN, r IN and s IN',
    ],
    [
      'far away',
      ['router SEND -> IN r(core/Repeat) OUT -> IN s(core/Repeat) OUT -> IN check'],
      'a question gets to check IN by two ways, so check would handle it twice: router SEND leads to sender IN and r IN',
    ],
    [
      'by what is told beside',
      [
        "'memory:chat' -> STORE s(chat/Storage)",
        'limit OUT -> POST s OUT -> IN drop(core/Drop)',
        's ADDED -> IN r(core/Repeat) OUT -> POST storage',
      ],
      'a post gets to storage POST by two ways, so storage would handle it twice: limit OUT leads to storage POST and s POST',
    ],
    [
      'through a subgraph',
      [
        'router SEND -> IN x(chat/SendController) OUT -> IN g(chat/Gates) OUT -> POST storage',
        'x REFUSED -> IN responder',
        'g BAD -> IN responder',
        'g SLOW -> IN responder',
      ],
      'a question gets to storage POST by two ways, so storage would handle it twice: router SEND leads to sender IN and x IN',
    ],
  ])('is warned of, %s', async (_, lines, sentence) => {
    expect(await warned(CHAT, ...lines)).toEqual([sentence]);
  });

  it('is none where a bot says something beside', async () => {
    const alert = ['check OUT -> IN alert(chat/Say) OUT -> IN limit', "'x' -> ROOM alert", "'x' -> TEXT alert"];
    expect(await warned(CHAT, ...alert)).toEqual([]);
  });

  it('is none where nobody hears what a bot says beside, which is warned of', async () => {
    const alert = ['check OUT -> IN alert(chat/Say)', "'x' -> ROOM alert", "'x' -> TEXT alert"];
    expect(await warned(CHAT, ...alert)).toEqual([
      'alert OUT leads nowhere, so what alert sends of its own accord is lost',
    ]);
    expect(await warned(CHAT, 'clock(chat/Schedule)', "'1 h' -> EVERY clock")).toHaveLength(1);
  });

  it('is a fault where a bot answers those who ask, or none, by a port that it does not use', async () => {
    const helping = (lines: readonly string[]) => {
      const graph = CHAT.replace(
        ' OUT -> IN limit(chat/LimitRate)',
        ' OUT -> IN lost(chat/Match) ELSE -> IN limit(chat/LimitRate)',
      );
      return ['lost MATCH -> IN helper(chat/Say)', "'!help' -> PATTERN lost", "'hi' -> TEXT helper", ...lines]
        .reduce((text, each) => `${text}\n${each}`, graph)
        .concat('\n');
    };
    const codes = async (...lines: readonly string[]) => {
      const { all } = await runtime.examine(new GraphDocument('graphs/test.fbp', helping(lines)));
      return all.map(({ code }) => code);
    };
    expect(await codes("'asker' -> TO helper", 'helper ANSWER -> IN responder')).toEqual([]);
    expect(await codes('helper ANSWER -> IN responder')).toEqual(['question-ends', 'unheard-port']);
    expect(await codes("'asker' -> TO helper", 'helper OUT -> IN limit')).toEqual(['question-ends']);
  });

  it('is a fault where posts lead to a bot only, as no question is answered then', async () => {
    const only = CHAT.replace(
      ' OUT -> IN limit(chat/LimitRate)',
      ' OUT -> IN alert(chat/Say) OUT -> IN limit(chat/LimitRate)',
    );
    const { all } = await runtime.examine(
      new GraphDocument('graphs/test.fbp', `${only}\n'x' -> ROOM alert\n'x' -> TEXT alert\n`),
    );
    expect(all.map(({ code, sentence }) => `${code}: ${sentence}`)).toEqual([
      expect.stringMatching(/check OUT never gets to REPLY: it ends at alert/),
    ]);
  });

  it('is warned of where two answers leave', async () => {
    const [sentence] = await warned(CHAT, 'OUTPORT=sender.REFUSED:UNSENT');
    expect(sentence).toBe(
      'a refusal is answered by two ways, and only the first answer counts: sender REFUSED leads to responder IN and UNSENT',
    );
  });

  it('is warned of in the file of the subgraph where it is', async () => {
    project.write(
      'graphs/Double.fbp',
      'INPORT=a.IN:IN\nOUTPORT=c.OUT:OUT\na(core/Repeat) OUT -> IN c(core/Repeat)\na OUT -> IN b(core/Repeat) OUT -> IN c\n',
    );
    const text = CHAT.replace('router SEND -> IN sender', 'router SEND -> IN d(chat/Double) OUT -> IN sender');
    expect((await runtime.examine(new GraphDocument('graphs/test.fbp', text))).all).toMatchObject(
      [
        {
          file: 'graphs/Double.fbp',
          line: 4,
          column: 3,
          warning: true,
          sentence: /^a packet gets to d\/c IN by two ways/,
        },
      ].map(told => ({ ...told, sentence: expect.stringMatching(told.sentence) })),
    );
  });

  it('is warned of where those who ask wait for another server', async () => {
    const inTheWay = [
      'router SEND -> IN asks(chat/Fetch) OUT -> IN sender(chat/SendController)',
      'asks FAILED -> IN responder',
    ];
    const beside = ['storage ADDED -> IN asks(chat/Fetch) OUT -> IN drop(core/Drop)', 'asks FAILED -> IN drop'];
    const url = "'https://example.org/' -> URL asks";
    const graph = CHAT.replace('router SEND -> IN sender(chat/SendController)', `${inTheWay[0]}`);
    expect(await warned(graph, inTheWay[1]!, url)).toEqual(['callers wait until asks OUT, which is slow, has sent']);
    expect(await warned(CHAT, ...beside, url)).toEqual([]);
  });

  it('is warned of where questions get to a store round the node that says who may do what', async () => {
    const round = CHAT.replace('INPORT=admit.IN', 'INPORT=latest.IN');
    const latest = [
      "'GET /latest/:room' -> PATTERN latest(chat/Route) ELSE -> IN admit",
      'latest MATCH -> IN controller',
    ];
    expect(await warned(round, ...latest)).toContain(
      "questions get to storage by a way round admit, so that its rules don't count there",
    );
    const dangling = CHAT.replace('INPORT=admit.IN', 'INPORT=router.IN').replace(
      'admit(chat/Admit) OUT -> IN router',
      'admit(chat/Admit)',
    );
    expect(await warned(dangling)).toContain(
      "questions get to storage by a way round admit, so that its rules don't count there",
    );
    expect(await warned(round, latest[0]!, 'latest MATCH -> IN admit')).not.toContain(
      expect.stringContaining('round admit'),
    );
    expect(await warned(CHAT)).toEqual([]);
  });

  it('is warned of where a node keeps something for its process alone, and several share the messages', async () => {
    const keeps = ['storage ADDED -> PUT mutes(chat/Keep) OUT -> IN drop(core/Drop)', 'mutes NONE -> IN drop'];
    const shared = CHAT.replaceAll(/'(memory|sqlite):[^']*' -> STORE/g, "'postgres:chat' -> STORE");
    const sentence = "mutes keeps its data in this process only, while several may share 'postgres:chat'";
    expect(await warned(shared, ...keeps)).toEqual([sentence]);
    expect(await warned(CHAT, ...keeps)).toEqual([]);
  });

  it.each([
    ['listens only', ['check OUT -> IN drop(core/Drop)']],
    ['tells of what was kept', ['storage ADDED -> IN r(core/Repeat) OUT -> IN drop(core/Drop)']],
  ])('is no such graph where a way %s', async (_, lines) => {
    expect((await warned(CHAT, ...lines)).filter(sentence => /ways/.test(sentence ?? ''))).toEqual([]);
  });
});
