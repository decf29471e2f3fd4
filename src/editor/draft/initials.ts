import { called } from '../../check/survey.ts';
import { equal } from '../../fbp/same.ts';
import type { End, Graph, Initial } from '../../fbp.ts';
import { MOST_INITIALS } from '../../model/limits.ts';
import { type Payload, Refused } from '../protocol/message.ts';
import { isRecord, plain, port } from '../protocol/payload.ts';
import { isAround, isAt, looking, NOWHERE, portOf, shown, site } from './graph.ts';
import { given, merged } from './metadata.ts';
import { type Change, type Edit, limit, present, told } from './step.ts';

/** Refuses to take away what somebody else has changed meanwhile. */
export class Overtaken extends Refused {}

/** Gives a port one more initial packet, as NoFlo allows several. */
export const addInitial: Edit = (graph, payload) => {
  const to = { ...port(payload, 'tgt'), place: NOWHERE };
  if (!isRecord(payload.src) || payload.src.data === undefined) throw new Refused('"src" must be {"data"}');
  present(graph, to.node);
  limit(graph.initials.length, MOST_INITIALS, 'initial packets');
  const data = plain(payload.src.data, '"data"');
  const metadata = merged({}, given(payload));
  const initial = { data, to, ...looking(metadata), place: NOWHERE };
  const after = { ...graph, initials: [...graph.initials, initial] };
  return { graph: after, told: [told('addinitial', { src: { data }, tgt: site(to), metadata })] };
};

/** Takes a port's initial packets away, or only those with the data that is named. */
export const removeInitial: Edit = (graph, payload) => {
  const there = find(graph, { ...port(payload, 'tgt'), place: NOWHERE });
  const gone = new Set(there.filter(wanted(payload)));
  if (gone.size === 0) throw new Overtaken(otherData(there, (payload.src as Payload).data));
  const initials = graph.initials.filter(initial => !gone.has(initial));
  return { graph: { ...graph, initials }, told: initialsGone([...gone]) };
};

/** Tells that initial packets are gone; equal ones once, as they go together. */
export function initialsGone(initials: readonly Initial[]): Change[] {
  const distinct: Initial[] = [];
  for (const initial of initials) {
    if (!distinct.some(({ to, data }) => isAt(to, initial.to) && equal(data, initial.data))) distinct.push(initial);
  }
  return distinct.map(({ data, to }) => told('removeinitial', { src: { data }, tgt: site(to) }));
}

function wanted({ src }: Payload): (initial: Initial) => boolean {
  if (!isRecord(src) || src.data === undefined) return () => true;
  const data = plain(src.data, '"data"');
  return initial => equal(initial.data, data);
}

/** The initial packets of the port that a message means: some editors leave the place of an array port out. */
function find(graph: Graph, wanted: End): readonly Initial[] {
  const exact = graph.initials.filter(({ to }) => isAt(to, wanted));
  if (exact.length > 0) return exact;
  const near = graph.initials.filter(({ to }) => isAround(to, wanted));
  const [first] = near;
  if (!first) {
    present(graph, wanted.node);
    throw new Refused(`${called(wanted)} has no initial packet; it may have been removed meanwhile`);
  }
  if (near.every(({ to }) => isAt(to, first.to))) return near;
  throw new Refused(`${called(wanted)} has initial packets at more than one place; give the "index" of the one`);
}

function otherData([first, ...more]: readonly Initial[], data: unknown): string {
  if (!first) return '';
  const now = [first, ...more].map(initial => shown(initial.data)).join(' and ');
  return `${portOf(first.to)} of ${first.to.node} is ${now} by now, not ${shown(data)}; look at it again`;
}
