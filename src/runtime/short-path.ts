import { Component, InPort, IP, OutPort } from 'noflo';

/**
 * Gives a node a short path for plain packets: data without a scope, as long as the node has seen neither a bracket nor a
 * scope, and does not order its output. Whatever else reaches the node takes NoFlo's path, and so do all packets after
 * it. Both paths use the same ports, buffers and counts, so nothing is lost between them. They give the same packets,
 * errors, and `activate` and `deactivate` events, in the same order; only NoFlo's debug lines (DEBUG=noflo:*) are
 * missing. A node whose ports or methods are not NoFlo's own keeps NoFlo's path. Call before anything wraps the node.
 */
export function shortenPath(component: Component): void {
  if (component.isLegacy() || !isStock(component)) return;
  const path: Path = { isShort: true };
  for (const inport of Object.values(component.inPorts.ports)) {
    const deliver = inport.handleIP;
    inport.handleIP = (ip, index = null) => {
      if (path.isShort && isPlain(ip, component) && inport.listenerCount('ip') === 1)
        receive(ip, index, inport, component, path);
      else {
        path.isShort = false;
        deliver.call(inport, ip, index);
      }
    };
  }
}

/** The path of a node's packets; never short again once it was not. */
interface Path {
  isShort: boolean;
}

type Handle = NonNullable<Component['handle']>;
type Input = Parameters<Handle>[0];
type Output = Parameters<Handle>[1];
type Context = Parameters<Handle>[2];

/** NoFlo's classes of what a process function is called with; it does not export them. */
interface Classes {
  readonly Input: new (...given: [ports: Component['inPorts'], context: Context]) => Input;
  readonly Output: new (...given: [ports: Component['outPorts'], context: Context]) => Output;
  readonly Context: new (...given: [ip: IP, component: Component, inport: InPort, result: object]) => Context;
}

const NOFLO = classes();

function classes(): Classes {
  let found: unknown;
  const probe = new Component({
    inPorts: { in: {} },
    process(input, output, context) {
      found = { Input: input.constructor, Output: output.constructor, Context: context.constructor };
    },
  });
  const { in: inport } = probe.inPorts.ports;
  probe.handleIP(new IP('data'), inport!);
  return found as Classes;
}

/** Whether packets go through NoFlo's own code at a node, so that a shorter form of that code does the same. */
function isStock(component: Component): boolean {
  const isOwn = (port: object, { prototype }: { prototype: object }) =>
    Object.getPrototypeOf(port) === prototype && Object.values(port).every(part => typeof part !== 'function');
  return (
    REPLACED.every(name => component[name] === Component.prototype[name]) &&
    Object.values(component.inPorts.ports).every(port => isOwn(port, InPort)) &&
    Object.values(component.outPorts.ports).every(port => isOwn(port, OutPort))
  );
}

/** A component's methods that plain packets do not pass on the short path. */
const REPLACED = ['handleIP', 'isForwardingInport', 'getBracketContext'] as const;

function isPlain({ type, scope }: IP, { ordered, autoOrdering }: Component): boolean {
  return type === 'data' && scope === null && !ordered && !autoOrdering;
}

/** What InPort.handleIP and Component.handleIP do with a plain packet. */
function receive(ip: IP, index: number | null, inport: InPort, component: Component, path: Path): void {
  const { options } = inport;
  ip.owner = component;
  if (options.addressable) ip.index = index;
  if (ip.datatype === 'all') ip.datatype = inport.getDataType();
  if (options.schema && !ip.schema) ip.schema = options.schema;
  const buffer = inport.prepareBufferForIP(ip);
  buffer.push(ip);
  if (options.control && buffer.length > 1) buffer.shift();
  if (!options.triggering) return;
  const context = new NOFLO.Context(ip, component, inport, {});
  const output = new ShortOutput(component.outPorts, context);
  try {
    const input = new ShortInput(component.inPorts, context, path);
    const result = component.handle(input, output, context);
    result?.then?.(
      data => output.sendDone(data),
      error => output.done(error),
    );
  } catch (error) {
    component.deactivate(context);
    output.sendDone(error as Error);
  }
}

/** NoFlo's input, with a shorter way to what is in buffers of ports that are no array ports. */
class ShortInput extends NOFLO.Input {
  readonly path: Path;

  constructor(ports: Component['inPorts'], context: Context, path: Path) {
    super(ports, context);
    this.path = path;
  }

  override activate(): void {
    if (this.nodeInstance.isOrdered()) super.activate();
    else this.nodeInstance.activate(this.context);
  }

  override hasData(...names: string[]): boolean {
    if (!this.path.isShort || names.length === 0) return super.hasData(...names);
    for (const name of names) {
      const inport = portOf(this, name);
      if (!inport) return super.hasData(...names);
      if (inport.buffer.length === 0 && inport.iipBuffer.length === 0) return false;
    }
    return true;
  }

  override get(...names: Parameters<Input['get']>): ReturnType<Input['get']> {
    const inport = this.path.isShort && names.length === 1 ? portOf(this, names[0]) : undefined;
    if (!inport) return super.get(...names);
    this.activate();
    const buffer = inport.buffer.length > 0 ? inport.buffer : inport.iipBuffer;
    return inport.options.control ? buffer.at(-1) : buffer.shift();
  }

  override getData(...names: Parameters<Input['getData']>): unknown {
    if (!this.path.isShort || names.length !== 1) return super.getData(...names);
    const ip = this.get(names[0]!) as IP | undefined;
    return ip?.data;
  }
}

/** A port that is no array port; undefined if there is none, which NoFlo says with an error. */
function portOf({ ports }: Input, name: unknown): InPort | undefined {
  const inport = typeof name === 'string' ? ports.ports[name] : undefined;
  return inport?.options.addressable ? undefined : inport;
}

/** NoFlo's output, with a shorter way for data to ports that are no array ports. */
class ShortOutput extends NOFLO.Output {
  override send(map: Parameters<Output['send']>[0]): void {
    const isMap = typeof map === 'object' && map !== null && !(map instanceof Error) && !Array.isArray(map);
    const names = isMap ? Object.keys(map) : [];
    // NoFlo decides what a value means that names no port.
    if (names.some(name => Object.hasOwn(this.ports.ports, name))) {
      for (const name of names) this.sendIP(name, map[name as keyof typeof map]);
    } else super.send(map);
  }

  override sendIP(name: string, packet: unknown): void {
    const outport = this.nodeInstance.outPorts.ports[name];
    if (
      !outport ||
      outport.options.addressable ||
      outport.options.caching ||
      IP.isIP(packet) ||
      this.nodeInstance.isOrdered()
    ) {
      super.sendIP(name, packet);
      return;
    }
    const ip = new IP('data', packet);
    const { sockets } = outport;
    outport.checkRequired(sockets);
    ip.datatype = outport.getDataType();
    ip.schema = outport.getSchema();
    const { length } = sockets;
    for (let i = 0; i < length; i++) sockets[i]?.post(ip, true);
  }

  override done(error?: Parameters<Output['done']>[0]): void {
    if (error || this.nodeInstance.isOrdered()) super.done(error);
    else {
      this.result.__resolved = true;
      this.nodeInstance.activate(this.context);
      this.nodeInstance.deactivate(this.context);
    }
  }
}
