import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './source.ts';

/** A copy of this project in a temporary folder, with its components and without its graphs; tests may change it. */
export class Project {
  readonly root = mkdtempSync(join(tmpdir(), 'flowchat-project-'));

  /** If `startable`, it has its own copy of src/, so its server can be started; that takes much longer to create. */
  constructor({ startable = false } = {}) {
    const links = startable ? ['node_modules'] : ['node_modules', 'src'];
    const copies = ['components', 'src', 'fbp.json', 'package.json'].filter(part => !links.includes(part));
    for (const part of copies) cpSync(join(ROOT, part), join(this.root, part), { recursive: true });
    for (const part of links) symlinkSync(join(ROOT, part), join(this.root, part));
    mkdirSync(join(this.root, 'graphs'));
  }

  /** Writes a file; `path` is relative to the project's folder. Returns its full path. */
  write(path: string, text: string): string {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Adds or replaces the component `chat/NAME`. */
  component(name: string, source: string): void {
    this.write(`components/${name}.ts`, source);
  }

  /** Makes a file look changed. */
  touch(path: string): void {
    utimesSync(join(this.root, path), 0, 0);
  }

  remove(path = '.'): void {
    rmSync(join(this.root, path), { recursive: true });
  }
}

/** Options of a component written for a spec. */
export interface Odd {
  /** Its outports; OUT unless given. */
  readonly outports?: readonly string[];
  /** Statements that run for every new node, which they see as `component`. */
  readonly setUp?: string;
}

/** Source of a component with the inports IN and SETTING; `process` is the text of its process function. */
export function component(process: string, { outports = ['out'], setUp = '' }: Odd = {}): string {
  return `
import { Component } from 'noflo';

export const getComponent = () => {
  const component: Component = new Component({
    inPorts: { in: { datatype: 'object' }, setting: { datatype: 'string', control: true } },
    outPorts: { ${outports.map(port => `${port}: { datatype: 'object' }`).join(', ')} },
    ${process},
  });
  ${setUp}
  return component;
};
`;
}
