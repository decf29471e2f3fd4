import { useEffect, useState } from 'react';
import { libraryOf, shortName } from '../model/component.ts';
import { fetchSource, type Source, saveSource } from '../net/workshop.ts';
import { CodeField } from './CodeField.tsx';
import { Icon } from './Icon.tsx';
import { useEditor, usePart } from './useEditor.ts';

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

/** A component's source and tests, kept as a draft until they are published. */
export default function CodePanel() {
  const editor = useEditor();
  const library = usePart(state => state.id.split('/')[0] ?? '');
  const components = usePart(state => state.components);
  const coding = usePart(state => state.coding);
  const [source, setSource] = useState<Source>();
  const [part, setPart] = useState<'code' | 'tests'>('code');
  const [changed, setChanged] = useState(false);
  const own = [...components.values()].filter(({ name, subgraph }) => libraryOf(name) === library && !subgraph);
  useEffect(() => {
    let current = true;
    setChanged(false);
    if (coding) void fetchSource(editor, coding).then(found => current && setSource(found));
    return () => {
      current = false;
    };
  }, [editor, coding]);
  const open = (name: string) => editor.update(state => ({ ...state, coding: name || undefined }));
  const edit = (text: string) => {
    setChanged(true);
    setSource(before => before && { ...before, [part]: text });
  };
  const save = async () => {
    if (!source || !(await saveSource(editor, source))) return;
    setChanged(false);
    editor.notify(`${source.name} is kept in the draft; try it, then publish it`);
  };
  const begin = (name: string) => {
    setSource({ name, library, language: 'typescript', code: NEW, tests: '' });
    setChanged(true);
  };
  return (
    <div className="coding">
      <div className="row">
        <select aria-label="Component" value={coding ?? ''} onChange={event => open(event.target.value)}>
          <option value="">Choose a component</option>
          {own.map(({ name }) => (
            <option key={name} value={name}>
              {shortName(name)}
            </option>
          ))}
        </select>
        <Begin begin={begin} />
      </div>
      {source && (
        <>
          <div className="row">
            {(['code', 'tests'] as const).map(each => (
              <button type="button" key={each} aria-pressed={part === each} onClick={() => setPart(each)}>
                {each === 'code' ? `${source.name}.ts` : `${source.name}.yaml`}
              </button>
            ))}
            <span className="grow" />
            <button type="button" className="primary" disabled={!changed} onClick={() => void save()}>
              Save in the draft
            </button>
          </div>
          <CodeField
            key={`${source.library}/${source.name} ${part}`}
            label={part === 'code' ? 'Source' : 'Tests'}
            language={part === 'code' ? 'typescript' : 'yaml'}
            value={source[part]}
            change={edit}
          />
        </>
      )}
    </div>
  );
}

/** Begins a component that is not there yet. */
function Begin({ begin }: { begin: (name: string) => void }) {
  const [name, setName] = useState('');
  const fits = /^[A-Z]\w*$/.test(name);
  return (
    <>
      <input
        aria-label="Name of a new component"
        placeholder="NewComponent"
        spellCheck={false}
        value={name}
        onChange={event => setName(event.target.value)}
      />
      <button type="button" disabled={!fits} title="A name begins with a capital" onClick={() => begin(name)}>
        <Icon name="plus" />
        New
      </button>
    </>
  );
}
