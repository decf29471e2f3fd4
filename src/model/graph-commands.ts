import { boundedJson, given, isRecord, looking, name, optionalText, type Payload, port, Refused } from './payload.ts';
import { oneLine } from './words.ts';

/** What a `graph:clear` may say of the graph, which stays its properties. */
const CLEAR_PROPERTIES = ['name', 'library', 'icon', 'description'] as const;

const removal = (payload: Payload) => ({ id: name(payload, 'id') });
const renaming = (payload: Payload) => ({ from: name(payload, 'from'), to: name(payload, 'to') });
const wiring = (payload: Payload) => ({ src: port(payload, 'src'), tgt: port(payload, 'tgt') });
const wiringLook = (payload: Payload) => ({ ...wiring(payload), metadata: given(payload) });
const outer = (payload: Payload) => ({ public: name(payload, 'public').toLowerCase() });
const outerAdded = (payload: Payload) => ({
  ...outer(payload),
  node: name(payload, 'node'),
  port: name(payload, 'port').toLowerCase(),
  ...looking(given(payload)),
});
const outerRenaming = (payload: Payload) => ({
  from: name(payload, 'from').toLowerCase(),
  to: name(payload, 'to').toLowerCase(),
});
const group = (payload: Payload) => ({ name: name(payload, 'name') });

/** Reads the payload of each command of the graph protocol. Throws Refused, with what is wrong in it. */
const SCHEMAS = {
  clear: (payload: Payload) => ({
    ...Object.fromEntries(
      CLEAR_PROPERTIES.flatMap(field => {
        const value = optionalText(payload, field);
        return value === undefined ? [] : [[field, oneLine(value.toWellFormed())]];
      }),
    ),
    ...(typeof payload.main === 'boolean' && { main: payload.main }),
  }),
  addnode: (payload: Payload) => ({
    ...removal(payload),
    component: name(payload, 'component'),
    metadata: given(payload),
  }),
  removenode: removal,
  renamenode: renaming,
  changenode: (payload: Payload) => ({ ...removal(payload), metadata: given(payload) }),
  addedge: wiringLook,
  removeedge: wiring,
  changeedge: wiringLook,
  addinitial: (payload: Payload) => {
    const tgt = port(payload, 'tgt');
    if (!isRecord(payload.src) || payload.src.data === undefined) throw new Refused('"src" must be {"data"}');
    return { src: { data: boundedJson(payload.src.data, '"data"') }, tgt, metadata: given(payload) };
  },
  removeinitial: (payload: Payload) => {
    const tgt = port(payload, 'tgt');
    const data = isRecord(payload.src) ? payload.src.data : undefined;
    return { tgt, src: { data: data === undefined ? data : boundedJson(data, '"data"') } };
  },
  addinport: outerAdded,
  removeinport: outer,
  renameinport: outerRenaming,
  addoutport: outerAdded,
  removeoutport: outer,
  renameoutport: outerRenaming,
  addgroup: (payload: Payload) => {
    if (!Array.isArray(payload.nodes)) throw new Refused('"nodes" must be an array of the names of nodes');
    const nodes = [...new Set(payload.nodes)].map(node => name({ node }, 'node'));
    return { ...group(payload), nodes: nodes as readonly string[], metadata: given(payload) };
  },
  removegroup: group,
  renamegroup: renaming,
  changegroup: (payload: Payload) => ({ ...group(payload), metadata: given(payload) }),
};

/** The payload of each command, without the graph's id. */
export type EditPayloads = { [Name in keyof typeof SCHEMAS]: Readonly<ReturnType<(typeof SCHEMAS)[Name]>> };

export type Command = keyof typeof SCHEMAS;

/** One change of a graph, as the graph protocol says it. */
export type Change = { [Name in Command]: { readonly command: Name; readonly payload: EditPayloads[Name] } }[Command];

/** The commands of the graph protocol. */
export const COMMANDS = Object.keys(SCHEMAS) as readonly Command[];

/** A message as a change. Throws Refused where its payload doesn't fit; undefined if the graph protocol has no such command. */
export function readChange(command: string, payload: Payload): Change | undefined {
  if (!Object.hasOwn(SCHEMAS, command)) return;
  return { command, payload: SCHEMAS[command as Command](payload) } as Change;
}
