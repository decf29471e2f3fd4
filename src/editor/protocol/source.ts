import { basename } from 'node:path';
import { write } from '../../fbp/print.ts';
import type { Graph } from '../../fbp.ts';
import type { Library } from '../../library.ts';
import { type Message, Refused } from './message.ts';

/** What runs the graphs, in the words of editors: they change no graph that is made for another runtime. */
export const RUNTIME_TYPE = 'noflo-nodejs';

/** A graph as FBP JSON, with all that editors need of it, for a runtime of our kind. */
export function toJson(graph: Graph): string {
  const { environment, name = basename(graph.file).replace(/\.\w+$/, '') } = graph.properties;
  const properties = { ...graph.properties, name, environment: { ...Object(environment), type: RUNTIME_TYPE } };
  return write({ ...graph, properties, file: 'graph.json' }, { text: '', layout: '' }).text;
}

/** The message with a graph's source; its id has the library in front. */
export function graphSource(id: string, graph: Graph): Message {
  return source(id, 'json', toJson(graph));
}

/** The message with a component's source: its file, and for a subgraph its FBP JSON. Throws Refused where there is none. */
export function componentSource(library: Library, component: string): Message {
  const files = library.source(component);
  if (!files) throw new Refused(`there is no component ${component}`);
  const { name, path, language, tests } = files;
  try {
    const reading = library.graph(name);
    if (reading) return graphSource(name, reading.graph);
    const code = library.text(path);
    if (code !== undefined) return source(name, language, code, tests && library.text(tests));
  } catch (error) {
    throw new Refused(`the source of ${name} can't be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
  throw new Refused(`the source of ${name} can't be read: its file is gone`);
}

function source(id: string, language: string, code: string, tests?: string): Message {
  const [library = '', name = ''] = id.split('/');
  const payload = { name, library, language, code, ...(tests !== undefined && { tests }) };
  return { protocol: 'component', command: 'source', payload };
}
