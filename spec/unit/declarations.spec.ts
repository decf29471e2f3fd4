import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Flowing } from '../support/flowing.ts';
import { beside, CHAT, GOCHAT, set } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';

const project = new Project();
const flowings: Flowing[] = [];
let count = 0;

afterEach(async () => {
  await Promise.all(flowings.splice(0).map(({ runtime }) => runtime.stop()));
});
afterAll(() => project.remove());

/** What a graph declares once it is live, with its routes as `METHOD /path`. */
async function declared(text: string) {
  const flowing = new Flowing(project.root);
  flowings.push(flowing);
  const { declarations } = await flowing.publish(text);
  const { routes, ...rest } = declarations;
  return {
    ...rest,
    routes: routes.map(({ method, path }) => `${method} ${path}`),
    can: [...new Set(routes.flatMap(({ can }) => can ?? []))],
  };
}

/** A component that answers, and declares as given: `component.routes = …`. */
function odd(setUp: string): string {
  const name = `Declares${++count}`;
  const source = component(
    `process(input, output) { const { id } = input.getData('in'); output.sendDone({ out: { id, status: 200, body: '1' } }); }`,
    { setUp },
  );
  project.component(name, source);
  return `chat/${name}`;
}

const without = (text: string, ...lines: readonly string[]) =>
  lines.reduce((left, line) => {
    if (!left.includes(line)) throw new Error(`there is no "${line}"`);
    return left.replace(line, '');
  }, text);

describe('the declarations of a graph', () => {
  it('are what is wired in chat.fbp, and what its settings say', async () => {
    const found = await declared(set(CHAT, { MAXTEXT: '280', MAXLEN: '20' }));
    expect(found).toMatchObject({ limits: { text: 280, author: 64, page: 20 }, isLive: true, faults: [] });
    expect(found.can).toEqual(expect.arrayContaining(['read', 'post', 'edit', 'remove', 'rooms', 'listen']));
    expect(found.routes).toEqual(expect.arrayContaining(['GET /chat', 'PATCH /api/rooms/:room/messages/:message']));
  });

  it('are without a setting what holds without it', async () => {
    expect(await declared(without(CHAT, "'4000' -> MAXTEXT check"))).toMatchObject({ limits: { text: 4000 } });
  });

  it('are reading and posting alone in gochat.fbp', async () => {
    const { can, isLive, limits } = await declared(GOCHAT);
    expect([can, isLive, limits]).toEqual([['read', 'post'], false, { page: 50 }]);
  });

  it('lack what is cut off', async () => {
    const unheard = without(CHAT, 'router SUBSCRIBE -> IN subscribe(chat/Subscribe) OUT -> IN responder').replace(
      'subscribe REFUSED -> IN responder',
      '',
    );
    expect(await declared(unheard)).toMatchObject({ can: expect.not.arrayContaining(['listen']), isLive: true });
    const unpushed = without(CHAT, 'OUTPORT=publish.OUT:PUSH');
    expect(await declared(unpushed)).toMatchObject({ can: expect.arrayContaining(['listen']), isLive: false });
    const unsaid = CHAT.replace('storage ADDED -> IN publish', 'idle(core/Repeat) OUT -> IN publish');
    expect((await declared(unsaid)).isLive).toBe(false);
  });

  it('have what a Route picks out, also within a subgraph', async () => {
    project.write(
      'graphs/Aside.fbp',
      "INPORT=to.IN:IN\nOUTPORT=to.ELSE:ELSE\nOUTPORT=at.OUT:OUT\n'GET /aside/:what' -> PATTERN to(chat/Route) MATCH -> IN at(chat/Controller)\nOUTPORT=at.REFUSED:REFUSED\n",
    );
    const graph = GOCHAT.replace('INPORT=router.IN', 'INPORT=aside.IN').concat(
      '\naside(chat/Aside) ELSE -> IN router\naside OUT -> GET storage\nOUTPORT=aside.REFUSED:ASIDE\n',
    );
    const { routes, faults } = await declared(graph);
    expect([routes, faults]).toEqual([expect.arrayContaining(['GET /aside/:what', 'GET /chat']), []]);
  });

  it('hold the least of several limits, of nodes that the chat leads to', async () => {
    const apart = odd('component.limits = () => ({ text: 5 })');
    const both = set(CHAT, { MAXTEXT: '280' }).replace(
      'OUT -> IN limit(chat/LimitRate)',
      `OUT -> IN second(chat/CheckPost) OUT -> IN limit(chat/LimitRate)\nsecond REFUSED -> IN responder\n'20' -> MAXTEXT second\nlimit`,
    );
    expect((await declared(both)).limits).toMatchObject({ text: 20 });
    // A node that only an endpoint of its own leads to holds nothing for the chat.
    expect((await declared(beside({ apart }))).limits).toEqual({ page: 50 });
  });

  it.each([
    ['throws', `component.routes = () => { throw new Error('no idea'); }`, 'routes is left out: no idea'],
    ['throws what is no error', 'component.routes = () => { throw null; }', 'routes is left out: it throws'],
    ['never returns', 'component.routes = () => ({ get out() { for (;;); } })', 'routes is left out: it took too long'],
    ['is no function', 'component.routes = []', 'routes is left out: it is no function'],
    [
      'is a promise',
      `component.routes = async () => { throw new Error('late'); }`,
      'routes is left out: it is a promise; return what it is at once',
    ],
    [
      'is nothing',
      'component.routes = () => undefined',
      'routes is left out: Invalid type: Expected Object but received undefined',
    ],
    [
      'is no list',
      `component.routes = () => ({ out: 'GET /' })`,
      'routes is left out: out: Invalid type: Expected Array but received "GET /"',
    ],
    ['lacks a path', `component.routes = () => ({ out: [{ method: 'GET' }] })`, 'routes is left out: out.0.path: '],
    [
      'has what is no schema',
      `component.routes = () => ({ out: [{ method: 'GET', path: '/', body: {} }] })`,
      'routes is left out: out.0.body: this is no schema of valibot',
    ],
    [
      'is no number',
      `component.limits = () => ({ text: 'many' })`,
      'limits is left out: text: Invalid type: Expected number but received "many"',
    ],
    ['is no finite number', 'component.limits = () => ({ text: NaN })', 'limits is left out: text: '],
  ])('lack, and name once, a node whose declaration %s', async (_, setUp, says) => {
    const { faults, can, limits } = await declared(beside({ odd: odd(setUp) }));
    expect([faults, can, limits]).toEqual([
      [expect.stringContaining(`what odd declares as its ${says}`)],
      ['read', 'post'],
      { page: 50 },
    ]);
  });

  it('have the first of two routes that take the same requests', async () => {
    const name = odd('');
    const twice = beside({ a: name, b: name }).replace("'GET /b'", "'GET /:x'").replace("'GET /a'", "'GET /:y'");
    const { routes, faults } = await declared(twice);
    expect(routes).toContain('GET /:y');
    expect(routes).not.toContain('GET /:x');
    expect(faults).toEqual(['GET /:x is declared by to-a and again by to-b']);
  });

  it('leave out what is at a port that is not wired, or at a node that no question reaches', async () => {
    const name = odd(`component.routes = () => ({ other: [{ method: 'GET', path: '/other' }], none: [] })`);
    expect((await declared(beside({ odd: name }))).routes).not.toContain('GET /other');
  });
});
