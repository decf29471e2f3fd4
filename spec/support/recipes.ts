import type { Component, DeclaredPort } from '../../public/editor/model/component.ts';
import { applyAll, conflictWith } from '../../public/editor/model/draft.ts';
import type { Edit } from '../../public/editor/model/edits.ts';
import type { Components } from '../../public/editor/model/fits.ts';
import type { EditorGraph } from '../../public/editor/model/graph.ts';
import { graphOf, jsonOf } from '../../public/editor/model/json.ts';
import { inStoreOf, paste, pasteFault, preparePaste } from '../../public/editor/model/paste.ts';
import { graphJson } from '../../src/editor/protocol/component.ts';
import { write } from '../../src/fbp/print.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { PortSpec } from '../../src/model/component-spec.ts';
import type { BareEdge } from '../../src/model/graph.ts';
import { readRecipes } from '../../src/registry/recipes.ts';
import { Registry } from '../../src/registry/registry.ts';
import { CHAT } from './graphs.ts';
import { ROOT } from './source.ts';

const declared = ({
  name,
  datatype,
  schema = '',
  required,
  addressable,
  control,
  ...port
}: PortSpec): DeclaredPort => ({
  name,
  datatype,
  schema,
  required,
  addressable,
  control,
  description: port.description,
  values: port.values ?? [],
  initial: port.default,
  ...(port.sameAs !== undefined && { sameAs: port.sameAs }),
});

/** The project's components, as the editor's page knows them. */
export async function pageComponents(): Promise<Components> {
  const specs = await new Registry(ROOT).all();
  return new Map(
    specs.map(({ name, description, icon, inports, outports }): [string, Component] => [
      name,
      {
        name,
        description,
        icon,
        subgraph: false,
        locked: '',
        inports: inports.map(declared),
        outports: outports.map(declared),
      },
    ]),
  );
}

export const RECIPES = readRecipes(ROOT);

/** A recipe, as the editor's page has it. */
export function recipeGraph(name: string): EditorGraph {
  const recipe = RECIPES.find(each => each.name === name);
  if (!recipe) throw new Error(`there is no recipe ${name}`);
  return graphOf(graphJson(recipe.graph));
}

/** The edit that inserts a recipe. Throws a sentence where it can't be inserted. */
export function insertion(graph: EditorGraph, name: string, components: Components, into?: BareEdge): Edit {
  const made = preparePaste(graph, inStoreOf(graph, recipeGraph(name), components), components, into);
  const edit = paste(made, new Map());
  const fault = pasteFault(made, true) ?? conflictWith(graph, edit.changes, () => false);
  if (fault !== undefined) throw new Error(fault);
  return edit;
}

/** The chat as the editor's page has it. */
export const chatGraph = (): EditorGraph => graphOf(graphJson(readGraph('graphs/chat.fbp', CHAT).graph));

/** The chat's graph with recipes inserted one after the other. */
export const withRecipes = (components: Components, names: readonly string[], graph = chatGraph()): EditorGraph =>
  names.reduce((before, name) => applyAll(before, insertion(before, name, components).changes), graph);

/** The text of the chat's file after edits. */
export function chatText(made: EditorGraph): string {
  const { graph } = readGraph('graphs/chat.fbp', CHAT);
  const after = readGraph('chat.json', JSON.stringify(jsonOf(made))).graph;
  return write({ ...after, file: 'graphs/chat.fbp', properties: graph.properties }, { text: CHAT, layout: '' }).text;
}
