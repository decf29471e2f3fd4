import * as v from 'valibot';
import {
  json,
  lowerName,
  mandatory,
  givenMetadata as metadata,
  name,
  objectOr,
  optionalText,
  port,
  readBy,
} from './fields.ts';
import { optionalMetadata } from './metadata.ts';
import { boundedJson, isRecord, type Payload } from './payload.ts';
import { Refused } from './refused.ts';
import { oneLine } from './words.ts';

/** Properties of the graph in a `graph:clear`. */
const PROPERTIES = { name: optionalText, library: optionalText, icon: optionalText, description: optionalText };

const ends = { src: port('src'), tgt: port('tgt') };
const renaming = v.object({ from: name, to: name });
const outerAdded = v.pipe(
  v.object({ public: lowerName, node: name, port: lowerName, metadata }),
  v.transform(({ metadata, ...outer }) => ({ ...outer, ...optionalMetadata(metadata) })),
);
const outer = v.object({ public: lowerName });
const outerRenaming = v.object({ from: lowerName, to: lowerName });
const nodes = v.pipe(
  mandatory(v.array(name, ' must be an array of the names of nodes')),
  v.transform((names): readonly string[] => [...new Set(names)]),
);

/** The payload of each command of the graph protocol, without the graph's id. */
const SCHEMAS = {
  clear: v.pipe(
    v.object({ ...PROPERTIES, main: v.fallback(v.optional(v.boolean()), undefined) }),
    v.transform(({ main, ...properties }) => ({
      ...Object.fromEntries(
        Object.entries(properties).flatMap(([field, value]) =>
          typeof value === 'string' ? [[field, oneLine(value.toWellFormed())]] : [],
        ),
      ),
      ...(main !== undefined && { main }),
    })),
  ),
  addnode: v.object({ id: name, component: name, metadata }),
  removenode: v.object({ id: name }),
  renamenode: renaming,
  changenode: v.object({ id: name, metadata }),
  addedge: v.object({ ...ends, metadata }),
  removeedge: v.object(ends),
  changeedge: v.object({ ...ends, metadata }),
  addinitial: v.object({
    tgt: ends.tgt,
    src: v.pipe(
      objectOr(' must be {"data"}'),
      v.check(({ data }) => data !== undefined, ' must be {"data"}'),
      v.object({ data: json('"data"') }),
    ),
    metadata,
  }),
  removeinitial: v.object({
    tgt: ends.tgt,
    src: v.pipe(
      v.optional(v.unknown(), null),
      v.transform(src => ({
        data: isRecord(src) && src.data !== undefined ? boundedJson(src.data, '"data"') : undefined,
      })),
    ),
  }),
  addinport: outerAdded,
  removeinport: outer,
  renameinport: outerRenaming,
  addoutport: outerAdded,
  removeoutport: outer,
  renameoutport: outerRenaming,
  addgroup: v.object({ name, nodes, metadata }),
  removegroup: v.object({ name }),
  renamegroup: renaming,
  changegroup: v.object({ name, metadata }),
};

/** The payload of each command, without the graph's id. */
export type EditPayloads = { [Name in Command]: Readonly<v.InferOutput<(typeof SCHEMAS)[Name]>> };

export type Command = keyof typeof SCHEMAS;

/** One change of a graph, as a command of the graph protocol. */
export type Change = { [Name in Command]: { readonly command: Name; readonly payload: EditPayloads[Name] } }[Command];

/** The commands of the graph protocol. */
export const COMMANDS = Object.keys(SCHEMAS) as readonly Command[];

/** Parses a message as a change. Throws Refused for an unknown command or a bad payload. */
export function readChange(command: string, payload: Payload): Change {
  if (!Object.hasOwn(SCHEMAS, command)) throw new Refused(`the graph protocol has no command ${command}`);
  return { command, payload: readBy(SCHEMAS[command as Command], payload) } as Change;
}
