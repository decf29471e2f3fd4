import { registerHooks } from 'node:module';
import type { Component, IP } from 'noflo';
import type { ComponentSpec, PortSpec } from '../model/component-spec.ts';

/** Gives whoever imports a URL a text in place of what its file holds, also where there is no file. Returns what ends it. */
export function overrideModule(url: string, source: string): () => void {
  const format = new URL(url).pathname.endsWith('.ts') ? 'module-typescript' : 'module';
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === url ? { url, format, shortCircuit: true } : next(specifier, context),
    load: (asked, context, next) => (asked === url ? { format, source, shortCircuit: true } : next(asked, context)),
  });
  return () => hooks.deregister();
}

export type Factory = (metadata?: object) => Component;

/** What a component's module gives. */
export interface Made {
  readonly spec: ComponentSpec;
  readonly factory: Factory;
}

/** Milliseconds that a component's file may take to load. */
const LOAD_TIMEOUT_MS = 5000;

interface Exports {
  readonly getComponent?: Factory;
  readonly default?: { readonly getComponent?: Factory };
}

/** Imports a component's module and makes a first component of it. Rejects with what it throws, or with what it lacks. */
export async function load(name: string, url: string): Promise<Made> {
  return made(name, await importInTime(url));
}

/** Makes a first component of what its module exports. Throws what it lacks. */
export function made(name: string, module: Exports): Made {
  const factory: Factory | undefined = module.getComponent ?? module.default?.getComponent;
  if (!factory) throw new Error('it exports no getComponent');
  const component: Partial<Component> | undefined = factory();
  if (!component?.inPorts || !component.outPorts) throw new Error('its getComponent makes no NoFlo component');
  if (!component.inPorts.ports) throw new Error('it is made with a NoFlo before 1.0, whose ports are others');
  return { spec: spec(name, component as Component), factory };
}

/** Imports a module. Rejects where it fails, or where it awaits something that never comes. */
async function importInTime(url: string): Promise<Exports> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it does not finish loading in ${LOAD_TIMEOUT_MS / 1000} s`)),
      LOAD_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([import(url), late]);
  } finally {
    clearTimeout(timer);
  }
}

function spec(name: string, component: Component): ComponentSpec {
  return {
    name,
    description: component.getDescription(),
    icon: component.getIcon(),
    inports: ports(component.inPorts.ports),
    outports: ports(component.outPorts.ports),
  };
}

function ports(all: Record<string, unknown>): readonly PortSpec[] {
  return Object.entries(all as Record<string, { options: Record<string, unknown> }>).map(([port, { options }]) => ({
    name: port,
    datatype: String(options.datatype ?? 'all'),
    ...(typeof options.schema === 'string' && { schema: options.schema }),
    required: options.required === true,
    addressable: options.addressable === true,
    control: options.control === true,
    description: String(options.description ?? ''),
    ...(typeof options.open === 'string' && options.open !== '' && { open: options.open }),
    preset: options.default !== undefined,
    ...(isJson(options.default) && { default: options.default }),
    ...(Array.isArray(options.values) && isJson(options.values) && { values: options.values }),
  }));
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

type InPort = Component['inPorts']['ports'][string];
type OutPort = Component['outPorts']['ports'][string];

/**
 * Lets a component of another library have its packets for itself, as NoFlo means it: it gets a copy that it may change, and
 * what it sends is a frozen copy. What is more than plain data, such as a stream or a function, passes as it is.
 */
export function insulated({ spec, factory }: Made): Made {
  return { spec, factory: metadata => insulate(factory(metadata)) };
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
