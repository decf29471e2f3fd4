import type { Component, IP } from 'noflo';
import type { Made } from './module.ts';

type InPort = Component['inPorts']['ports'][string];
type OutPort = Component['outPorts']['ports'][string];

/**
 * Lets a component of another library have its packets for itself, as NoFlo means it: it gets a copy that it may change, and
 * what it sends is a frozen copy. What is more than plain data, such as a stream or a function, passes as it is.
 */
export function insulated({ blueprint, factory }: Made): Made {
  return { blueprint, factory: metadata => insulate(factory(metadata)) };
}

function insulate(component: Component): Component {
  for (const inport of Object.values(component.inPorts.ports)) receive(inport);
  for (const outport of Object.values(component.outPorts.ports)) send(outport);
  return component;
}

function receive(inport: InPort): void {
  const { handleIP, handleSocketEvent } = inport;
  // One packet goes to all branches of an edge that forks.
  inport.handleIP = (ip, index) => handleIP.call(inport, withData(ip, copy(ip.data, false)), index);
  inport.handleSocketEvent = (event, payload, index) =>
    handleSocketEvent.call(inport, event, event === 'data' ? copy(payload, false) : payload, index);
}

function send(outport: OutPort): void {
  const { sendIP, send } = outport;
  outport.sendIP = (type, data, ...rest) =>
    typeof type === 'string'
      ? sendIP.call(outport, type, copy(data, true), ...rest)
      : sendIP.call(outport, withData(type, copy(type.data, true)), data, ...rest);
  outport.send = (data, ...rest) => send.call(outport, copy(data, true), ...rest);
}

function withData(ip: IP, data: unknown): IP {
  return ip.data === data ? ip : Object.assign(Object.create(Object.getPrototypeOf(ip)), ip, { data });
}

/** A copy of plain data, frozen or not; the same value where it is none. */
function copy(value: unknown, isFrozen: boolean, made = new Map<object, object>()): unknown {
  if (!isPlain(value)) return value;
  const known = made.get(value);
  if (known) return known;
  const copied: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? []
    : Object.create(Object.getPrototypeOf(value));
  made.set(value, copied);
  for (const [key, each] of Object.entries(value)) {
    // A name such as __proto__ is one like any other.
    const described = { value: copy(each, isFrozen, made), writable: true, enumerable: true, configurable: true };
    Object.defineProperty(copied, key, described);
  }
  return isFrozen ? Object.freeze(copied) : copied;
}

/** Whether a value is an array or an object without a class, of whichever realm. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
