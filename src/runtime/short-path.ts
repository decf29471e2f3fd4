import { Component, InPort, IP, OutPort } from 'noflo';

/**
 * Gives a node a short path for plain packets: data without a scope, as long as the node has received neither brackets
 * nor scopes, and does not order its output. Any other packet takes NoFlo's path, and so do all packets after it. Both
 * paths use the same ports, buffers and counters, so nothing is lost in between. They produce the same packets, errors,
 * and `activate` and `deactivate` events, in the same order; only NoFlo's debug lines (DEBUG=noflo:*) are missing. A
 * node with ports or methods that aren't NoFlo's own keeps NoFlo's path. Call before anything wraps the node.
 */
export function shortenPath(component: Component): void {
  if (component.isLegacy() || !isStock(component)) return;
  const path = new Path(component);
  for (const inport of Object.values(component.inPorts.ports)) {
    const deliver = inport.handleIP;
    inport.handleIP = (ip, index = null) => {
      if (path.isShort && isPlain(ip, component) && inport.listenerCount('ip') === 1) receive(ip, index, inport, path);
      else {
        path.isShort = false;
        deliver.call(inport, ip, index);
      }
    };
  }
}

type Handle = NonNullable<Component['handle']>;
type Input = Parameters<Handle>[0];
type Output = Parameters<Handle>[1];
type Context = Parameters<Handle>[2];

/** NoFlo's classes of a process function's arguments; it does not export them. */
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

/** Whether a node processes packets with NoFlo's own code, which the short path can replace. */
function isStock(component: Component): boolean {
  const isOwn = (port: object, { prototype }: { prototype: object }) =>
    Object.getPrototypeOf(port) === prototype && Object.values(port).every(part => typeof part !== 'function');
  return (
    REPLACED.every(name => component[name] === Component.prototype[name]) &&
    Object.values(component.inPorts.ports).every(port => isOwn(port, InPort)) &&
    Object.values(component.outPorts.ports).every(port => isOwn(port, OutPort))
  );
}

/** Methods of a component that the short path bypasses. */
const REPLACED = [
  'handleIP',
  'isForwardingInport',
  'getBracketContext',
  'isOrdered',
  'activate',
  'deactivate',
] as const;

function isPlain({ type, scope }: IP, { ordered, autoOrdering }: Component): boolean {
  return type === 'data' && scope === null && !ordered && !autoOrdering;
}

/** The path of a node's packets; once it was long, it stays long. */
class Path {
  readonly component: Component;
  isShort = true;
  /**
   * Its ports that aren't array ports, by name: a Map is faster than NoFlo's objects, which differ from node to node.
   */
  readonly inports = new Map<unknown, InPort>();
  /** Those that aren't sticky either. */
  readonly outports = new Map<string, OutPort>();

  constructor(component: Component) {
    const { inPorts, outPorts } = component;
    this.component = component;
    for (const [name, port] of Object.entries(inPorts.ports)) {
      if (!port.options.addressable) this.inports.set(name, port);
    }
    for (const [name, port] of Object.entries(outPorts.ports)) {
      if (!port.options.addressable && !port.options.caching) this.outports.set(name, port);
    }
    // A port may be replaced by another of the same name.
    inPorts.on('remove', () => this.inports.clear());
    outPorts.on('remove', () => this.outports.clear());
  }

  /** As Component.activate for unordered packets, without an event that has no listeners. */
  activate(context: Context): void {
    const { component } = this;
    if (component.listenerCount('activate') > 0) component.activate(context);
    else if (!context.activated) {
      context.activated = true;
      context.deactivated = false;
      component.load += 1;
    }
  }

  /** As Component.deactivate. */
  deactivate(context: Context): void {
    const { component } = this;
    if (component.listenerCount('deactivate') > 0) component.deactivate(context);
    else if (!context.deactivated) {
      context.deactivated = true;
      context.activated = false;
      component.load -= 1;
    }
  }

  /** A port with plain packets only; undefined for others, including a missing one, for which NoFlo throws an error. */
  inport(name: unknown): InPort | undefined {
    return this.isShort ? this.inports.get(name) : undefined;
  }
}

/** As InPort.handleIP and Component.handleIP for a plain packet. */
function receive(ip: IP, index: number | null, inport: InPort, path: Path): void {
  const { component } = path;
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
  const output = new ShortOutput(path, context);
  try {
    const result = component.handle(
      new ShortInput(path, context) as unknown as Input,
      output as unknown as Output,
      context,
    );
    result?.then?.(
      data => output.sendDone(data),
      error => output.done(error),
    );
  } catch (error) {
    component.deactivate(context);
    output.sendDone(error);
  }
}

/** The oldest packet of a single port, or the last one of a control port, which keeps it. */
function take({ buffer, iipBuffer, options }: InPort): IP | undefined {
  const packets = buffer.length > 0 ? buffer : iipBuffer;
  if (options.control) return packets.at(-1);
  // `shift` releases an array's memory, which the next packet would allocate again.
  return packets.length === 1 ? packets.pop() : packets.shift();
}

/** The members that input and output of one call of a process function share, as in NoFlo. */
class Side {
  readonly path: Path;
  readonly context: Context;
  /** `context.activate()` replaces the context's result. */
  readonly result: Context['result'];

  constructor(path: Path, context: Context) {
    this.path = path;
    this.context = context;
    this.result = context.result;
  }

  get nodeInstance(): Component {
    return this.path.component;
  }

  get ip(): IP {
    return this.context.ip;
  }

  get port(): InPort {
    return this.context.port;
  }

  get scope(): string | null {
    return this.context.scope;
  }
}

/** NoFlo's input, with a shorter path to buffered packets of single ports. Other cases use NoFlo's own. */
class ShortInput extends Side {
  #whole: Input | undefined;

  get ports(): Component['inPorts'] {
    return this.nodeInstance.inPorts;
  }

  activate(): void {
    if (this.nodeInstance.isOrdered()) this.whole.activate();
    else this.path.activate(this.context);
  }

  hasData(...names: string[]): boolean {
    for (const name of names) {
      const inport = this.path.inport(name);
      if (!inport) return this.whole.hasData(...names);
      if (inport.buffer.length === 0 && inport.iipBuffer.length === 0) return false;
    }
    return names.length > 0 || this.whole.hasData();
  }

  get(...names: Parameters<Input['get']>): ReturnType<Input['get']> {
    const inport = names.length === 1 ? this.path.inport(names[0]) : undefined;
    if (!inport) return this.whole.get(...names);
    this.activate();
    return take(inport);
  }

  getData(...names: Parameters<Input['getData']>): unknown {
    const inport = names.length === 1 ? this.path.inport(names[0]) : undefined;
    if (!inport) return this.whole.getData(...names);
    this.activate();
    return take(inport)?.data;
  }

  has(...names: Parameters<Input['has']>): boolean {
    return this.whole.has(...names);
  }

  hasStream(...names: Parameters<Input['hasStream']>): boolean {
    return this.whole.hasStream(...names);
  }

  getStream(...names: Parameters<Input['getStream']>): ReturnType<Input['getStream']> {
    return this.whole.getStream(...names);
  }

  attached(...names: string[]): ReturnType<Input['attached']> {
    return this.whole.attached(...names);
  }

  /** NoFlo's own input. */
  get whole(): Input {
    this.#whole ??= Object.assign(new NOFLO.Input(this.ports, this.context), { result: this.result });
    return this.#whole;
  }
}

type OutputMap = Parameters<Output['send']>[0];

/** The third argument without options: for undefined, NoFlo would create an object and search it. */
const NO_OPTIONS = false as unknown as undefined;

/** NoFlo's output, with a shorter path for data to single ports. Other cases use NoFlo's own. */
class ShortOutput extends Side {
  #whole: Output | undefined;

  get ports(): Component['outPorts'] {
    return this.nodeInstance.outPorts;
  }

  send(map: OutputMap | unknown): void {
    const isMap = typeof map === 'object' && map !== null && !(map instanceof Error) && !Array.isArray(map);
    const names = isMap ? Object.keys(map) : [];
    // NoFlo interprets a value that names no existing port.
    if (names.length === 0 || !this.path.outports.has(names[0]!)) this.whole.send(map as OutputMap);
    else for (const name of names) this.sendIP(name, (map as Record<string, unknown>)[name]);
  }

  sendIP(name: string, packet: unknown): void {
    const outport = this.path.outports.get(name);
    if (!outport || IP.isIP(packet) || this.nodeInstance.isOrdered()) {
      this.whole.sendIP(name, packet);
      return;
    }
    let ip = new IP('data', packet, NO_OPTIONS);
    const { sockets } = outport;
    outport.checkRequired(sockets);
    ip.datatype = outport.getDataType();
    ip.schema = outport.getSchema();
    const { length } = sockets;
    for (let i = 0; i < length; i++) {
      if (i > 0 && ip.clonable) ip = ip.clone();
      sockets[i]?.post(ip, true);
    }
  }

  sendDone(map: OutputMap | unknown): void {
    this.send(map);
    this.done();
  }

  done(error?: Parameters<Output['done']>[0]): void {
    if (error || this.nodeInstance.isOrdered()) this.whole.done(error);
    else {
      this.result.__resolved = true;
      this.path.activate(this.context);
      this.path.deactivate(this.context);
    }
  }

  error(error: Parameters<Output['error']>[0]): void {
    this.whole.error(error);
  }

  pass(...given: Parameters<Output['pass']>): void {
    this.whole.pass(...given);
  }

  /** NoFlo's own output. */
  get whole(): Output {
    this.#whole ??= Object.assign(new NOFLO.Output(this.ports, this.context), { result: this.result });
    return this.#whole;
  }
}
