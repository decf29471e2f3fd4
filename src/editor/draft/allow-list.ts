import { type Diagnostic, diagnostic } from '../../model/diagnostic.ts';
import type { End, Graph, Place } from '../../model/graph.ts';
import { Refused } from '../../model/payload.ts';
import { NAMESPACE } from '../../registry/sources.ts';
import { storeFault } from '../../store/url.ts';
import type { Client } from '../message.ts';

/**
 * Components of NoFlo's core library that pass packets on, copy them, count time or drop them, and nothing else: none of
 * them evaluates a packet, calls what is in it, or reaches the environment, files, the log or what the process has. Each was
 * judged by its source; one that is not here is not judged, or found to do more than that.
 */
const VETTED: readonly string[] = [
  'core/Copy',
  'core/DisconnectAfterPacket',
  'core/Drop',
  'core/Kick',
  'core/Merge',
  'core/Repeat',
  'core/RepeatAsync',
  'core/RepeatDelayed',
  'core/RunInterval',
  'core/SendNext',
  'core/Split',
];

/** The components that there are, as far as they are judged. */
interface ComponentGraphs {
  /** Names of components, with their libraries' in front. */
  readonly names: readonly string[];
  /** The graph behind a component that is one. Throws where its file can't be read. */
  graph(component: string): { readonly graph: Pick<Graph, 'nodes'> } | undefined;
}

/** What in a graph is not allowed, and where it stands. */
export interface Objection extends Diagnostic, Place {
  readonly node?: string;
  /** The path of the node in a subgraph, and the subgraph. */
  readonly inner?: string;
  readonly within?: string;
}

type Inputs = Pick<Graph, 'nodes' | 'edges' | 'initials' | 'inports'>;

/**
 * Which components may be used without the right to bring in code: our own, the vetted ones of NoFlo, and those that the
 * owner names. The one place that decides it, for whatever way a component comes into a graph.
 */
export class AllowList {
  readonly #componentGraphs: ComponentGraphs;
  readonly #named: ReadonlySet<string>;
  /** What was judged in this turn of the event loop, as one edit may name a component thousands of times. */
  readonly #judged = new Map<string, string | undefined>();

  /** `named` are components such as `objects/Extend`, or whole libraries such as `objects`. */
  constructor(named: readonly string[] = [], componentGraphs: ComponentGraphs = { names: [], graph: () => undefined }) {
    this.#named = new Set([...VETTED, ...named]);
    this.#componentGraphs = componentGraphs;
  }

  /** Why a component can't be used without the right to bring in code; undefined where it can. */
  reason(component: string): string | undefined {
    if (this.#judged.size === 0) setImmediate(() => this.#judged.clear());
    if (!this.#judged.has(component)) this.#judged.set(component, this.#judge(component));
    return this.#judged.get(component);
  }

  /**
   * What in a graph can't be used without the right to bring in code: each component that is not allowed, unless one of the
   * graphs that are trusted has it with everything that leads into it here.
   */
  objections(graph: Inputs, trusted: () => readonly Inputs[] = () => []): readonly Objection[] {
    return graph.nodes.flatMap(({ name, component, place }) => {
      const reason = this.reason(component);
      if (reason === undefined || trusted().some(other => isIn(other, graph, name))) return [];
      return [{ ...diagnostic('needs-code-right', { node: name, reason }), ...place, node: name }];
    });
  }

  #judge(component: string): string | undefined {
    const unvetted = this.#unvetted(component, []);
    if (unvetted === undefined) return;
    const { names } = this.#componentGraphs;
    const isInside = unvetted !== component && unvetted.split('/')[1] !== component;
    if (names.length > 0 && !names.includes(unvetted))
      return `there is no component ${isInside ? unvetted : component}`;
    const cure = 'it can be used only with a secret that may bring in code, or where EDITOR_COMPONENTS names it';
    const all = `${unvetted} has all rights of this server; ${cure}`;
    return isInside ? `${component} has ${unvetted} in it, and ${all}` : all;
  }

  /** The component with all rights of the server that this one is, or has in it; undefined where there is none. */
  #unvetted(component: string, within: readonly string[]): string | undefined {
    // Who finds a component by its bare name may find any of those that are called so.
    const bare = this.#componentGraphs.names.filter(name => name.split('/')[1] === component);
    const isFull = component.includes('/') || this.#componentGraphs.names.includes(component);
    for (const name of isFull ? [component] : bare.length > 0 ? bare : [`core/${component}`]) {
      if (within.includes(name)) continue;
      const unvetted = this.#isNamed(name) ? undefined : this.#unvettedItself(name, [...within, name]);
      if (unvetted !== undefined) return unvetted;
    }
  }

  #isNamed(name: string): boolean {
    return this.#named.has(name) || this.#named.has(name.split('/')[0]!);
  }

  #unvettedItself(name: string, within: readonly string[]): string | undefined {
    if (!name.startsWith(`${NAMESPACE}/`)) return name;
    for (const { component } of this.#inside(name)) {
      const unvetted = this.#unvetted(component, within);
      if (unvetted !== undefined) return unvetted;
    }
  }

  #inside(name: string): Graph['nodes'] {
    try {
      return this.#componentGraphs.graph(name)?.graph.nodes ?? [];
    } catch {
      // What can't be read can't run either, and is judged again before it does.
      return [];
    }
  }
}

/** Whether a graph that is trusted has a node of another one with all that leads into it, under this name or one that is gone. */
function isIn(trusted: Inputs, graph: Inputs, name: string): boolean {
  const componentOf = (wanted: string) => graph.nodes.find(node => node.name === wanted)?.component;
  const inputs = inputsOf(graph, name);
  return trusted.nodes.some(other => {
    if (other.component !== componentOf(name)) return false;
    if (other.name !== name && componentOf(other.name) !== undefined) return false;
    const known = new Set(inputsOf(trusted, other.name));
    return inputs.every(input => known.has(input));
  });
}

/** What leads into a node, each as a text; whatever other nodes are called, as a wire from one that was renamed is no other wire. */
function inputsOf({ nodes, edges, initials, inports }: Inputs, node: string): readonly string[] {
  const componentOf = (name: string) => nodes.find(other => other.name === name)?.component;
  const slot = ({ port, index }: Pick<End, 'port' | 'index'>) => [port, index];
  return [
    ...edges.flatMap(({ from, to }) => (to.node === node ? [[slot(to), componentOf(from.node), slot(from)]] : [])),
    ...initials.flatMap(({ to, data }) => (to.node === node ? [[slot(to), data]] : [])),
    ...inports.flatMap(outer => (outer.node === node ? [[slot(outer), outer.name]] : [])),
  ].map(input => JSON.stringify(input));
}

/** Refuses whoever may not bring in code to place a component that is not allowed, and to lead or put anything to where it stands. */
export function refuseUnlessAllowed(client: Client, allowed: AllowList, component: string | undefined): void {
  if (client.rights.has('code') || component === undefined) return;
  const reason = allowed.reason(component);
  if (reason !== undefined) throw new Refused(reason);
}

/**
 * Refuses a packet that would name a database where none may be, wherever it goes: no store opens it, and whoever sends it
 * hears of it at once.
 */
export function refuseForeignStore(data: unknown): void {
  // An array with one text in it is that text to many.
  for (const url of [data].flat()) {
    if (typeof url !== 'string' || !/^(sqlite|postgres(ql)?):\S+$/.test(url)) continue;
    const fault = storeFault(url);
    if (fault !== undefined) throw new Refused(fault);
  }
}
