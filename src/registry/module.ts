import { createRequire, registerHooks, stripTypeScriptTypes } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction, constants } from 'node:vm';
import type { Component, IP } from 'noflo';
import { readTextFile } from '../files/contents.ts';
import { type ComponentSpec, LINES, type PortSpec } from '../model/component-spec.ts';
import { inTime } from '../time-limit.ts';

/** Makes imports of a URL load `source`, even if there is no such file. Returns a function that ends it. */
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

/** A loaded component. */
export interface Made {
  readonly spec: ComponentSpec;
  readonly factory: Factory;
}

/** Milliseconds for a component's file to load. */
const LOAD_TIMEOUT_MS = 5000;

interface Exports {
  readonly getComponent?: Factory;
  readonly default?: { readonly getComponent?: Factory };
}

/** Imports a component's module and instantiates it. Rejects with errors of the module, or says what it lacks. */
export async function load(name: string, url: string): Promise<Made> {
  const module: Promise<Exports> = import(url);
  const late = (): never => {
    throw new Error(`it does not finish loading in ${LOAD_TIMEOUT_MS / 1000} s`);
  };
  return made(name, await inTime(module, LOAD_TIMEOUT_MS, late));
}

/** Instantiates the component that a module exports. Throws a sentence that says what it lacks. */
export function made(name: string, module: Exports): Made {
  const factory: Factory | undefined = module.getComponent ?? module.default?.getComponent;
  if (!factory) throw new Error('it exports no getComponent');
  const component: Partial<Component> | undefined = factory();
  if (!component?.inPorts || !component.outPorts) throw new Error('its getComponent makes no NoFlo component');
  if (!component.inPorts.ports) throw new Error('it is made with a NoFlo before 1.0, whose ports are others');
  return { spec: spec(name, component as Component), factory };
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
    ...formOf(options),
    ...(typeof options.sameAs === 'string' && { sameAs: options.sameAs.toLowerCase() }),
    ...(options.slow === true && { slow: true as const }),
    ...(options.guards === true && { guards: true as const }),
    ...(options.perProcess === true && { perProcess: true as const }),
    ...(options.aside === true && { aside: true as const }),
    ...conditionOf(options.when),
    ...(typeof options.check === 'function' && { check: options.check as (value: unknown) => unknown }),
    ...(typeof options.warn === 'function' && { warn: options.warn as (value: unknown) => string | undefined }),
  }));
}

/** The condition under which an outport is used. */
function conditionOf(when: unknown): Pick<PortSpec, 'when'> {
  const { name, value } = Object(when) as Record<string, unknown>;
  return isText(name) && isText(value) ? { when: { name: name.toLowerCase(), value } } : {};
}

/** A setting's form options. */
function formOf({
  title,
  lines,
  unit,
  secret,
  everyday,
}: Record<string, unknown>): Pick<PortSpec, 'title' | 'lines' | 'unit' | 'secret' | 'everyday'> {
  const known = LINES.find(each => each === lines);
  return {
    ...(isText(title) && { title }),
    ...(known && { lines: known }),
    ...(isText(unit) && { unit }),
    ...(secret === true && { secret }),
    ...(everyday === true && { everyday }),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

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
 * Isolates a component of another library, as NoFlo expects packets to be mutable: it receives its own mutable copy,
 * and what it sends is copied and frozen. Anything but plain data, such as a stream or function, passes unchanged.
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
  // All branches of a forked edge share one packet.
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

/** A copy of plain data; any other value is returned itself. */
function copy(value: unknown, isFrozen: boolean, made = new Map<object, object>()): unknown {
  if (!isPlain(value)) return value;
  const known = made.get(value);
  if (known) return known;
  const copied: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? []
    : Object.create(Object.getPrototypeOf(value));
  made.set(value, copied);
  for (const [key, each] of Object.entries(value)) {
    // Handles keys such as __proto__.
    const described = { value: copy(each, isFrozen, made), writable: true, enumerable: true, configurable: true };
    Object.defineProperty(copied, key, described);
  }
  return isFrozen ? Object.freeze(copied) : copied;
}

/** Whether a value is an array or plain object, of any realm. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Packages of the CoffeeScript compiler, the newer name first. */
const COMPILERS = ['coffeescript', 'coffee-script'];

const SCRIPT = /\.coffee$/;
const ES_MODULE = /^[^\S\r\n]*(?:import\b(?!\s*\()|export\b)/m;
const COMMON_JS = /\bmodule\.exports\b|\bexports\.\w|\brequire\s*\(/;

/**
 * Loads a component that `import` can't: CommonJS in a `.js` file of an ES module project, as most published components
 * are, or CoffeeScript. Undefined for other files. Throws what the module throws, and a sentence if its compiler is not
 * installed.
 */
export function loadOther(file: string, source: string): object | undefined {
  if (SCRIPT.test(file)) return runCommonJs(file, compiled(file, source));
  if (file.endsWith('.cjs')) return runCommonJs(file, source);
  // Within a package, Node knows which modules are CommonJS.
  if (!file.endsWith('.js') || file.includes('/node_modules/')) return;
  return !ES_MODULE.test(source) && COMMON_JS.test(source) ? runCommonJs(file, source) : undefined;
}

let areTypesStripped = false;

function isTypedLibrary(path: string): boolean {
  return path.includes('/node_modules/') && /\.[cm]?ts$/.test(path);
}

/** Allows importing libraries published as TypeScript, which Node refuses below node_modules. */
export function stripLibraries(file: string): void {
  if (areTypesStripped || !isTypedLibrary(file)) return;
  areTypesStripped = true;
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || !isTypedLibrary(new URL(url).pathname)) return next(url, context);
      const source = stripTypeScriptTypes(readTextFile(fileURLToPath(url)), { mode: 'transform' });
      return { format: ES_MODULE.test(source) ? 'module' : 'commonjs', source, shortCircuit: true };
    },
  });
}

/** Runs a text as a CommonJS module, again at each call. */
function runCommonJs(file: string, source: string): object {
  const module = { exports: {} };
  const run = compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname'], {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  run.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

function compiled(file: string, source: string): string {
  const require = createRequire(file);
  for (const name of COMPILERS) {
    let compiler: { compile(source: string, options: object): string };
    try {
      compiler = require(name);
    } catch {
      continue;
    }
    return compiler.compile(source, { bare: true, filename: file });
  }
  throw new Error('it is CoffeeScript, and there is no compiler for it; npm install coffeescript@1 brings one');
}
