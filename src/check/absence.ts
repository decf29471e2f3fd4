import type { Doors, Port } from '../check.ts';
import type { Outer, Place } from '../fbp.ts';
import { isFailure } from '../model/failure.ts';
import { type Said, type Side, type Survey, together } from './survey.ts';

const START: Place = { line: 1, column: 1 };

/** A port that neither an edge, an initial packet nor an outer port is at. */
interface Open {
  readonly node: string;
  readonly place: Place;
  readonly side: Side;
  readonly port: Port;
}

interface Wanted {
  readonly doors: Doors | undefined;
  /** Nodes of which another fault says already that nothing leads to them. */
  readonly goals: readonly string[];
}

/** What a graph lacks. */
export function absences(survey: Survey, { doors, goals }: Wanted): Said[] {
  const open = openPorts(survey, doors);
  const required = open.filter(
    ({ node, side, port: { required, preset, control } }) =>
      side === 'inports' && required && !preset && (control || !goals.includes(node)),
  );
  const failures = open.filter(({ side, port }) => side === 'outports' && isFailure(port) && port.open === undefined);
  const { inports, outports } = missing(survey, doors);
  const entry = inports === undefined ? undefined : only(required.filter(({ port }) => !port.control));
  const exit =
    outports === undefined ? undefined : only(unspoken(survey, open).filter(found => !failures.includes(found)));
  return [
    ...undeclared(survey),
    ...withoutComponent(survey),
    ...required.filter(found => found !== entry).map(empty),
    ...failures.map(lost),
    ...unfed(survey, doors),
    ...(inports ? [lacking(survey, 'inports', inports, entry)] : []),
    ...(outports ? [lacking(survey, 'outports', outports, exit)] : []),
  ];
}

/** Each node once, however often it is named. */
function undeclared({ undeclared, nearNodes }: Survey): Said[] {
  return Array.from(undeclared, ([name, { end }]) => {
    const near = nearNodes(name);
    const cure = near.length > 0 ? `did you mean ${together(near, 'or')}?` : 'declare it with its component';
    return { place: end.place, sentence: `there is no node ${name}; ${cure}` };
  });
}

function withoutComponent({ graph }: Survey): Said[] {
  return graph.nodes
    .filter(({ component }) => !component)
    .map(({ name, place }) => ({ place, sentence: `${name} has no component; write ${name}(COMPONENT)` }));
}

function openPorts(survey: Survey, doors: Doors | undefined): Open[] {
  const { nodes, blueprints, mentions, strays } = survey;
  // By any other outer inport nothing comes into a server's graph.
  const unfed = new Set(doors ? survey.graph.inports.filter(({ name }) => name !== doors.entry).map(end => end) : []);
  const leading = mentions.filter(({ end }) => !unfed.has(end as Outer));
  const wired = new Set(leading.map(({ end, side }) => key(side, end.node, end.port)));
  // A port that seems open may be the one that another fault is about.
  const nodesInDoubt = new Set([...survey.undeclared.keys()].flatMap(name => survey.nearNodes(name)));
  const sidesInDoubt = new Set(strays.map(({ end, side }) => key(side, end.node)));
  return Array.from(blueprints).flatMap(([node, blueprint]) =>
    (['inports', 'outports'] as const).flatMap(side => {
      if (nodesInDoubt.has(node) || sidesInDoubt.has(key(side, node))) return [];
      const place = nodes.get(node)?.place ?? START;
      const open = blueprint[side].filter(port => !wired.has(key(side, node, port.name)));
      return open.map(port => ({ node, place, side, port }));
    }),
  );
}

/** The outports of nodes that have none wired: one of them may be meant to lead out of the graph. */
function unspoken({ mentions }: Survey, open: readonly Open[]): Open[] {
  const speaking = new Set(mentions.filter(({ side }) => side === 'outports').map(({ end }) => end.node));
  return open.filter(({ node, side }) => side === 'outports' && !speaking.has(node));
}

/** The names of the outer ports that have to be there and are not. */
function missing({ graph }: Survey, doors: Doors | undefined): Partial<Record<Side, string>> {
  const lacks = (side: Side, door: string | undefined) =>
    door ? !graph[side].some(({ name }) => name === door) : graph[side].length === 0;
  return {
    ...(lacks('inports', doors?.entry) && { inports: doors?.entry ?? 'NAME' }),
    ...(lacks('outports', doors?.exit) && { outports: doors?.exit ?? 'NAME' }),
  };
}

function empty({ node, place, port: { name, control } }: Open): Said {
  const port = name.toUpperCase();
  const cure = control ? `write 'VALUE' -> ${port} ${node}` : `write NODE OUT -> ${port} ${node}`;
  return { place, sentence: `nothing leads into ${node} ${port}, which is required; ${cure}` };
}

function lost({ node, place, port: { name, schema } }: Open): Said {
  const port = `${node} ${name.toUpperCase()}`;
  const cure = `write ${port} -> IN NODE${schema === undefined ? ', or -> IN drop(core/Drop) where that is no matter' : ''}`;
  return { place, sentence: `${port} leads nowhere, so its failures would be lost; ${cure}` };
}

/** Outer inports that nothing comes in by: a server asks at one alone. */
function unfed({ graph }: Survey, doors: Doors | undefined): Said[] {
  if (!doors) return [];
  return graph.inports
    .filter(({ name }) => name !== doors.entry)
    .map(({ name, place }) => {
      const sentence = `nothing comes in by outer inport ${name.toUpperCase()}, as questions come by ${doors.entry.toUpperCase()}; remove it`;
      return { place, sentence, warning: true };
    });
}

/** With the one port that may be meant, where there is one. */
function lacking({ graph }: Survey, side: Side, door: string, meant: Open | undefined): Said {
  const way = side === 'inports' ? 'INPORT' : 'OUTPORT';
  const name = door.toUpperCase();
  const example = outerText(graph.file, side, name, meant && { node: meant.node, port: meant.port.name });
  const what = name === 'NAME' ? `no outer ${way.toLowerCase()}` : `no outer ${way.toLowerCase()} ${name}`;
  return { place: START, sentence: `there is ${what}; write ${example}` };
}

/** How an outer port is written in a graph's file; with words that stand for its node and port where they are not known. */
export function outerText(file: string, side: Side, name: string, inner = { node: 'NODE', port: 'PORT' }): string {
  const [node, port] = [inner.node, inner.port.toUpperCase()];
  if (/\.json$/i.test(file)) return `"${side}": {"${name}": {"process": "${node}", "port": "${port}"}}`;
  return `${side === 'inports' ? 'INPORT' : 'OUTPORT'}=${node}.${port}:${name}`;
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}

function key(...parts: readonly string[]): string {
  return parts.join('\n');
}
