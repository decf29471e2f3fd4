import { createContext, Script } from 'node:vm';
import type { Component } from 'noflo';
import * as v from 'valibot';
import { isAside } from '../check/graph-index.ts';
import { type Edge, type Graph, portKey } from '../model/graph.ts';
import { initialValue } from '../model/ports.ts';
import { DeclaredLimits, type DeclaredRoute, DeclaredRoutes, type NodeSettings } from '../model/routes.ts';
import type { Steps } from '../model/steps.ts';

/** A declared route, and the port by which its questions leave. */
export interface NodeRoute extends DeclaredRoute {
  readonly node: string;
  readonly port: string;
}

/** What a running graph offers, as its nodes declare it. */
export interface Declarations {
  /** Routes whose port is wired and whose node can be reached by questions, in the order in which these reach them. */
  readonly routes: readonly NodeRoute[];
  /** The smallest value of each limit, of all nodes on the paths of the chat's own routes. */
  readonly limits: Readonly<Record<string, number>>;
  /** Whether a question can cause events to leave the graph. */
  readonly isLive: boolean;
  /** Invalid declarations, as sentences for the log. */
  readonly faults: readonly string[];
}

/** Timeout in milliseconds of one node's declaration, which blocks the event loop, and of all. */
const DECLARE_TIMEOUT_MS = 500;
const ALL_TIMEOUT_MS = 3000;
/** Milliseconds of work after which other tasks get a turn. */
const STEP_MS = 5;

/** Limit of a graph's listed routes. */
const MAX_ROUTES = 5000;

type Kind = 'routes' | 'limits';
type Declared = DeclaredRoutes | Readonly<Record<string, number>>;

interface Ask {
  readonly node: string;
  readonly kind: Kind;
  readonly declare: unknown;
  readonly settings: NodeSettings;
  /** The node's declaration, or its error. */
  answer: Declared | string;
}

/**
 * Reads the declarations of a running graph without subgraphs, in steps. Never throws: a node that throws, returns
 * something invalid or takes too long is omitted and reported.
 */
export function* readDeclarations(
  graph: Graph,
  componentOf: (node: string) => Component,
  { entry, push }: { readonly entry: string; readonly push: string },
): Steps<Declarations> {
  const onward = Map.groupBy(graph.edges, ({ from }) => from.node);
  const next = (node: string) => onward.get(node) ?? [];
  const starts = graph.inports.filter(({ name }) => name === entry).map(({ node }) => node);
  const isAsking = ({ from, to }: Edge) =>
    !isAside(optionsOf(componentOf(from.node), 'outPorts', from.port)) &&
    optionsOf(componentOf(to.node), 'inPorts', to.port).control !== true;
  const asked = yield* reached(starts, node => next(node).filter(isAsking));

  const faults: string[] = [];
  const settings = settingsOf(graph, componentOf);
  const asks = (['routes', 'limits'] as const).flatMap(kind =>
    [...asked].flatMap((node): Ask[] => {
      const declare = (componentOf(node) as Component & Partial<Record<string, unknown>>)[kind];
      return declare === undefined ? [] : [{ node, kind, declare, settings: settings(node), answer: '' }];
    }),
  );
  yield* askAll(asks);
  const wired = new Set([...graph.edges.map(({ from }) => from), ...graph.outports].map(portKey));
  const routes = new Map<string, NodeRoute>();
  const held: { node: string; limits: Readonly<Record<string, number>> }[] = [];
  for (const { node, kind, answer } of asks) {
    yield;
    if (typeof answer === 'string') faults.push(`what ${node} declares as its ${kind} is left out: ${answer}`);
    else if (kind === 'limits') held.push({ node, limits: answer as Record<string, number> });
    else
      for (const [port, declared] of Object.entries(answer as DeclaredRoutes)) {
        if (!wired.has(portKey({ node, port }))) continue;
        for (const route of declared) {
          const key = routeKey(route);
          const first = routes.get(key);
          if (first) faults.push(`${route.method} ${route.path} is declared by ${first.node} and again by ${node}`);
          else if (routes.size < MAX_ROUTES) routes.set(key, { ...route, node, port });
        }
      }
  }

  const features = [...routes.values()].filter(({ can }) => can !== undefined);
  const ports = new Set(features.map(portKey));
  const first = graph.edges.filter(({ from }) => ports.has(portKey(from))).map(({ to }) => to.node);
  const ofFeatures = yield* reached(first, node => next(node).filter(isAsking));
  const limits: Record<string, number> = {};
  for (const { node, limits: own } of held)
    if (ofFeatures.has(node))
      for (const [name, most] of Object.entries(own)) limits[name] = Math.min(most, limits[name] ?? most);

  const told = yield* reached(starts, next);
  const isLive = graph.outports.some(({ name, node }) => name === push && told.has(node));
  return { routes: [...routes.values()], limits, isLive, faults };
}

/** Equal for routes of the same requests. */
const routeKey = ({ method, path }: DeclaredRoute) => `${method} ${path.replaceAll(/(?<=\/):\w+(?=\/|$)/g, ':')}`;

function* reached(starts: readonly string[], next: (node: string) => readonly Edge[]): Steps<ReadonlySet<string>> {
  const met = new Set(starts);
  for (const node of met) {
    for (const { to } of next(node)) met.add(to.node);
    yield;
  }
  return met;
}

function optionsOf(
  component: Component,
  side: 'inPorts' | 'outPorts',
  port: string,
): Readonly<Record<string, unknown>> {
  const { ports } = component[side];
  return Object.hasOwn(ports, port) ? (ports[port]!.options as Record<string, unknown>) : {};
}

/** A node's settings: its initial packets, converted to its ports' types, over the ports' defaults. */
function settingsOf({ initials }: Graph, componentOf: (node: string) => Component): (node: string) => NodeSettings {
  const packets = Map.groupBy(initials, ({ to }) => to.node);
  return node => {
    const component = componentOf(node);
    const defaults = Object.entries(component.inPorts.ports).map(([port, { options }]) => [port, options.default]);
    const given = (packets.get(node) ?? []).map(({ to, data }) => {
      const { datatype = 'all' } = optionsOf(component, 'inPorts', to.port);
      const converted = initialValue(data, String(datatype));
      return [to.port, structuredClone(converted ? converted.value : data)];
    });
    return Object.freeze(Object.fromEntries([...defaults, ...given].filter(([, value]) => value !== undefined)));
  };
}

const RUN = new Script('ask()');

/**
 * Calls all, one after the other. Code that never returns can only be aborted from within a script: the aborted call is
 * then repeated first, and given up after a second timeout.
 */
function* askAll(asks: readonly Ask[]): Steps<void> {
  const end = performance.now() + ALL_TIMEOUT_MS;
  let at = 0;
  const ask = () => {
    const pause = performance.now() + STEP_MS;
    for (; at < asks.length && performance.now() < pause; at++) asks[at]!.answer = answerOf(asks[at]!);
  };
  const context = createContext({ ask });
  while (at < asks.length) {
    const first = at;
    const timeout = Math.min(DECLARE_TIMEOUT_MS, Math.ceil(end - performance.now()));
    try {
      if (timeout > 0) RUN.runInContext(context, { timeout });
    } catch {}
    if (at === first) asks[at++]!.answer = 'it took too long';
    yield;
  }
}

function answerOf({ kind, declare, settings }: Ask): Declared | string {
  try {
    if (typeof declare !== 'function') return 'it is no function';
    const returned: unknown = declare(settings);
    if (returned instanceof Promise) {
      returned.catch(() => {});
      return 'it is a promise; return what it is at once';
    }
    const { success, output, issues } = v.safeParse(kind === 'routes' ? DeclaredRoutes : DeclaredLimits, returned);
    if (success) return output;
    const path = v.getDotPath(issues[0]);
    return path === null ? issues[0].message : `${path}: ${issues[0].message}`;
  } catch (error) {
    return error instanceof Error ? error.message : 'it throws';
  }
}
