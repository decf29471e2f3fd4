import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { check, printFault } from '../../src/check/check.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { ComponentLookup, ComponentSpec, PortSpec, RequiredPorts } from '../../src/model/component-spec.ts';
import { mutants, texts } from '../support/fbp-texts.ts';
import { numRuns } from '../support/random.ts';

/** `in`, `in!` where it is required, `in[]` for an array port, `in=` for a control port, `out~` where it may stay open; then schema or datatype. */
function port(written: string): PortSpec {
  const [name = '', kind = 'object'] = written.split(' ');
  return {
    name: name.replace(/\W/g, ''),
    datatype: kind.includes('/') ? 'object' : kind,
    ...(kind.includes('/') && { schema: kind }),
    required: name.includes('!'),
    addressable: name.includes('['),
    control: name.includes('='),
    description: '',
    preset: name.includes('?'),
    ...(name.includes('~') && { open: 'it answers itself' }),
  };
}

function blueprint(name: string, inports: string, outports: string): ComponentSpec {
  const ports = (all: string) => (all === '' ? [] : all.split(', ').map(port));
  return { name, description: '', icon: '', inports: ports(inports), outports: ports(outports) };
}

const blueprints: ComponentSpec[] = [
  blueprint('chat/Router', 'in! chat/question', 'show~ chat/question, send~ chat/question, missing chat/refusal'),
  blueprint('chat/Controller', 'in! chat/question', 'out chat/query, refused chat/refusal'),
  blueprint('chat/Sender', 'in! chat/question', 'out chat/post'),
  blueprint('chat/Storage', 'get chat/query, post chat/post, maxlen=!? int', 'out chat/page, added chat/added'),
  blueprint('chat/Responder', 'in! all', 'out chat/reply'),
  blueprint('chat/Publish', 'in! chat/added', 'out chat/event'),
  blueprint('any/Pass', 'in all', 'out all, error'),
  blueprint('any/Step', 'in all', 'out all'),
  blueprint('any/Log', 'in all', ''),
  blueprint('any/Split', 'in all', 'out[] all'),
  blueprint('any/Merge', 'in[] all', 'out all'),
  blueprint('any/Mark', 'in all, title=! string', 'out all'),
  { ...blueprint('any/Broken', '', ''), broken: 'Unexpected token' },
  blueprint(
    'any/Types',
    'int int, number number, string string, boolean boolean, object object, array array, date date, color color, function function, bang bang, all all',
    'int int, number number, string string, object object, all all, bang bang',
  ),
];
const catalogue: ComponentLookup = {
  names: blueprints.map(({ name }) => name),
  find: component => blueprints.find(({ name }) => name === component || name.split('/')[1] === component),
};
const DOORS: RequiredPorts = { entry: 'request', exit: 'reply' };

const CHAT = `INPORT=router.IN:REQUEST
OUTPORT=responder.OUT:REPLY
OUTPORT=publish.OUT:PUSH
router(chat/Router) SHOW -> IN controller(chat/Controller) OUT -> GET storage(chat/Storage) OUT -> IN responder(chat/Responder)
router SEND -> IN sender(chat/Sender) OUT -> POST storage
storage ADDED -> IN publish(chat/Publish)
router MISSING -> IN responder
controller REFUSED -> IN responder
'50' -> MAXLEN storage
`;

/** The faults of a server's graph, as `line:column: sentence`. */
function faults(text: string, doors: RequiredPorts | undefined = DOORS): string[] {
  return said('graph.fbp', text, doors);
}

function said(file: string, text: string, doors: RequiredPorts | undefined): string[] {
  const { graph, faults } = readGraph(file, text);
  expect(faults).toEqual([]);
  return check(graph, catalogue, doors).map(fault => printFault(fault).replace(`${file}:`, ''));
}

/** The faults of some lines within a subgraph that has none without them. */
function within(...lines: string[]): string[] {
  return said(
    'Sub.fbp',
    ['INPORT=a.IN:IN,OUTPORT=a.OUT:OUT,OUTPORT=a.ERROR:ERROR', 'a(any/Pass)', ...lines].join('\n'),
    undefined,
  );
}

describe('check', () => {
  it('passes a graph that is right', () => {
    expect(faults(CHAT)).toEqual([]);
    expect(within()).toEqual([]);
  });

  it('names file, line and column', () => {
    const { graph } = readGraph('graphs/chat.fbp', CHAT.replace('POST storage', 'PUT storage'));
    expect(check(graph, catalogue, DOORS).map(printFault)).toEqual([
      'graphs/chat.fbp:5:46: storage has no inport PUT; it has GET, POST, MAXLEN',
    ]);
  });

  it('says everything at once, in the order of the text', () => {
    const text = CHAT.replace('OUTPORT=responder.OUT:REPLY\n', '')
      .replace('chat/Sender', 'chat/Sendr')
      .replace('POST storage', 'PUT storage')
      .replace('router MISSING -> IN responder\n', '')
      .replace("'50'", "'many'");
    expect(faults(`${text}x OUT -> IN y`)).toEqual([
      '1:1: there is no outer outport REPLY; write OUTPORT=responder.OUT:REPLY',
      '3:1: router MISSING leads nowhere, so its failures would be lost; write router MISSING -> IN NODE',
      '4:19: there is no component chat/Sendr; did you mean chat/Sender?',
      '4:45: storage has no inport PUT; it has GET, POST, MAXLEN',
      "7:1: storage MAXLEN takes int, not 'many'; write a whole number, as in '50'",
      '8:3: there is no node x; declare it with its component',
      '8:10: there is no node y; declare it with its component',
    ]);
  });
});

describe('check of components', () => {
  it('names the nearest ones when one is unknown', () => {
    expect(within('b(chat/Routr)')).toEqual(['3:1: there is no component chat/Routr; did you mean chat/Router?']);
    expect(within('b(any/Pas)')).toEqual(['3:1: there is no component any/Pas; did you mean any/Pass?']);
    expect(within('b(any/Mog)')).toEqual(['3:1: there is no component any/Mog; did you mean any/Log?']);
  });

  it('says where all are listed when none is near', () => {
    expect(within('b(chat/Teapot)')).toEqual([
      '3:1: there is no component chat/Teapot; fbp.json lists those that there are',
    ]);
  });

  it('finds one by its bare name', () => {
    expect(within('b(Log), a OUT -> IN b')).toEqual([]);
  });

  it('says why one cannot be loaded', () => {
    expect(within('b(any/Broken) OUT -> IN a')).toEqual([
      "3:1: component any/Broken can't be loaded: Unexpected token",
    ]);
  });

  it('says nothing more of a node whose component is unknown', () => {
    expect(within("'5' -> SIZE b(any/Teapot) ERROR[1] -> IN a")).toEqual([
      '3:13: there is no component any/Teapot; fbp.json lists those that there are',
    ]);
  });

  it('wants one for every node', () => {
    expect(within('b() OUT -> IN a')).toEqual(['3:1: b has no component; write b(COMPONENT)']);
  });
});

describe('check of nodes', () => {
  it('names the nearest ones when one is not declared', () => {
    expect(within('router(any/Log), a OUT -> IN routre')).toEqual([
      '3:27: there is no node routre; did you mean router?',
    ]);
  });

  it('names an undeclared one once, and at an outer port too', () => {
    expect(within('OUTPORT=zero.OUT:REST', "'x' -> IN zero", 'zero OUT -> IN a')).toEqual([
      '3:14: there is no node zero; declare it with its component',
    ]);
  });

  it('names both places when one is declared twice', () => {
    expect(within('a(any/Log)')).toEqual([
      '3:1: a is declared twice, at 2:1 already, there as any/Pass; rename one of them',
    ]);
  });

  it('refuses names that every object has', () => {
    expect(within('constructor(any/Log)', 'INPORT=constructor.IN:__PROTO__')).toEqual([
      "3:1: constructor can't be a name, as every JavaScript object has it; choose another",
      "4:20: __proto__ can't be a name, as every JavaScript object has it; choose another",
    ]);
  });
});

describe('check of ports', () => {
  it('names the ports that there are when one is unknown', () => {
    expect(within('a OUTT -> INN b(any/Split)')).toEqual([
      '3:3: a has no outport OUTT; it has OUT, ERROR',
      '3:11: b has no inport INN; it has IN',
    ]);
    expect(within('b(any/Log), b OUT -> IN a')).toEqual(['3:15: b has no outport OUT; it has none']);
    expect(within('INPORT=a.PUT:PUT', "'x' -> GET a")).toEqual([
      '3:10: a has no inport PUT; it has IN',
      '4:8: a has no inport GET; it has IN',
    ]);
  });

  it('finds required ones that are empty', () => {
    expect(within('b(any/Mark), a OUT -> IN b')).toEqual([
      "3:1: nothing leads into b TITLE, which is required; write 'VALUE' -> TITLE b",
    ]);
    expect(within('b(chat/Responder) OUT -> IN a')).toEqual([
      '3:1: nothing leads into b IN, which is required; write NODE OUT -> IN b',
    ]);
  });

  it('only warns of a node that nothing leads into, as a server does without it', () => {
    const idle = 'warning: nothing leads into publish IN, which is required; write NODE OUT -> IN publish';
    expect(faults(CHAT.replace('storage ADDED -> IN publish', 'publish'))).toEqual([`6:1: ${idle}`]);
    expect(faults(CHAT.replace('storage ADDED -> IN publish', '{} -> IN publish'))).toEqual([]);
  });

  it('takes an edge, a packet, an outer port or a default for enough', () => {
    expect(within('a OUT -> TITLE b(any/Mark)')).toEqual([]);
    expect(within("'x' -> TITLE b(any/Mark)")).toEqual([]);
    expect(within('b(any/Mark), INPORT=b.TITLE:TITLE')).toEqual([]);
    expect(within('b(chat/Storage)')).toEqual([]);
  });

  it('finds failure ports that are not wired', () => {
    expect(within('b(any/Pass)')).toEqual([
      "3:1: b ERROR leads nowhere, so its failures would be lost; write b ERROR -> IN NODE, or -> IN drop(core/Drop) if they aren't needed",
    ]);
    expect(within('b(any/Pass) ERROR -> IN a')).toEqual([]);
    expect(within('b(any/Pass), OUTPORT=b.ERROR:FAILED')).toEqual([]);
  });

  it('does not miss a port when the fault may be that it is misspelt', () => {
    expect(within('b(any/Pass) EROR -> IN a')).toEqual(['3:13: b has no outport EROR; it has OUT, ERROR']);
    expect(within("'x' -> TITEL b(any/Mark)")).toEqual(['3:8: b has no inport TITEL; it has IN, TITLE']);
    expect(within('pass(any/Pass), paass ERROR -> IN a')).toEqual(['3:23: there is no node paass; did you mean pass?']);
  });

  it('wants an index at array ports, and none elsewhere', () => {
    expect(within('a OUT[1] -> IN b(any/Split) OUT[0] -> IN c(any/Merge)')).toEqual([
      '3:3: a OUT is no array port; drop the index [1]',
      '3:39: c IN is an array port; give it an index, as in IN[0]',
    ]);
    expect(within('b(any/Split) OUT -> IN a', 'c(any/Merge), INPORT=c.IN:MORE')).toEqual([
      '3:14: b OUT is an array port; give it an index, as in OUT[0]',
    ]);
  });

  it('finds the same edge twice', () => {
    expect(within('a OUT -> IN b(any/Split)', 'a OUT -> IN b')).toEqual([
      '4:3: this wire is there twice, at 3:3 already; remove one',
    ]);
    expect(within('b(any/Split) OUT[0] -> IN a', 'b OUT[1] -> IN a')).toEqual([]);
  });

  it('finds two packets at one control port', () => {
    expect(within("'x' -> TITLE b(any/Mark)", "'y' -> TITLE b", "'x' -> IN b, 'y' -> IN b")).toEqual([
      '4:1: b TITLE has an initial packet already, at 3:1; remove one',
    ]);
  });

  it('finds an outer port that is there twice', () => {
    expect(within('b(any/Log), INPORT=b.IN:in')).toEqual([
      '3:22: outer inport IN is there twice, at 1:10 already; rename or remove one',
    ]);
    expect(within('INPORT=a.IN:OUT')).toEqual([]);
  });
});

describe('check of types', () => {
  const types = (...lines: string[]) => within('t(any/Types), s(any/Types)', ...lines);

  it('lets everything into all and bang, anything out of all, and whole numbers into numbers', () => {
    expect(
      types('t STRING -> ALL s', 't OBJECT -> BANG s', 't ALL -> INT s', 't INT -> NUMBER s', 't STRING -> STRING s'),
    ).toEqual([]);
  });

  it('finds two datatypes that differ', () => {
    expect(types('t STRING -> INT s', 't NUMBER -> INT s', 't BANG -> STRING s')).toEqual([
      '4:3: t STRING sends string, but s INT takes int; put a node between them that makes int of string',
      '5:3: t NUMBER sends number, but s INT takes int; put a node between them that makes int of number',
      '6:3: t BANG sends bang, but s STRING takes string; put a node between them that makes string of bang',
    ]);
  });

  it('finds two schemas that differ', () => {
    expect(faults(CHAT.replace('OUT -> GET storage', 'OUT -> POST storage'))).toEqual([
      '4:60: controller OUT sends chat/query, but storage POST takes chat/post; put a node between them that makes chat/post of chat/query',
    ]);
  });

  it('takes a schema on one side only for fitting', () => {
    expect(types('t OBJECT -> GET storage(chat/Storage)')).toEqual([]);
  });

  it('reads numbers and truth values in quotes', () => {
    expect(
      types("'50' -> INT t, '-5' -> INT t, '2.5e3' -> NUMBER t, 'true' -> BOOLEAN t, 5 -> INT t, 2.5 -> NUMBER t"),
    ).toEqual([]);
    expect(
      types(
        "{\"a\": 1} -> OBJECT t, [1] -> ARRAY t, '2026-01-31' -> DATE t, '#fff' -> COLOR t, [] -> ALL t, 5 -> BANG t",
      ),
    ).toEqual([]);
  });

  it.each([
    ["'many' -> INT t", "t INT takes int, not 'many'; write a whole number, as in '50'"],
    ["'' -> INT t", "t INT takes int, not ''; write a whole number, as in '50'"],
    ['2.5 -> INT t', "t INT takes int, not 2.5; write a whole number, as in '50'"],
    ["'1,5' -> NUMBER t", "t NUMBER takes number, not '1,5'; write a number, as in '2.5'"],
    ["'yes' -> BOOLEAN t", "t BOOLEAN takes boolean, not 'yes'; write 'true' or 'false'"],
    ['5 -> STRING t', 't STRING takes string, not 5; put it in quotes'],
    ["'[]' -> OBJECT t", 't OBJECT takes object, not \'[]\'; write JSON, as in {"key": "value"}'],
    ['{"a": 1} -> ARRAY t', 't ARRAY takes array, not {"a":1}; write JSON, as in [1, 2]'],
    ["'soon' -> DATE t", "t DATE takes date, not 'soon'; write a date, as in '2026-01-31'"],
    ['7 -> COLOR t', "t COLOR takes color, not 7; write a colour, as in '#ff8800'"],
    [
      "'f' -> FUNCTION t",
      "t FUNCTION takes function, not 'f'; no initial packet can have this type, so connect a wire",
    ],
    [`'${'x'.repeat(80)}' -> INT t`, `t INT takes int, not '${'x'.repeat(60)}…'; write a whole number, as in '50'`],
  ])('refuses %j', (line, sentence) => {
    expect(types(line)).toEqual([`4:1: ${sentence}`]);
  });
});

describe('check of outer ports', () => {
  it('wants both doors, and says how they are written', () => {
    expect(faults('')).toEqual([
      '1:1: there is no outer inport REQUEST; write INPORT=NODE.PORT:REQUEST',
      '1:1: there is no outer outport REPLY; write OUTPORT=NODE.PORT:REPLY',
    ]);
    expect(said('graph.json', '{}', DOORS)).toEqual([
      '1:1: there is no outer inport REQUEST; write "inports": {"REQUEST": {"process": "NODE", "port": "PORT"}}',
      '1:1: there is no outer outport REPLY; write "outports": {"REPLY": {"process": "NODE", "port": "PORT"}}',
    ]);
  });

  it('says which port is meant where only one can be', () => {
    expect(faults(CHAT.replace(/INPORT=.*\n/, '').replace(/OUTPORT=resp.*\n/, ''))).toEqual([
      '1:1: there is no outer inport REQUEST; write INPORT=router.IN:REQUEST',
      '1:1: there is no outer outport REPLY; write OUTPORT=responder.OUT:REPLY',
    ]);
  });

  it('wants one in and one out of a subgraph', () => {
    expect(said('Sub.fbp', 'a(any/Split)', undefined)).toEqual([
      '1:1: there is no outer inport; write INPORT=NODE.PORT:NAME',
      '1:1: there is no outer outport; write OUTPORT=a.OUT:NAME',
    ]);
  });
});

describe('check of paths', () => {
  /** The faults of some lines within a server's graph that has none without them; they begin in line 5. */
  const beside = (...lines: string[]) =>
    faults(
      [
        'INPORT=router.IN:REQUEST',
        'OUTPORT=responder.OUT:REPLY',
        'router(chat/Router) SHOW -> IN responder(chat/Responder)',
        'router MISSING -> IN responder',
        ...lines,
      ].join('\n'),
    );
  const dead = (out: string, fate: string) => `a question that leaves by ${out} never gets to REPLY: ${fate}`;

  it('finds an outport that leads to a dead end', () => {
    expect(beside('router SEND -> IN log(any/Log)')).toEqual([
      `5:8: ${dead('router SEND', 'it ends at log; lead a wire on from there')}`,
    ]);
  });

  it('tells one dead end once, where the wrong turn is taken', () => {
    expect(
      beside('router SEND -> IN a(any/Step) -> IN b(any/Split) OUT[0] -> IN c(any/Log), b OUT[1] -> IN d(any/Log)'),
    ).toEqual([`5:8: ${dead('router SEND', 'it ends at c and d; lead a wire on from there')}`]);
  });

  it('finds a circle', () => {
    expect(beside('router SEND -> IN a(any/Step) -> IN b(any/Step) -> IN a')).toEqual([
      `5:8: ${dead('router SEND', 'it goes round through a and b; lead a wire out of there')}`,
    ]);
  });

  it('lets every index of an array port lead elsewhere', () => {
    expect(beside('router SEND -> IN a(any/Split) OUT[0] -> IN responder, a OUT[1] -> IN log(any/Log)')).toEqual([
      `5:58: ${dead('a OUT[1]', 'it ends at log; lead a wire on from there')}`,
    ]);
  });

  it('lets a question pass by something that only listens', () => {
    expect(beside('router SHOW -> IN a(any/Step) -> IN log(any/Log)', 'router MISSING -> IN log')).toEqual([]);
  });

  it('leaves an outport alone that is not wired', () => {
    expect(beside('router SHOW -> IN a(any/Split) OUT[0] -> IN responder')).toEqual([]);
  });

  it('lets a question leave by another outer port', () => {
    expect(beside('router SEND -> IN a(any/Step)', 'OUTPORT=a.OUT:PUSH')).toEqual([]);
    expect(beside('OUTPORT=router.SEND:PUSH')).toEqual([]);
  });

  it('finds a dead end beside such a port, as nobody answers there', () => {
    expect(beside('router SEND -> IN a(any/Step)', 'OUTPORT=a.OUT:PUSH', 'router SEND -> IN log(any/Log)')).toEqual([
      `5:8: ${dead('router SEND', 'it ends at log; lead a wire on from there')}`,
    ]);
  });

  it('does not ask events to come back', () => {
    const kept = 'router SEND -> IN sender(chat/Sender) OUT -> POST storage(chat/Storage) OUT -> IN responder';
    expect(beside(kept, 'storage ADDED -> IN log(any/Log)')).toEqual([]);
    expect(beside(kept, 'storage ADDED -> IN publish(chat/Publish) OUT -> IN log(any/Log)')).toEqual([]);
  });

  it('finds an exit that no question reaches, once', () => {
    expect(
      faults(`INPORT=router.IN:REQUEST
OUTPORT=responder.OUT:REPLY
router(chat/Router) MISSING -> IN log(any/Log)
responder(chat/Responder)`),
    ).toEqual([
      '1:15: no question reaches REPLY: from REQUEST the wires lead only to router and log; draw a wire from there to responder',
    ]);
  });

  it('waits until every node is declared', () => {
    expect(beside('router SEND -> IN log(any/Log), zero OUT -> IN log')).toEqual([
      '5:38: there is no node zero; declare it with its component',
    ]);
  });
});

describe('check of a text that was read in part', () => {
  it('says nothing of what is not there', () => {
    const { graph } = readGraph('graph.fbp', "b(any/Mark) OUT -> IN c\nb ERR -> IN d(any/Pass)\n'x' -> IN e()");
    expect(check(graph, catalogue, DOORS, { partial: true }).map(printFault)).toEqual([
      'graph.fbp:2:3: b has no outport ERR; it has OUT',
    ]);
  });
});

describe('check of anything', () => {
  const survives = (text: string) => {
    const { graph } = readGraph('graph.fbp', text);
    for (const doors of [DOORS, undefined]) {
      const found = check(graph, catalogue, doors);
      expect(found.filter(({ sentence }) => !/^.{10,}$/.test(sentence))).toEqual([]);
      expect(check(graph, catalogue, doors, { partial: true }).length).toBeLessThanOrEqual(found.length);
    }
  };

  it('never throws', () => {
    fc.assert(fc.property(texts, survives), numRuns(25));
    fc.assert(fc.property(mutants, survives), numRuns(50));
    fc.assert(fc.property(fc.string(), survives), numRuns(25));
  });
});
