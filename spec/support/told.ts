import type { ServerPayloads } from '../../src/model/server-messages.ts';

// What the server tells editors, of which a spec says only what matters to it.

type State = ServerPayloads['flowchat:state'];
type Trace = ServerPayloads['flowchat:way'];
type Described = ServerPayloads['component:component'];

/** The payload of `flowchat:state`. */
export const toldState = ({
  live = {},
  draft = {},
  ...more
}: Partial<Omit<State, 'live' | 'draft'>> & {
  live?: Partial<State['live']>;
  draft?: Partial<State['draft']>;
}): State => ({
  live: { revision: null, since: '', by: '', ...live },
  draft: { version: 1, changes: 0, faults: [], warnings: [], code: [], subgraphs: [], ...draft },
  mode: 'hold',
  stopped: false,
  graph: 'chat/chat',
  file: 'graphs/chat.fbp',
  saved: true,
  editors: 1,
  rights: [],
  ...more,
});

/** A fault of the draft. */
export const toldFault = (more: Partial<State['draft']['faults'][number]>): State['draft']['faults'][number] => ({
  code: 'start-failed',
  params: {},
  sentence: 'x',
  line: 1,
  column: 1,
  ...more,
});

/** The payload of `flowchat:way`. */
export const toldTrace = ({
  steps = [],
  ...more
}: Partial<Omit<Trace, 'steps'>> & { steps?: readonly Partial<Trace['steps'][number]>[] }): Trace => ({
  id: 'q1',
  at: '',
  method: '',
  path: '',
  status: 0,
  ms: 0,
  ...more,
  steps: steps.map(step => ({ node: '', edge: { subgraph: [] }, in: undefined, ...step })),
});

/** The payload of `component:component`. */
export const toldComponent = (more: Partial<Described> & { readonly name: string }): Described => ({
  description: '',
  icon: '',
  subgraph: false,
  inPorts: [],
  outPorts: [],
  ...more,
});
