import { fields, textOf } from './json.ts';

/** A component's source, and its tests as YAML. */
export interface ComponentSource {
  readonly name: string;
  readonly library: string;
  readonly language: string;
  readonly code: string;
  readonly tests: string;
}

/** Reads the payload of `component:source`. */
export function sourceOf(payload: unknown): ComponentSource {
  const { name, library, language, code, tests } = fields(payload);
  return {
    name: textOf(name),
    library: textOf(library),
    language: textOf(language),
    code: textOf(code),
    tests: textOf(tests),
  };
}

/** What graphs call the component. */
export const componentName = ({ library, name }: ComponentSource): string => `${library}/${name}`;

/** The name of the file with its tests. */
export const testsName = ({ name }: ComponentSource): string => `${name}.yaml`;

/** The name of its file. */
export const fileName = ({ name, language }: ComponentSource): string =>
  `${name}.${language === 'javascript' ? 'js' : 'ts'}`;

/** A sentence about a component's files, with the place that it names, both from 1 on. */
export interface CodeFault {
  readonly part: 'code' | 'tests';
  readonly line: number;
  readonly column: number;
  readonly words: string;
}

/** Reads a sentence that begins with a place in the source or in its tests; undefined where it begins otherwise. */
export function codeFaultOf(source: ComponentSource, sentence: string): CodeFault | undefined {
  const [, file, line, column = '1', words] = /^(?:\S*\/)?([^\s/:]+):(\d+):(?:(\d+):)? (.*)$/s.exec(sentence) ?? [];
  const part = file === fileName(source) ? 'code' : file === testsName(source) ? 'tests' : undefined;
  if (!part || words === undefined) return;
  return { part, line: Number(line), column: Number(column), words };
}

const NEW = `import { Component } from 'noflo';

export const getComponent = () =>
  new Component({
    description: 'Says what it does',
    icon: 'gear',
    inPorts: { in: { datatype: 'object', required: true, description: 'What comes in' } },
    outPorts: { out: { datatype: 'object', description: 'What goes on' } },
    process(input, output) {
      if (!input.hasData('in')) return;
      output.sendDone({ out: input.getData('in') });
    },
  });
`;

/** What a new component begins with. */
export const newSource = (library: string, name: string): ComponentSource => ({
  name,
  library,
  language: 'typescript',
  code: NEW,
  tests: '',
});
