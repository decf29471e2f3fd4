import type { Component } from 'noflo';
import type { Breaker, Inport } from './breaker.ts';
import { loop } from './watchdog.ts';

/** Observes packets in a network, and which of them failed. */
export interface PacketObserver {
  /** A packet reached a node. Returns the id of its question, if any. */
  reached(packet: unknown, node: string): string | undefined;
  /** Whether a packet belongs to a question. */
  knows(packet: unknown): boolean;
  /** A packet without a question goes from one node to the next. */
  passed(from: string, to: string): void;
  holder(id: string): string | undefined;
  fail(id: string, node: string): void;
  /** A node failed outside of any question. */
  uncaught(node?: string): void;
}

/** Called for every error of a node, with the question it was processing, if any. */
export type OnNodeError = (node: string, error: Error, question?: string) => void;

type InPort = Component['inPorts']['ports'][string];
type Output = Parameters<Component['handle']>[1];
type Context = Parameters<Component['handle']>[2];

interface ObservedNode {
  readonly node: string;
  readonly component: Component;
  readonly observer: PacketObserver;
  readonly failed: OnNodeError;
  readonly breaker: Breaker;
  /** The node's slot in the watchdog. */
  readonly slot: number;
}

/** Fails the question that a node was processing, or reports an error outside of any question. */
type Fail = (asked: string | undefined, error: unknown) => void;

/** Wraps everything a node does with packets, to know the current question and catch every kind of failure. */
export function observeNode(watching: ObservedNode): void {
  const { node, component, observer, breaker, failed, slot } = watching;
  const fail: Fail = (asked, error) => {
    if (asked !== undefined) observer.fail(asked, node);
    else observer.uncaught(node);
    failed(node, error instanceof Error ? error : new Error(String(error)), asked);
  };
  const refused = (data: unknown, error: Error) => fail(observer.reached(data, node), error);
  const hasProcess = !component.isLegacy();
  if (hasProcess) watchProcess(watching, fail);
  for (const inport of Object.values(component.inPorts.ports)) {
    if (hasProcess) noteHolder(inport, slot);
    else breaker.guard(node, [watchEvents(inport, watching, fail)], refused);
    breaker.guard(node, [inport], refused);
  }
}

function watchProcess({ node, component, observer }: ObservedNode, fail: Fail): void {
  const inner = component.handle;
  const failHere = (asked: string | undefined, error: unknown, output: Output, context: Context) => {
    fail(asked, error);
    leaveOut(context);
    if (context.activated) output.done();
  };
  const resolved = (value: unknown, asked: string | undefined, output: Output, context: Context) => {
    if (!context.activated) return;
    if (value !== undefined) output.sendDone(value as object);
    else if (asked !== undefined && observer.holder(asked) === node)
      failHere(asked, new Error('its process resolved to nothing and sent nothing'), output, context);
    else output.done();
  };
  component.handle = (input, output, context) => {
    const asked = observer.reached(context.ip.data, node);
    try {
      const result: unknown = inner.call(component, input, output, context);
      if (result instanceof Promise)
        result
          .then(value => resolved(value, asked, output, context))
          .catch(error => failHere(asked, error, output, context));
    } catch (error) {
      failHere(asked, error, output, context);
    }
  };
}

/**
 * Removes a failed packet from its port if the node has not: otherwise it would take the place of the next one, and so
 * on.
 */
function leaveOut({ ip, port }: Context): void {
  if (port.options.control) return;
  const buffer = port.prepareBufferForIP(ip);
  const at = buffer.indexOf(ip);
  if (at >= 0) buffer.splice(at, 1);
}

/** Records which node occupies the event loop. */
function noteHolder(inport: InPort, slot: number): void {
  const deliver = inport.handleIP;
  inport.handleIP = (ip, index) => {
    const before = loop.enter(slot);
    try {
      deliver.call(inport, ip, index);
    } finally {
      loop.leave(before);
    }
  };
}

/** One of the events by which NoFlo's sockets deliver a packet. */
interface SocketEvent {
  readonly event: string;
  readonly data: unknown;
}

/**
 * Observes a component in NoFlo's legacy style, which listens to port events instead of having a process function.
 * Returns the entry for its packets.
 */
function watchEvents(inport: InPort, { node, observer, slot }: ObservedNode, fail: Fail): Inport<SocketEvent> {
  const attempt = (asked: string | undefined, act: () => void) => {
    const before = loop.enter(slot);
    try {
      act();
    } catch (error) {
      fail(asked, error);
    } finally {
      loop.leave(before);
    }
  };
  const original = inport.handleSocketEvent;
  const events: Inport<SocketEvent> = {
    handleIP({ event, data }, index) {
      const asked = event === 'data' ? observer.reached(data, node) : undefined;
      attempt(asked, () => original.call(inport, event, data, index as number));
    },
  };
  inport.handleSocketEvent = (event, data, index) => {
    events.handleIP({ event, data }, index as number);
    return true;
  };
  const deliver = inport.handleIP;
  // Without a listener, packets would be buffered forever.
  const isHeard = inport.listenerCount('ip') > 0;
  inport.handleIP = (ip, index) => {
    if (isHeard) attempt(observer.reached(ip.data, node), () => deliver.call(inport, ip, index));
  };
  return events;
}
