import { differing, isAnswering, isFailure, type TypedPort } from './ports.ts';
import { portName } from './words.ts';

/** A port of a component that may be inserted into a wire. */
interface InsertablePort extends TypedPort {
  readonly name: string;
  /** The inport whose packets this outport forwards. */
  readonly sameAs?: string | undefined;
}

/** A component that may be inserted into a wire: its ports, without settings. */
export interface Insertable {
  readonly name: string;
  readonly inports: readonly InsertablePort[];
  readonly outports: readonly InsertablePort[];
}

/** The types at a wire's ends. */
interface WireTypes {
  readonly from: TypedPort;
  readonly to: TypedPort;
  /** The port that handles failures of the node before or after the wire, if any. */
  readonly failuresTo?: TypedPort | undefined;
}

/** The ports by which a component is inserted into a wire. */
export interface Insertion {
  readonly into: string;
  /**
   * The outports that continue the wire. Several if the component sends an incoming packet on by one of them: all lead
   * to the old target, so nothing changes until one is rewired. Empty if the component answers: the wire ends there.
   */
  readonly on: readonly string[];
  /** The outports of failures and answers, which are wired to where the neighbour's failures go. */
  readonly failures: readonly string[];
  /** Whether the types are known to be equal; otherwise they are only not known to differ. */
  readonly isSure: boolean;
}

const upper = (name: string): string => portName({ port: name });
const kindOf = ({ schema, schemas, datatype }: TypedPort): string => schemas?.[0] ?? (schema || datatype);

/** The ports by which a component is inserted into a wire, or a sentence that says why it can't be. */
export function insertionOf(component: Insertable, wire: WireTypes): Insertion | { readonly fault: string } {
  const { name, inports } = component;
  const { failuresTo } = wire;
  const ends = component.outports.every(isAnswering);
  const outports = component.outports.filter(port => ends || !isFailure(port));
  if (inports.length === 0) return { fault: `${name} takes no packets, so it can't be put into a wire` };
  if (outports.length === 0) return { fault: `${name} sends nothing on, so it can't be put into a wire` };
  const taking = inports.filter(port => !differing(wire.from, port));
  const into = oneOf(taking, 'in');
  if (!into) return { fault: unfit(`${name} takes`, inports, taking, 'the wire has', kindOf(wire.from)) };
  const sent = (port: InsertablePort): TypedPort =>
    port.sameAs === undefined ? port : port.sameAs === into.name ? wire.from : { datatype: 'object' };
  const fitting = outports.filter(port => !isFailure(port) && !differing(sent(port), wire.to));
  const same = fitting.filter(({ sameAs, schema }) => sameAs === into.name || (schema && schema === into.schema));
  const one = oneOf(fitting, 'out');
  const on = same.length > 0 ? same : one ? [one] : [];
  const failures = component.outports.filter(
    port => (isFailure(port) || (ends && on.length === 0)) && failuresTo !== undefined && !differing(port, failuresTo),
  );
  if (on.length === 0 && !(ends && failures.length > 0))
    return { fault: unfit(`${name} sends`, outports, fitting, 'the wire leads to', kindOf(wire.to)) };
  const isSure = isTyped(wire.from, into) && on.every(port => isTyped(sent(port), wire.to));
  return { into: into.name, on: on.map(port => port.name), failures: failures.map(port => port.name), isSure };
}

/** False only if the target expects a type and the source's type is unknown. */
const isTyped = (from: TypedPort, to: TypedPort): boolean =>
  !to.schema || Boolean(from.schema) || (from.schemas ?? []).length > 0;

/** The only port, or the one with the usual name. */
const oneOf = (ports: readonly InsertablePort[], usual: string): InsertablePort | undefined =>
  ports.length === 1 ? ports[0] : ports.find(({ name }) => name === usual);

/** The reason why no port fits, or why the choice among several is unclear. */
function unfit(
  what: string,
  ports: readonly InsertablePort[],
  fitting: readonly InsertablePort[],
  where: string,
  kind: string,
): string {
  if (fitting.length > 1) {
    const names = fitting.map(({ name }) => upper(name)).join(' and ');
    return `${what} ${kind} at ${names}; draw the wires by hand, to the one that you mean`;
  }
  const kinds = [...new Set(ports.map(kindOf))].join(' or ');
  return `${what} ${kinds}, but ${where} ${kind}; put it into another wire, or another node between them`;
}
