import type { Doors } from '../check.ts';
import type { Place } from '../fbp.ts';
import { outerText } from './absence.ts';
import type { Said, Survey } from './survey.ts';

const EVENT = 'chat/event';

/** An outport by which events leave a node. */
interface Source {
  readonly node: string;
  readonly port: string;
  readonly place: Place;
}

/**
 * Warns where live delivery is lost without a word: nothing leaves a server's graph at its `push` port, though a node makes
 * events that lead nowhere, or answers questions itself, as one does that lets callers subscribe.
 */
export function unheard(survey: Survey, doors: Doors | undefined): Said[] {
  const push = doors?.push;
  const { inports, outports } = survey.graph;
  if (push === undefined || outports.some(({ name }) => name === push)) return [];
  // Without its way in nothing works, and that is told.
  if (!inports.some(({ name }) => name === doors?.entry)) return [];
  const source = openSource(survey);
  const place = source?.place ?? subscribing(survey);
  if (!place) return [];
  const cure = source
    ? `write ${outerText(survey.graph.file, 'outports', push.toUpperCase(), source)}`
    : `lead events to an outer outport ${push.toUpperCase()}`;
  const sentence = `nothing leaves at ${push.toUpperCase()}, so nobody hears new messages live; ${cure}`;
  return [{ place, sentence, warning: true }];
}

/** The first outport of events that nothing is wired to. */
function openSource({ graph, nodes, blueprints }: Survey): Source | undefined {
  for (const { name: node, place } of nodes.values())
    for (const { name: port, schema } of blueprints.get(node)?.outports ?? []) {
      const isWired =
        graph.edges.some(({ from }) => from.node === node && from.port === port) ||
        graph.outports.some(outer => outer.node === node && outer.port === port);
      if (schema === EVENT && !isWired) return { node, port, place };
    }
  return;
}

/** Where the first node is declared that takes questions and answers them itself, while another tells what was kept. */
function subscribing({ nodes, blueprints }: Survey): Place | undefined {
  const has = (node: string, side: 'inports' | 'outports', schema: string) =>
    blueprints.get(node)?.[side].some(port => port.schema === schema) ?? false;
  const all = [...nodes.values()];
  if (!all.some(({ name }) => has(name, 'outports', 'chat/added'))) return;
  return all.find(({ name }) => has(name, 'inports', 'chat/question') && has(name, 'outports', 'chat/reply'))?.place;
}
