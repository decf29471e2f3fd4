import { portText } from './graph-lookup.ts';
import { differing, isAnswering, isFailure, type TypedPort } from './ports.ts';

/** A port of a component that may be put into a wire. */
interface InsertablePort extends TypedPort {
  readonly name: string;
  /** The inport whose packets an outport sends on. */
  readonly sameAs?: string | undefined;
}

/** A component that may be put into a wire: its ports, without those that are set in a form. */
export interface Insertable {
  readonly name: string;
  readonly inports: readonly InsertablePort[];
  readonly outports: readonly InsertablePort[];
}

/** A wire, as far as what fits into it is concerned. */
interface WireTypes {
  readonly from: TypedPort;
  readonly to: TypedPort;
  /** Where failures of the node before or after it lead, if they do. */
  readonly failuresTo?: TypedPort | undefined;
}

/** The ports by which a component goes into a wire. */
export interface Insertion {
  readonly into: string;
  /**
   * The outports that lead on. Several where a component sends on by one or another what came in: all of them do, so that
   * nothing changes until one is led elsewhere. None where the component answers what comes in: the wire ends there.
   */
  readonly on: readonly string[];
  /** The outports that lead to where the neighbour's failures go: failures, and answers. */
  readonly failures: readonly string[];
  /** Whether the types of what passes are known to be the same; otherwise nothing is known against it. */
  readonly isSure: boolean;
}

const upper = (name: string): string => portText({ port: name });
const kindOf = ({ schema, schemas, datatype }: TypedPort): string => schemas?.[0] ?? (schema || datatype);

/** How a component goes into a wire, or a sentence that says why it can't. */
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

/** Whether what takes one type only is known to get it. */
const isTyped = (from: TypedPort, to: TypedPort): boolean =>
  !to.schema || Boolean(from.schema) || (from.schemas ?? []).length > 0;

/** The only port, or of several the one that is called as single ports are. */
const oneOf = (ports: readonly InsertablePort[], usual: string): InsertablePort | undefined =>
  ports.length === 1 ? ports[0] : ports.find(({ name }) => name === usual);

/** Why no port fits, or none is the one that is meant. */
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
