import { type FileFault, printFileFault } from '../../../src/model/refused.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';

/** A component's source, and its tests as YAML. */
export type ComponentSource = Required<ServerPayloads['component:source']>;

/** The component's name in graphs. */
export const componentName = ({ library, name }: ComponentSource): string => `${library}/${name}`;

/** The name of its test file. */
export const testsName = ({ name }: ComponentSource): string => `${name}.yaml`;

/** The name of its file. */
export const fileName = ({ name, language }: ComponentSource): string =>
  `${name}.${language === 'javascript' ? 'js' : 'ts'}`;

/** A fault of a component's files. */
export interface CodeFault {
  /** The file with the fault; undefined if its place is in neither file, and is then given in `words`. */
  readonly part: 'code' | 'tests' | undefined;
  readonly line: number;
  readonly column: number;
  readonly words: string;
}

/** Faults with their places in the source or in its tests. */
export function codeFaultsOf(source: ComponentSource, faults: readonly FileFault[]): readonly CodeFault[] {
  const parts = new Map([[fileName(source), 'code'] as const, [testsName(source), 'tests'] as const]);
  return faults.map(fault => {
    const { file, line = Number.NaN, column = 1, message } = fault;
    const part = fault.line === undefined ? undefined : parts.get(file.split('/').at(-1) ?? '');
    return { part, line, column, words: part ? message : printFileFault(fault) };
  });
}

/** A new component's source and tests. */
type Template = Pick<ComponentSource, 'code' | 'tests'>;

const FILTER: Template = {
  code: `import { Component } from 'noflo';

/** Why a post may not pass; undefined if it may. */
export function fault(text: string, most: number): string | undefined {
  return text.length > most ? \`a text has at most \${most} characters here\` : undefined;
}

export const getComponent = () =>
  new Component({
    description: 'Passes short posts on and refuses the rest',
    icon: 'filter',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/post', required: true, description: 'Post' },
      most: {
        datatype: 'int',
        control: true,
        title: 'Longest text',
        unit: 'characters',
        default: 200,
        description: 'The most characters of a text',
      },
    },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/post', description: 'Post, unchanged' },
      refused: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 422, with the reason' },
    },
    process(input, output) {
      if (!input.hasData('in')) return;
      const post = input.getData('in');
      const detail = fault(post.text, input.hasData('most') ? Number(input.getData('most')) : 200);
      output.sendDone(detail ? { refused: Object.freeze({ id: post.id, status: 422, detail }) } : { out: post });
    },
  });
`,
  tests: `name: NAME
topic: LIBRARY/NAME
cases:
  - name: a long post
    assertion: is refused
    inputs:
      most: 3
      in: { id: q1, room: lobby, form: api, author: ann, text: hello, from: somewhere }
    expect:
      refused: { path: $.status, equals: 422 }
`,
};

const CHANGER: Template = {
  code: `import { Component } from 'noflo';

/** The text as others get to read it. */
export const changed = (text: string): string => text.trim();

export const getComponent = () =>
  new Component({
    description: 'Changes the text of posts',
    icon: 'pencil',
    inPorts: { in: { datatype: 'object', schema: 'chat/post', required: true, description: 'Post' } },
    outPorts: { out: { datatype: 'object', schema: 'chat/post', description: 'Post with another text' } },
    process(input, output) {
      if (!input.hasData('in')) return;
      const post = input.getData('in');
      // Packets are immutable; the outgoing one is a copy.
      output.sendDone({ out: Object.freeze({ ...post, text: changed(post.text) }) });
    },
  });
`,
  tests: `name: NAME
topic: LIBRARY/NAME
cases:
  - name: a post
    assertion: goes on without blanks around its text
    inputs:
      in: { id: q1, room: lobby, form: api, author: ann, text: ' hello ', from: somewhere }
    expect:
      out: { path: $.text, equals: hello }
`,
};

const ENDPOINT: Template = {
  code: `import { Component } from 'noflo';

/** The response's body. */
export const answer = (name = 'world') => ({ hello: name });

export const getComponent = () =>
  new Component({
    description: 'Answers the questions that a Route sends to it',
    icon: 'reply',
    inPorts: { in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question' } },
    outPorts: { out: { datatype: 'object', schema: 'chat/reply', description: 'Reply 200, as JSON' } },
    process(input, output) {
      if (!input.hasData('in')) return;
      const { id, query } = input.getData('in');
      output.sendDone({ out: Object.freeze({ id, status: 200, body: JSON.stringify(answer(query.name)) }) });
    },
  });
`,
  tests: `name: NAME
topic: LIBRARY/NAME
cases:
  - name: a question with a name
    assertion: is answered with that
    inputs:
      in: { id: q1, method: GET, path: /api/hello, query: { name: ann }, body: {}, from: somewhere }
    expect:
      out: { path: $.body, equals: '{"hello":"ann"}' }
`,
};

const BOT: Template = {
  code: `import { Component } from 'noflo';

/** The bot's reply to a message; undefined if there is none. */
export const reply = (text: string): string | undefined => (text === '!ping' ? 'pong' : undefined);

export const getComponent = () =>
  new Component({
    description: 'Decides whether to reply to a message, and with what; connect a Say to post the reply',
    icon: 'comments',
    inPorts: { in: { datatype: 'object', schema: 'chat/added', required: true, description: 'Message that was kept' } },
    outPorts: { out: { datatype: 'object', description: 'The same with reply, the text to say' } },
    process(input, output) {
      if (!input.hasData('in')) return;
      const added = input.getData('in');
      const said = added.who?.kind === 'bot' ? undefined : reply(added.message.text);
      if (said === undefined) return output.done();
      output.sendDone({ out: Object.freeze({ ...added, reply: said }) });
    },
  });
`,
  tests: `name: NAME
topic: LIBRARY/NAME
cases:
  - name: a command
    assertion: gets a reply
    inputs:
      in: { seq: 1, kind: message, cursor: 'e:1', message: { id: m1, room: lobby, author: ann, text: '!ping' } }
    expect:
      out: { path: $.reply, equals: pong }
`,
};

/** Templates for a new component, by its purpose. */
export const TEMPLATES = {
  filter: FILTER,
  'changes posts': CHANGER,
  endpoint: ENDPOINT,
  bot: BOT,
} satisfies Readonly<Record<string, Template>>;

/** The source of a new component. */
export function newSource(library: string, name: string, template: keyof typeof TEMPLATES = 'filter'): ComponentSource {
  const { code, tests } = TEMPLATES[template];
  const named = tests.replaceAll('LIBRARY', library).replaceAll('NAME', name);
  return { name, library, language: 'typescript', code, tests: named };
}
