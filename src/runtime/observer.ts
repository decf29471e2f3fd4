import type { Component } from 'noflo';
import type { Breaker, Inport } from './breaker.ts';
import { loop } from './watchdog.ts';

/** Who follows packets through a network, and has to hear which of them were failed. */
export interface PacketObserver {
  /** A packet has reached a node. Returns the id of the question that it belongs to, if there is one. */
  reached(packet: unknown, node: string): string | undefined;
  /** Whether a packet belongs to a question. */
  knows(packet: unknown): boolean;
  /** A packet that belongs to no question is on its way from a node to the next. */
  passed(from: string, to: string): void;
  holder(id: string): string | undefined;
  fail(id: string, node: string): void;
  /** A node failed on what is no question. */
  uncaught(node?: string): void;
}

/** Hears of every error that a node let out, and of the question that it was at work on, where it was one. */
export type OnNodeError = (node: string, error: Error, question?: string) => void;

type InPort = Component['inPorts']['ports'][string];

/** How a node is watched. */
export interface ObservedNode {
  readonly node: string;
  readonly component: Component;
  readonly observer: PacketObserver;
  readonly failed: OnNodeError;
  readonly breaker: Breaker;
  /** Its number at the event loop. */
  readonly slot: number;
}

/** Fails the question that a node was at work on, or tells that it was none. */
type Fail = (asked: string | undefined, error: unknown) => void;

/** Puts itself around all that a node does with packets: knows which question is there, and misses no way to fail. */
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
  component.handle = (input, output, context) => {
    const asked = observer.reached(context.ip.data, node);
    const failHere = (error: unknown) => {
      fail(asked, error);
      if (context.activated) output.done();
    };
    const resolved = (value: unknown) => {
      if (!context.activated) return;
      if (value !== undefined) output.sendDone(value as object);
      else if (asked !== undefined && observer.holder(asked) === node)
        failHere(new Error('its process resolved to nothing and sent nothing'));
      else output.done();
    };
    try {
      const result: unknown = inner.call(component, input, output, context);
      if (result instanceof Promise) result.then(resolved).catch(failHere);
    } catch (error) {
      failHere(error);
    }
  };
}

/** Notes which node holds the event loop. */
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

/** One of the events that NoFlo's sockets make of a packet. */
interface SocketEvent {
  readonly event: string;
  readonly data: unknown;
}

/** A component of the first NoFlo hears events at its ports, where others have a process function. Returns where they come in. */
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
  // What nobody hears as a packet would be kept for ever.
  const isHeard = inport.listenerCount('ip') > 0;
  inport.handleIP = (ip, index) => {
    if (isHeard) attempt(observer.reached(ip.data, node), () => deliver.call(inport, ip, index));
  };
  return events;
}
