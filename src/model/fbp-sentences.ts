import { LAST_INDEX, MAX_DEPTH } from './limits.ts';

/** The unexpected text, shortened. */
export interface FoundText {
  readonly text: string;
}

/** Sentences for jsonc-parser's error codes. */
const JSON_ERRORS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this word is not JSON; texts and names stand in double quotes',
  InvalidNumberFormat: 'this is no number; JSON has them as 1, -2.5 or 1e3',
  PropertyNameExpected: 'expected a name in double quotes; JSON has no comma after the last item',
  ValueExpected: 'expected a value; JSON has no comma after the last item',
  ColonExpected: 'expected ":" after the name',
  CommaExpected: 'expected "," between two values',
  CloseBraceExpected: 'expected "}"',
  CloseBracketExpected: 'expected "]"',
  EndOfFileExpected: 'expected the end, as the JSON is complete before this',
  InvalidCommentToken: 'JSON has no comments; remove this one',
  UnexpectedEndOfComment: 'JSON has no comments; remove this one',
  UnexpectedEndOfString: 'this text is not closed; expected a double quote before the end of the line',
  UnexpectedEndOfNumber: 'this number is not complete; write it as 1, -2.5 or 1e3',
  InvalidUnicode: 'expected four hexadecimal digits after \\u',
  InvalidEscapeCharacter: 'JSON has no such escape; a backslash is written \\\\',
  InvalidCharacter: 'a control character stands within a text; write it as an escape, such as \\t',
};

/** Findings of reading a graph's text, .fbp or JSON, or its layout, by code. */
export const FBP_SENTENCES = {
  'more-mistakes': () => 'there are more mistakes below; correct those above first',
  'refused-by-fbp': ({ reason }: { reason: string }) =>
    `the package fbp does not read this: ${reason}; write this line in another way`,
  'nests-too-deep': () => 'this graph nests too deeply for fbp; break up its longest chain or its deepest JSON',
  'chain-too-long': ({ most }: { most: number }) =>
    `a chain has at most ${most} nodes; go on with its last node on a new line`,
  'packet-too-deep': () => `this packet nests more than ${MAX_DEPTH} deep; make it flatter`,
  unreadable: ({ text }: FoundText) =>
    `can't read on at "${text}"; a line reads NODE OUT -> IN NODE or 'packet' -> IN NODE`,
  tab: () => 'a tab stands here; use spaces',
  'spaces-at-end': () => 'only spaces stand on the last line; remove them',
  'invisible-character': ({ character }: { character: string }) =>
    `the invisible character ${character} stands here; use a plain space or nothing`,
  'outer-port-form': ({ text, form }: FoundText & { form: string }) =>
    `an outer port is written ${form}, not "${text}"`,
  'default-port-form': ({ text, form }: FoundText & { form: string }) =>
    `a default port is written ${form}, not "${text}"`,
  'quote-in-packet': () => "a quote within a quoted packet needs a backslash before it: \\'",
  'open-quote': ({ text }: FoundText) => `this quote is not closed: ${text}`,
  'open-packet': () => 'this JSON packet is not closed before "->"',
  'no-arrow': ({ text }: FoundText) => `"${text}" is no arrow; write "->", from left to right`,
  'bracket-after': ({ text }: FoundText) => `expected ")" after "${text}"`,
  'bracket-before': ({ text }: FoundText) => `expected "(" before the component in "${text}"`,
  'nothing-before-arrow': () => 'expected a node and its port, or an initial packet, before "->"',
  'nothing-between-arrows': () => 'expected a port and a node between "->" and "->"',
  'nothing-after-arrow': ({ text }: FoundText) => `expected a port and a node after "${text}"`,
  'arrow-after-packet': ({ text }: FoundText) => `expected "->", a port and a node after the packet ${text}`,
  'arrow-before': ({ text }: FoundText) => `expected "->", a comma or the end of the line before "${text}"`,
  'arrow-after': ({ text }: FoundText) => `expected "->" and a port after "${text}"`,
  'arrow-within': ({ text }: FoundText) => `"->" is missing in "${text}"; write NODE OUT -> IN NODE`,
  'arrow-in-name': ({ text }: FoundText) => `put a space before "->", else its "-" is part of "${text}-"`,
  'node-name': ({ text, better }: FoundText & { better: string }) =>
    `a node's name has only letters, digits, "_" and "-": "${text}"; write ${better}`,
  'node-name-begin': ({ text }: FoundText) => `a node's name begins with a letter or "_": "${text}"`,
  'node-name-space': ({ text, better }: FoundText & { better: string }) =>
    `a node's name has no spaces: "${text}"; write ${better}, or put a comma between`,
  'port-name': ({ text }: FoundText) => `a port's name has only letters, digits, "_" and ".": "${text}"`,
  'component-name': ({ text }: FoundText) => `a component's name has only letters, digits, "_", "-" and "/": "${text}"`,
  'metadata-position': ({ text }: FoundText) => `a position in metadata is a whole number from 0 on: "${text}"`,
  'metadata-form': ({ text }: FoundText) =>
    `metadata is written key=value with letters, digits, "_" and "/", and commas between: "${text}"`,
  'index-form': ({ text }: FoundText) => `an index is a whole number, as in OUT[0], not "${text}"`,
  'index-too-large': ({ port }: { port: string }) =>
    `${port.toUpperCase()} has too large an index; the last is ${LAST_INDEX}`,
  'port-or-node': ({ text }: FoundText) =>
    `"${text}" is read as a port, as a space follows it; write IN ${text}, or drop the space`,
  'node-alone': ({ text }: FoundText) => `"${text}" alone does nothing; write ${text}(COMPONENT) to declare the node`,
  'port-alone': ({ text, name }: FoundText & { name: string }) =>
    `nothing leads into "${text}"; drop its port, or write ${name} if that is its name`,
  'port-in-vain': ({ text }: FoundText) =>
    `nothing leads into "${text}" here; drop it, or write a name of two words with "_" between them`,
  'port-left-out': ({ port, node }: { port: string; node: string }) =>
    `nothing follows ${port}, so it is left out; write ${port} -> IN NODE, or end the line after ${node}`,
  'into-packet': () => 'nothing can lead into an initial packet; begin a line with it',
  'sender-lost': ({ text, lost }: FoundText & { lost: string }) =>
    `"${lost} ->" is lost: between two arrows stand a port, a node and a port, not "${text}"; write IN NODE OUT`,
  'word-as-node': ({ text }: FoundText) =>
    `${text} is read as a node's name, not as an initial packet; ${text === 'null' ? 'leave it out, as no packet is null' : `write '${text}'`}`,
  'json-syntax': ({ error }: { error: string }) => JSON_ERRORS[error] ?? 'this is not JSON',
  'json-too-deep': () => 'this graph nests too deeply to be read; make it flatter',
  'value-too-deep': ({ most }: { most: number }) => `this value nests more than ${most} deep; make it flatter`,
  'wrong-type': ({ name, found, wanted }: { name: string; found: string; wanted: string }) =>
    `"${name}" has the wrong type, ${found}; make it of type ${wanted}`,
  'group-form': () => 'a group is written {"name": NAME, "nodes": [NODE]}, each in double quotes',
  'graph-form': () => 'a graph is a JSON object with "processes" and "connections"',
  'process-component': ({ node }: { node: string }) => `process ${node} has no component; write {"component": "NAME"}`,
  'connection-form': () => 'a connection is an object with "src" or "data", and "tgt"',
  'connection-source': ({ both }: { both: boolean }) =>
    `this connection has ${both ? 'both "src" and "data"' : 'neither "src" nor "data"'}; give it one of them`,
  'connection-end': ({ key }: { key: string }) =>
    `this connection has no "${key}"; write {"process": NODE, "port": PORT}`,
  'json-index': ({ last }: { last?: number }) =>
    `an index is a whole number from 0 ${last === undefined ? 'on' : `to ${last}`}`,
  'end-form': ({ what }: { what: string }) =>
    `${what} is written {"process": NODE, "port": PORT}, both in double quotes`,
  'layout-form': () => 'a layout is a JSON object such as {"nodes": {}}; remove the file to do without',
  'layout-part': ({ part, parts }: { part: string; parts: readonly string[] }) =>
    `"${part}" is no part of a layout; remove it, or make it one of ${parts.join(', ')}, groups`,
  'layout-name': () => 'the original name of a stand-in is a text in double quotes',
  'layout-metadata': () => 'metadata is a JSON object such as {"x": 10, "y": 20}',
  'layout-packet': () => 'a packet is written {"text": PACKET AS THE .fbp HAS IT, "data": ITS TRUE VALUE}',
} satisfies Readonly<Record<string, (params: never) => string>>;
