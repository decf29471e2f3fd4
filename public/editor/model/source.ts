import { type FileFault, printFileFault } from '../../../src/model/payload.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';

/** A component's source, and its tests as YAML. */
export type ComponentSource = Required<ServerPayloads['component:source']>;

/** What graphs call the component. */
export const componentName = ({ library, name }: ComponentSource): string => `${library}/${name}`;

/** The name of the file with its tests. */
export const testsName = ({ name }: ComponentSource): string => `${name}.yaml`;

/** The name of its file. */
export const fileName = ({ name, language }: ComponentSource): string =>
  `${name}.${language === 'javascript' ? 'js' : 'ts'}`;

/** What is wrong with a component's files. */
export interface CodeFault {
  /** Where it is; undefined where it has no place in these files, and then `words` name the place that it has. */
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
