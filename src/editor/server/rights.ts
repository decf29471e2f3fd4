import type { Client, ProtocolMessage, Right } from '../message.ts';

/** What each right allows in the words of the FBP network protocol. */
const CAPABILITIES: Readonly<Record<Right, readonly string[]>> = {
  watch: [
    'protocol:component',
    'component:getsource',
    'network:status',
    'network:data',
    'graph:readonly',
    'protocol:trace',
  ],
  edit: ['protocol:graph', 'protocol:network', 'network:control', 'network:persist', 'protocol:runtime'],
  code: ['component:setsource'],
};

/** Every capability that this runtime has. */
export const ALL: readonly string[] = Object.values(CAPABILITIES).flat();

/** The capabilities that rights bring. */
export function capabilities(rights: ReadonlySet<Right>): readonly string[] {
  return Object.entries(CAPABILITIES).flatMap(([right, brought]) => (rights.has(right as Right) ? brought : []));
}

/** The right that brings a capability; nothing where this runtime doesn't have it. */
export function rightFor(capability: string): Right | undefined {
  return RIGHTS.find(right => CAPABILITIES[right].includes(capability));
}

/**
 * Whether a client may be sent, without having asked, a message. An editor fails at one whose capability it doesn't have
 * and at an unknown command; it takes an `error` for the answer to whatever it waits for, so that only the network's, which
 * is an event as well, is sent unasked.
 */
export function covers({ rights, extended }: Pick<Client, 'rights' | 'extended'>, message: ProtocolMessage): boolean {
  if (message.protocol === 'flowchat') return extended && rights.has('watch');
  const name = `${message.protocol}:${message.command}`;
  return RIGHTS.some(right => rights.has(right) && VISIBLE[right].has(name));
}

const RIGHTS: readonly Right[] = ['watch', 'edit', 'code'];

const names = (protocol: string, commands: string) => commands.split(' ').map(command => `${protocol}:${command}`);

const STATUS = names('network', 'status started stopped error');
const PACKETS = names(
  'network',
  'edges output error data begingroup endgroup connect disconnect icon processerror error',
);
const GRAPH = names(
  'graph',
  'clear addnode removenode renamenode changenode addedge removeedge changeedge addinitial removeinitial addinport ' +
    'removeinport renameinport addoutport removeoutport renameoutport addgroup removegroup renamegroup changegroup',
);

/** What each capability lets through, as the `outputs` of fbp-protocol's schemas say it. */
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

/** What each right lets through. */
const VISIBLE: Readonly<Record<Right, ReadonlySet<string>>> = {
  watch: visibleTo('watch'),
  edit: visibleTo('edit'),
  code: visibleTo('code'),
};

function visibleTo(right: Right): ReadonlySet<string> {
  return new Set(CAPABILITIES[right].flatMap(capability => OUTPUTS[capability] ?? []));
}
