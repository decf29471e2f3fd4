import { fields, text } from './json.ts';

/** A component's source, and its tests as YAML. */
export interface Source {
  readonly name: string;
  readonly library: string;
  readonly language: string;
  readonly code: string;
  readonly tests: string;
}

/** Reads the payload of `component:source`. */
export function sourceOf(payload: unknown): Source {
  const { name, library, language, code, tests } = fields(payload);
  return {
    name: text(name),
    library: text(library),
    language: text(language),
    code: text(code),
    tests: text(tests),
  };
}

/** What graphs call the component. */
export const componentName = ({ library, name }: Source): string => `${library}/${name}`;

/** The name of its file. */
export const fileName = ({ name, language }: Source): string => `${name}.${language === 'javascript' ? 'js' : 'ts'}`;

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
export const newSource = (library: string, name: string): Source => ({
  name,
  library,
  language: 'typescript',
  code: NEW,
  tests: '',
});
