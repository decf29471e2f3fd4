/** A packet, with the fields that generic components use. */
export interface AnyPacket {
  readonly id?: unknown;
  readonly kind?: unknown;
  readonly text?: unknown;
  readonly message?: unknown;
  readonly who?: unknown;
}

/** A field's path, with dots: `who.name`. */
const PATH = /^[A-Za-z_][\w-]*(\.[\w-]+){0,9}$/;

/** Splits a field's path. Throws a sentence if it is invalid. */
export function pathOf(name: string): readonly string[] {
  if (!PATH.test(name)) throw new Error(`"${name.slice(0, 60)}" is no field; it looks like room or who.name`);
  return name.split('.');
}

/** The value of a field; undefined if missing. Inherited properties don't count. */
export function fieldAt(packet: unknown, path: readonly string[]): unknown {
  let value = packet;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** A frozen copy of a packet with a changed or removed field. */
export function withField(packet: unknown, [name = '', ...rest]: readonly string[], value: unknown): AnyPacket {
  const fields = Object(packet) as Readonly<Record<string, unknown>>;
  const next = rest.length === 0 ? value : withField(fieldAt(packet, [name]), rest, value);
  if (next !== undefined) return Object.freeze({ ...fields, [name]: next });
  const { [name]: _, ...others } = fields;
  return Object.freeze(others);
}

/** Fields that only the server sets, such as the caller and the packet's question. No component may change them. */
export const SERVER_FIELDS: readonly string[] = ['id', 'who', 'from', 'form', 'owner', 'signed', 'verified'];

/** The path of a packet's text: in a stored entry, in its `message`. */
const textPath = (packet: AnyPacket): readonly string[] =>
  typeof packet.text === 'string' ? ['text'] : ['message', 'text'];

/** The text of a post or stored message; empty if there is none. */
export function textOfPacket(packet: AnyPacket): string {
  const text = fieldAt(packet, textPath(packet));
  return typeof text === 'string' ? text : '';
}

/** A packet with a changed text. */
export const withText = (packet: AnyPacket, text: string): AnyPacket => withField(packet, textPath(packet), text);

/** The id of a packet that awaits an answer. Throws a sentence if it awaits none. */
export function awaitedId(packet: AnyPacket): string {
  // A stored entry has its message's id.
  if (packet.message !== undefined)
    throw new Error('nobody waits for an answer to what was kept; lead only questions and posts here');
  if (typeof packet.id !== 'string') throw new Error('the packet has no id, so nobody waits for an answer to it');
  return packet.id;
}

/** Whether a packet is by a bot. */
export const isByBot = (packet: AnyPacket): boolean => fieldAt(packet, ['who', 'kind']) === 'bot';
