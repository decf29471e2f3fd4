import { COMMANDS } from '../../model/graph-commands.ts';
import type { Client, ProtocolMessage, Right } from '../message.ts';

/** flowchat's capability to change the settings on the settings page. */
export const SETTINGS = 'flowchat:settings';

/** The capabilities of each right; all but `flowchat:settings` are FBP's. */
const CAPABILITIES: Readonly<Record<Right, readonly string[]>> = {
  watch: [
    'protocol:component',
    'component:getsource',
    'network:status',
    'network:data',
    'graph:readonly',
    'protocol:trace',
  ],
  settings: [SETTINGS],
  edit: ['protocol:graph', 'protocol:network', 'network:control', 'network:persist', 'protocol:runtime'],
  code: ['component:setsource'],
};

/** The rights of the chat's owners without a secret; not `code`, which is code execution on this machine. */
export const OWNER_RIGHTS: ReadonlySet<Right> = new Set(['watch', 'settings', 'edit']);

/** Every capability of this runtime. */
export const ALL_CAPABILITIES: readonly string[] = Object.values(CAPABILITIES).flat();

/** All capabilities of some rights. */
export function capabilities(rights: ReadonlySet<Right>): readonly string[] {
  return Object.entries(CAPABILITIES).flatMap(([right, brought]) => (rights.has(right as Right) ? brought : []));
}

/** The right that a capability needs; undefined if this runtime lacks the capability. */
export function rightFor(capability: string): Right | undefined {
  return RIGHTS.find(right => CAPABILITIES[right].includes(capability));
}

/**
 * Whether a client may be sent a message unasked. Editors fail on messages outside their capabilities and on unknown
 * commands, and take any `error` for the answer to a pending request; so the only error sent unasked is network:error,
 * which is also an event.
 */
export function maySend({ rights, extended }: Pick<Client, 'rights' | 'extended'>, message: ProtocolMessage): boolean {
  if (message.protocol === 'flowchat') return extended && rights.has('watch');
  const name = `${message.protocol}:${message.command}`;
  return RIGHTS.some(right => rights.has(right) && VISIBLE[right].has(name));
}

const RIGHTS: readonly Right[] = ['watch', 'settings', 'edit', 'code'];

const names = (protocol: string, commands: string) => commands.split(' ').map(command => `${protocol}:${command}`);

const STATUS = names('network', 'status started stopped error');
const PACKETS = names(
  'network',
  'edges output error data begingroup endgroup connect disconnect icon processerror error',
);
const GRAPH = COMMANDS.map(command => `graph:${command}`);

/** Messages that each capability covers: the `outputs` of fbp-protocol's schemas. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  'protocol:component': names('component', 'component componentsready'),
  'component:getsource': names('component', 'source'),
  'component:setsource': names('component', 'component'),
  'network:status': STATUS,
  'network:data': PACKETS,
  'network:control': STATUS,
  'network:persist': names('network', 'persist error'),
  'protocol:network': [...STATUS, ...PACKETS],
  'graph:readonly': GRAPH,
  'protocol:graph': GRAPH,
  'protocol:trace': names('trace', 'start stop clear dump'),
  'protocol:runtime': names('runtime', 'ports packetsent packet'),
};

/** Messages that each right covers. */
const VISIBLE: Readonly<Record<Right, ReadonlySet<string>>> = {
  watch: visibleTo('watch'),
  settings: visibleTo('settings'),
  edit: visibleTo('edit'),
  code: visibleTo('code'),
};

function visibleTo(right: Right): ReadonlySet<string> {
  return new Set(CAPABILITIES[right].flatMap(capability => OUTPUTS[capability] ?? []));
}
