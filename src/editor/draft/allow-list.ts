import { type Diagnostic, diagnostic } from '../../model/diagnostic.ts';
import type { End, Graph, Place } from '../../model/graph.ts';
import { Refused } from '../../model/refused.ts';
import { NAMESPACE } from '../../registry/sources.ts';
import { storeFault } from '../../store/url.ts';
import type { Client } from '../message.ts';

/**
 * Vetted components of NoFlo's core library: they only forward, copy, time or drop packets. None evaluates a packet,
 * calls functions in it, or accesses the environment, files, the log or the process. Others were not vetted, or do more
 * than that.
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

/** The available components, and graphs of those that are subgraphs. */
interface ComponentGraphs {
  /** Names of components, with their libraries. */
  readonly names: readonly string[];
  /** The graph of a component that is a subgraph. Throws if its file can't be read. */
  graph(component: string): { readonly graph: Pick<Graph, 'nodes'> } | undefined;
}

/** A component of a graph that is not allowed, with its place. */
export interface Objection extends Diagnostic, Place {
  readonly node?: string;
  /** The path of the node in a subgraph, and the subgraph. */
  readonly inner?: string;
  readonly within?: string;
}

type Inputs = Pick<Graph, 'nodes' | 'edges' | 'initials' | 'inports'>;

/**
 * The components that need no code right: our own, vetted ones of NoFlo, and those that the owner allows. Every way for
 * a component to enter a graph is checked here.
 */
export class AllowList {
  readonly #componentGraphs: ComponentGraphs;
  readonly #named: ReadonlySet<string>;
  /** Verdicts cached for one turn of the event loop. */
  readonly #judged = new Map<string, string | undefined>();

  /** `named` are components such as `objects/Extend`, or whole libraries such as `objects`. */
  constructor(named: readonly string[] = [], componentGraphs: ComponentGraphs = { names: [], graph: () => undefined }) {
    this.#named = new Set([...VETTED, ...named]);
    this.#componentGraphs = componentGraphs;
  }

  /** Why a component needs the code right; undefined if it doesn't. */
  reason(component: string): string | undefined {
    if (this.#judged.size === 0) setImmediate(() => this.#judged.clear());
    if (!this.#judged.has(component)) this.#judged.set(component, this.#judge(component));
    return this.#judged.get(component);
  }

  /**
   * The components of a graph that need the code right, without those that a trusted graph has with the same inputs.
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

  /** The unvetted component that this one is or contains; undefined if there is none. */
  #unvetted(component: string, within: readonly string[]): string | undefined {
    // A bare name may resolve to any component of this name.
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
      // An unreadable component can't run, and is checked again before it does.
      return [];
    }
  }
}

/** Whether a trusted graph has this node with the same inputs, under the same name or one that no longer exists. */
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

/** A node's inputs as texts, without the names of other nodes, so that a renamed sender makes no difference. */
function inputsOf({ nodes, edges, initials, inports }: Inputs, node: string): readonly string[] {
  const componentOf = (name: string) => nodes.find(other => other.name === name)?.component;
  const slot = ({ port, index }: Pick<End, 'port' | 'index'>) => [port, index];
  return [
    ...edges.flatMap(({ from, to }) => (to.node === node ? [[slot(to), componentOf(from.node), slot(from)]] : [])),
    ...initials.flatMap(({ to, data }) => (to.node === node ? [[slot(to), data]] : [])),
    ...inports.flatMap(outer => (outer.node === node ? [[slot(outer), outer.name]] : [])),
  ].map(input => JSON.stringify(input));
}

/**
 * Throws Refused if a client without the code right places a component that isn't allowed, or connects something to
 * one.
 */
export function refuseUnlessAllowed(client: Client, allowed: AllowList, component: string | undefined): void {
  if (client.rights.has('code') || component === undefined) return;
  const reason = allowed.reason(component);
  if (reason !== undefined) throw new Refused(reason);
}

/**
 * Throws Refused for a packet with a database URL that isn't allowed, wherever it is sent. No store would open it; this
 * reports it at once.
 */
export function refuseForeignStore(data: unknown): void {
  // An array with a single text counts as that text in many components.
  for (const url of [data].flat()) {
    if (typeof url !== 'string' || !/^(sqlite|postgres(ql)?):\S+$/.test(url)) continue;
    const fault = storeFault(url);
    if (fault !== undefined) throw new Refused(fault);
  }
}
