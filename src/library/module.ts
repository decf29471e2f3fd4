import type { Component } from 'noflo';
import type { Blueprint, Port } from '../check.ts';

export type Factory = (metadata?: object) => Component;

/** What a component's module gives. */
export interface Made {
  readonly blueprint: Blueprint;
  readonly factory: Factory;
}

/** Milliseconds that a component's file may take to load. */
const PATIENCE = 5000;

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
  return { blueprint: blueprint(name, component as Component), factory };
}

/** Imports a module. Rejects where it fails, or where it awaits something that never comes. */
async function importInTime(url: string): Promise<Exports> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it does not finish loading in ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([import(url), late]);
  } finally {
    clearTimeout(timer);
  }
}

function blueprint(name: string, component: Component): Blueprint {
  return {
    name,
    description: component.getDescription(),
    icon: component.getIcon(),
    inports: ports(component.inPorts.ports),
    outports: ports(component.outPorts.ports),
  };
}

function ports(all: Record<string, unknown>): readonly Port[] {
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
