/** A packet, as far as the generic components need it. */
export interface AnyPacket {
  readonly id?: unknown;
  readonly kind?: unknown;
  readonly text?: unknown;
  readonly message?: unknown;
  readonly who?: unknown;
}

/** A field's name, with dots into objects: `who.name`. */
const PATH = /^[A-Za-z_][\w-]*(\.[\w-]+){0,9}$/;

/** Splits the name of a field. Throws a sentence for what is none. */
export function pathOf(name: string): readonly string[] {
  if (!PATH.test(name)) throw new Error(`"${name.slice(0, 60)}" is no field; it looks like room or who.name`);
  return name.split('.');
}

/** What stands at a field; undefined if nothing does. Only what the packet itself has counts. */
export function fieldAt(packet: unknown, path: readonly string[]): unknown {
  let value = packet;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** A packet with another value at a field, or without it; frozen. What lies on the way there is copied. */
export function withField(packet: unknown, [name = '', ...rest]: readonly string[], value: unknown): AnyPacket {
  const fields = Object(packet) as Readonly<Record<string, unknown>>;
  const next = rest.length === 0 ? value : withField(fieldAt(packet, [name]), rest, value);
  if (next !== undefined) return Object.freeze({ ...fields, [name]: next });
  const { [name]: _, ...others } = fields;
  return Object.freeze(others);
}

/** Fields that only the server sets: who asks, and what the packet belongs to. No component may change them. */
export const SERVER_FIELDS: readonly string[] = ['id', 'who', 'from', 'form', 'owner', 'signed', 'verified'];

/** Where the text of a packet is: of a message that was kept, in its `message`. */
const textPath = (packet: AnyPacket): readonly string[] =>
  typeof packet.text === 'string' ? ['text'] : ['message', 'text'];

/** The text of a post, or of a message that was kept; empty if there is none. */
export function textOfPacket(packet: AnyPacket): string {
  const text = fieldAt(packet, textPath(packet));
  return typeof text === 'string' ? text : '';
}

/** A packet with another text. */
export const withText = (packet: AnyPacket, text: string): AnyPacket => withField(packet, textPath(packet), text);

/** The id under which a packet awaits an answer. Throws a sentence if nobody waits for one. */
export function awaitedId(packet: AnyPacket): string {
  // What was kept has the id of its message.
  if (packet.message !== undefined)
    throw new Error('nobody waits for an answer to what was kept; lead only questions and posts here');
  if (typeof packet.id !== 'string') throw new Error('the packet has no id, so nobody waits for an answer to it');
  return packet.id;
}

/** Whether a packet is by a bot. */
export const isByBot = (packet: AnyPacket): boolean => fieldAt(packet, ['who', 'kind']) === 'bot';
